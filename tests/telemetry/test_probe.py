from __future__ import annotations

import pytest

from harness.telemetry.probe import probe
from harness.telemetry.prompts import prompt
from harness.testing.sink import Fault, LangfuseSink
from harness.workspace import TelemetrySettings

BOTH = TelemetrySettings(exporters=("langfuse", "otlp"))


@pytest.fixture
def sink():
    with LangfuseSink() as server:
        yield server


def test_servers_that_answer_are_named_with_their_version(sink):
    found = list(probe(BOTH, sink.environ() | sink.otlp_environ()))

    assert found == [
        ("ok", f"langfuse at {sink.url}: version 3.150.0, project test"),
        ("ok", f"otlp at {sink.url}: it takes traces"),
    ]
    assert (sink.spans, sink.scores) == ({}, {})


def test_a_server_that_takes_no_lists_of_scores_is_too_old(sink):
    sink.takes_score_lists = False
    _, (mark, text) = probe(TelemetrySettings(), sink.environ())

    assert mark == "wrong"
    assert "version 3.150.0 takes no lists of scores" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"LANGFUSE_SECRET_KEY": "other-other"}, "the keys are refused (HTTP 401)"),
        ({"LANGFUSE_BASE_URL": "http://127.0.0.1:9"}, "ConnectError"),
    ],
)
def test_what_is_wrong_with_a_server_is_said(sink, change, said):
    ((mark, text),) = probe(TelemetrySettings(), sink.environ() | change)

    assert mark == "wrong"
    assert said in text


@pytest.mark.parametrize(("status", "said"), [(401, "we are refused"), (404, "takes no traces")])
def test_what_is_wrong_with_a_collector_is_said(sink, status, said):
    sink.fault = Fault(status=status)
    ((mark, text),) = probe(TelemetrySettings(exporters=("otlp",)), sink.otlp_environ())

    assert (mark, said in text) == ("wrong", True)


def test_nobody_is_asked_without_credentials():
    assert [mark for mark, _ in probe(BOTH, {})] == ["note", "note"]
    assert list(probe(TelemetrySettings(), {})) == []


def test_a_prompt_comes_from_langfuse_where_it_is_and_else_from_the_agent(sink):
    sink.prompts["planner/main"] = {"prompt": "Plan it.", "version": 3, "type": "text"}

    assert prompt("planner/main", "own", sink.environ()) == ("Plan it.", 3)
    assert prompt("other", "own", sink.environ()) == ("own", None)
    assert prompt("planner/main", "own", {}) == ("own", None)
    assert prompt("planner/main", "own", sink.environ() | {"LANGFUSE_BASE_URL": "http://127.0.0.1:9"}) == ("own", None)


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(blackhole=True)], ids=["500", "blackhole"])
def test_a_prompt_never_waits_long(sink, fault):
    sink.fault = fault

    assert prompt("planner", "own", sink.environ(), timeout_s=0.2) == ("own", None)
