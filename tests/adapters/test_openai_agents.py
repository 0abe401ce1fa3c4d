"""An agent of the OpenAI Agents SDK, on a local server that speaks OpenAI's protocols."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import ABILITIES, Conformance, Foreign, run
from model_policy import answer

from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError
from harness.adapters.talk import answered, refusal_of
from harness.errors import AgentError, MissingExtra
from harness.recorder import Recorder
from harness.testing import ModelServer
from harness.workspace import AgentSettings, adapter_module, own_settings

pytest.importorskip("agents")
WRITTEN = Path(__file__).parent / "foreign" / "sdk_adviser.py"
KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        yield server


@pytest.fixture(params=["responses", "chat"])
def foreign(server: ModelServer, tmp_path: Path, request: pytest.FixtureRequest) -> Foreign:
    shutil.copy(WRITTEN, tmp_path)
    settings = AgentSettings(
        name="mine", adapter="openai-agents", target="sdk_adviser.py:adviser", env=KEYS, settings={"api": request.param}
    )
    return Foreign(settings, tmp_path, ABILITIES - {"structured"})


class TestOpenAIAgents(Conformance):
    def test_it_says_where_its_agent_is(self, foreign: Foreign) -> None:
        assert own_settings(foreign.settings).effects == "none"


@pytest.mark.parametrize(
    ("script", "said", "result"),
    [
        pytest.param(["yes"], "Done: bought VTI for $500.", "bought VTI for $500", id="approved"),
        pytest.param([{"approved": False, "reason": "too dear"}], "Done: too dear.", "too dear", id="rejected"),
        pytest.param([], "Done: nobody approved it.", "nobody approved it", id="nobody-asked"),
    ],
)
def test_what_needs_approval_is_answered_by_the_cases_script(
    foreign: Foreign, script: list[object], said: str, result: str
) -> None:
    ended = run(foreign, "buy VTI", approvals=script)

    assert (ended.status, ended.trace.answer) == ("completed", said)
    (call,) = ended.trace.tools
    assert (call.name, dict(call.args), call.result) == ("buy", {"symbol": "VTI", "usd": 500}, result)
    assert [item["question"] for item in ended.trace.interrupts] == ["May adviser call buy?"]


def test_typed_output_is_data(foreign: Foreign) -> None:
    typed = replace(foreign, settings=replace(foreign.settings, settings={**foreign.settings.settings, "data": True}))

    assert run(typed, "allocation").trace.structured == {"VTI": 60, "BND": 40}


def test_an_outage_of_the_provider_is_not_the_agents_failure(foreign: Foreign) -> None:
    ended = run(foreign, "outage")

    assert (ended.status, ended.kind) == ("infrastructure_failed", "provider")
    assert "InternalServerError" in ended.message


def test_a_missing_sdk_names_its_extra(foreign: Foreign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "agents", None)
    with pytest.raises(MissingExtra) as caught:
        adapter_module("openai-agents").load(None, foreign.settings, root=foreign.root, environ={})

    assert caught.value.remedy == 'pip install "finharness[openai-agents]"'


def test_what_is_no_agent_is_refused(foreign: Foreign) -> None:
    (foreign.root / "odd.py").write_text("agent = 42\ndef make():\n    return 'an agent'\n")
    with pytest.raises(AgentError, match=r"a value of type int is no agents\.Agent"):
        run(replace(foreign, settings=replace(foreign.settings, target="odd.py:agent")), "echo 1")
    ended = run(replace(foreign, settings=replace(foreign.settings, target="odd.py:make")), "echo 1")

    assert "a value of type str is no agents.Agent" in ended.message


def test_an_output_that_is_a_list_is_json_and_data() -> None:
    recorder = Recorder(lambda: 0.0)
    answered([{"symbol": "VTI", "share": 60}], TurnRecord(recorder))

    (event,) = recorder.take()
    assert event[-1] == {"text": '[{"symbol": "VTI", "share": 60}]', "structured": [{"symbol": "VTI", "share": 60}]}


def test_an_output_that_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidOutputError, match="answer.structured"):
        answered([{1, 2}], TurnRecord(Recorder(lambda: 0.0)))


@pytest.mark.parametrize("said", ["yes", "Yes.", True, {"approved": True}, {"action": "execute"}, {"type": "approve"}])
def test_a_yes_has_many_forms(said: object) -> None:
    assert refusal_of(said) is None


@pytest.mark.parametrize("said", ["no", "", None, 1, False, {"approved": False}, {}, {"action": "cancel"}, ["yes"]])
def test_whatever_is_no_yes_is_a_no(said: object) -> None:
    assert refusal_of(said) is not None
