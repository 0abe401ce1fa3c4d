"""`finharness eval --stream`: what trials do is told while they do it."""

from __future__ import annotations

import json
import threading

import pytest

from harness.cli import main
from harness.relay import RelayClient
from harness.relay import broadcast as broadcasts
from harness.relay.grammar import slips

AGENT = """
async def talker(request, context):
    call = context.recorder.call("price", {"ticker": "VTI"})
    context.recorder.result(call, {"usd": 250})
    yield "text_delta", {"text": "It costs "}
    yield "text_delta", {"text": "$250; key sk-ant-abcdefghijklmnopqrstuv"}
"""


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    for folder in ("agents", "cases"):
        (tmp_path / folder).mkdir()
    (tmp_path / "agents" / "talker.py").write_text(AGENT)
    (tmp_path / "harness.toml").write_text('[agents.talker]\ntarget = "agents/talker.py:talker"\n')
    cases = "agent: talker\ncases:\n- {id: a, input: hi, assert: [{contains: '$250'}]}\n- {id: b, input: hi, assert: [{contains: maybe}]}\n"
    (tmp_path / "cases" / "s.yaml").write_text(cases)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_trial_is_written_to_the_file_to_its_end(workspace):
    assert main(["eval", "--stream", "run.jsonl"]) == 1

    text = (workspace / "run.jsonl").read_text()
    streams = {}
    for wire in map(json.loads, text.splitlines()):
        streams.setdefault(wire["session_id"], []).append(wire)
    assert set(streams) == {"s::a::talker::0", "s::b::talker::0"}
    assert [slips(stream) for stream in streams.values()] == [[], []]
    assert {stream[-1]["metadata"]["status"] for stream in streams.values()} == {"passed", "failed"}
    assert "sk-ant" not in text
    assert streams["s::a::talker::0"][-1]["metadata"]["useful_ttft_s"] > 0


def test_an_agent_that_fails_is_an_error_before_the_end(workspace):
    (workspace / "agents" / "talker.py").write_text(
        "async def talker(request, context):\n    raise ValueError('no price')\n"
    )

    main(["eval", "--stream", "run.jsonl", "--case", "a"])

    wires = [json.loads(line) for line in (workspace / "run.jsonl").read_text().splitlines()]
    assert [(wire["type"], wire.get("error")) for wire in wires] == [("error", "ValueError: no price"), ("done", None)]


def test_a_file_in_sse_can_be_read_by_any_client(workspace):
    main(["eval", "--stream", "run.sse", "--case", "a"])

    from harness.adapters.http.sse import EventStream

    events = list(EventStream().feed((workspace / "run.sse").read_bytes()))
    assert [event.name for event in events][-1] == "done"
    assert slips([event.data for event in events]) == []


def test_a_run_is_heard_on_a_port(workspace, monkeypatch):
    """The listener comes back to what was said before it came."""
    heard, ready = [], threading.Event()
    close = broadcasts.PortBroadcast.close

    def listen_first(self):
        with RelayClient(self.url) as client:
            heard.extend(client.events("s::a::talker::0"))
        ready.set()
        close(self)

    monkeypatch.setattr(broadcasts.PortBroadcast, "close", listen_first)

    assert main(["eval", "--stream", "0", "--case", "a"]) == 0
    assert ready.is_set()
    assert [event.type for event in heard] == [
        "tool_call",
        "tool_result",
        "text_delta",
        "text_delta",
        "text_done",
        "done",
    ]


@pytest.mark.parametrize("target", ["70000", "nowhere/run.jsonl"])
def test_what_cannot_be_had_is_said_before_anything_is_spent(workspace, capsys, target):
    assert main(["eval", "--stream", target]) == 2
    assert "--stream" in capsys.readouterr().err
