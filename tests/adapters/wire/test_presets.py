"""The streams that are understood without rules: seven events, ten events, OpenBB and LangGraph."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError
from harness.adapters.target import TargetError
from harness.adapters.wire import EventRule, reader_of
from harness.adapters.wire.scribe import Scribe
from harness.model import Trace, fold
from harness.recorder import Recorder
from harness.shape import MisfitsError, read


def heard(preset: Any, *events: Any, rules: tuple[EventRule, ...] = ()) -> Trace:
    """The trace of a turn: events are data, or pairs of name and data."""
    recorder = Recorder(time.monotonic)
    scribe = Scribe(recorder, TurnRecord(recorder), where="agents.mine")
    reader = reader_of(preset, rules, event_at="$.type")
    for event in events:
        name, data = event if isinstance(event, tuple) else ("", event)
        scribe.heard[name] += 1
        scribe.take(reader.feed(name, data))
    scribe.close()
    recorder.emit("done", turn=0)
    return fold(recorder.events)


def test_seven_events() -> None:
    trace = heard(
        "seven-event",
        {"type": "thinking", "thinking": "hm"},
        {"type": "tool_call", "tool_call": {"id": "1", "name": "get_price", "arguments": '{"symbol": "VTI"}'}},
        {"type": "tool_result", "tool_result": {"id": "1", "content": [{"type": "text", "text": '{"price": 250.1}'}]}},
        {"type": "tool_call", "tool_call": {"id": "1", "name": "sell", "arguments": {}}},
        {"type": "tool_result", "tool_result": {"id": "1", "content": "closed", "isError": True}},
        {"type": "text_delta", "text": "VTI "},
        {"type": "text_done", "text": "VTI costs $250.10.", "structured": {"price": 250.1}},
        {"type": "state", "name": "ledger", "value": {"cash": 1}},
        {"type": "done", "metadata": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}},
        {"type": "text_delta", "text": "after the end"},
    )  # fmt: skip

    assert (trace.answer, trace.structured, trace.artifacts) == (
        "VTI costs $250.10.",
        {"price": 250.1},
        {"ledger": {"cash": 1}},
    )
    assert [(step.name, dict(step.args), step.result, step.error) for step in trace.tools] == [
        ("get_price", {"symbol": "VTI"}, {"price": 250.1}, None), ("sell", {}, None, "closed"),
    ]  # fmt: skip
    assert len({step.id for step in trace.tools}) == 2
    assert (trace.usage.input_tokens, trace.usage.output_tokens) == (3, 4)


def test_ten_events_with_a_call_in_pieces() -> None:
    trace = heard(
        "ten-event",
        {"type": "start"},
        {"type": "content_block_start", "content_type": "tool_call", "content_block": {"id": "a", "name": "get_price"}},
        {"type": "tool_call_delta", "arguments_delta": '{"sym'},
        {"type": "tool_call_delta", "arguments_delta": 'bol": "VTI"}'},
        {"type": "content_block_end"},
        {"type": "tool_result", "tool_result": {"id": "a", "content": {"price": 1}}},
        {"type": "content_block_start", "content_type": "tool_call", "content_block": {"id": "b", "name": "get_fx"}},
        {"type": "tool_call", "tool_call": {"id": "b", "name": "get_fx", "arguments": {"pair": "EURUSD"}}},
        {"type": "content_block_end"},
        {"type": "tool_result", "tool_result": {"id": "b", "content": {"rate": 2}}},
        {"type": "thinking_delta", "thinking": "so"},
        {"type": "content_block_start", "content_type": "text", "content_block": {}},
        {"type": "text_delta", "text": "It is 1."},
        {"type": "content_block_end"},
        {"type": "done"},
    )

    assert trace.answer == "It is 1."
    assert [(step.name, dict(step.args), step.result) for step in trace.tools] == [
        ("get_price", {"symbol": "VTI"}, {"price": 1}), ("get_fx", {"pair": "EURUSD"}, {"rate": 2}),
    ]  # fmt: skip


def test_openbb_events() -> None:
    chart = {
        "type": "chart",
        "name": "Prices",
        "uuid": "u",
        "content": [{"x": 1}],
        "chart_params": {"chartType": "bar"},
    }
    trace = heard(
        "openbb",
        (
            "copilotStatusUpdate",
            {"eventType": "INFO", "message": "Fetching", "artifacts": [{"name": "T", "content": []}]},
        ),
        ("copilotFunctionCall", {"function": "get_widget_data", "input_arguments": {"widget_uuid": "w"}}),
        ("copilotMessageChunk", {"delta": "AAPL "}),
        ("", {"event": "copilotMessageChunk", "data": {"delta": "rose."}}),
        ("copilotMessageArtifact", chart),
        ("copilotCitationCollection", {"citations": [{"id": "c"}]}),
        ("copilotStatusUpdate", {"eventType": "ERROR", "message": "one widget failed"}),
    )

    assert trace.answer == "AAPL rose."
    assert trace.artifacts == {"T": {"name": "T", "content": []}, "Prices": chart, "citations": [{"id": "c"}]}
    assert [(step.name, dict(step.args)) for step in trace.tools] == [("get_widget_data", {"widget_uuid": "w"})]
    assert trace.errors == ("one widget failed",)


ASKS = {
    "type": "ai",
    "id": "m1",
    "content": "",
    "tool_calls": [{"id": "c1", "name": "get_price", "args": {"symbol": "VTI"}}],
}
RESULT = {"type": "tool", "id": "m2", "tool_call_id": "c1", "name": "get_price", "content": "250.10"}
SAYS = {
    "type": "ai",
    "id": "m3",
    "content": [{"type": "text", "text": "$250.10"}],
    "usage_metadata": {"input_tokens": 9, "output_tokens": 2},
}
CHUNKS = [
    ({"type": "AIMessageChunk", "id": "m3", "content": part}, {"langgraph_node": "agent"}) for part in ("$250", ".10")
]


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            [("metadata", {"run_id": "r"}), ("updates", {"agent": {"messages": [ASKS]}}), ("updates", {"tools": {"messages": [RESULT]}}),
             *(("messages", list(chunk)) for chunk in CHUNKS), ("updates|sub:1", {"agent": {"messages": [SAYS]}}), ("end", None)],
            id="tokens and updates",
        ),
        pytest.param(
            [("values", {"messages": [{"type": "human", "id": "m0", "content": "hi"}]}), ("values", {"messages": [ASKS]}),
             ("values", {"messages": [ASKS, RESULT]}), ("values", {"messages": [ASKS, RESULT, SAYS]})],
            id="values",
        ),
        pytest.param(
            [("updates", {"agent": {"messages": ASKS}}), ("updates", {"tools": {"messages": [RESULT]}}),
             ("messages/partial", [{**CHUNKS[0][0]}]), ("messages/partial", [{"type": "ai", "id": "m3", "content": "$250.10"}]),
             ("updates", {"agent": {"messages": [SAYS]}})],
            id="growing messages",
        ),
    ],
)  # fmt: skip
def test_langgraph_streams_in_every_mode_give_the_same(events: list[Any]) -> None:
    trace = heard("langgraph", *events)

    assert trace.answer == "$250.10"
    assert [(step.name, dict(step.args), step.result) for step in trace.tools] == [
        ("get_price", {"symbol": "VTI"}, "250.10")
    ]
    assert (trace.usage.input_tokens, trace.usage.output_tokens) == (9, 2)


def test_a_langgraph_interrupt_is_a_question() -> None:
    recorder = Recorder(time.monotonic)
    scribe = Scribe(recorder, TurnRecord(recorder), where="x")
    reader = reader_of("langgraph", (), event_at="$.type")
    asked = {"__interrupt__": [{"value": {"question": "Buy?", "n": 1}, "id": "i1"}]}

    for event in (("updates", asked), ("values", {"messages": [], **asked})):
        scribe.take(reader.feed(*event))

    assert scribe.asked == [{"id": "i1", "question": "Buy?", "details": {"question": "Buy?", "n": 1}}]


def test_rules_say_what_events_mean() -> None:
    rules = read(tuple[EventRule, ...], [
        {"event": "token", "kind": "text_delta", "data": {"text": "$.t"}},
        {"event": "tool", "kind": "tool_call", "data": {"name": "$.fn", "args": "$.with"}},
        {"event": "tool_end", "kind": "tool_result", "data": {"result": "$.out"}},
        {"event": "cost", "kind": "llm_call", "data": {"input_tokens": "$.in", "output_tokens": "$.out"}},
        {"event": "end", "kind": "done"},
    ])  # fmt: skip
    trace = heard("seven-event", {"type": "token", "t": "a"}, ("tool", {"fn": "f", "with": {"x": 1}}), ("tool_end", {"out": 5}),
                  {"type": "cost", "in": 1, "out": 2}, {"type": "token"}, {"type": "other"}, {"type": "token", "t": "b"}, {"type": "end"},
                  rules=rules)  # fmt: skip

    assert trace.answer == "ab"
    assert [(step.name, dict(step.args), step.result) for step in trace.tools] == [("f", {"x": 1}, 5)]
    assert trace.usage.output_tokens == 2


def test_rules_with_nonsense_name_the_place() -> None:
    with pytest.raises(MisfitsError) as caught:
        read(
            tuple[EventRule, ...],
            [{"event": "x", "kind": "text"}, {"event": "x", "kind": "done", "data": {"a": "$..b"}}],
        )

    assert "[0].kind" in str(caught.value)
    assert "[1].data.a" in str(caught.value)


NONSENSE = [None, 3, "text", [], [1], {}, {"type": None}, {"type": "tool_call"}, {"type": "tool_call", "tool_call": []},
            {"type": "tool_result"}, {"type": "tool_result", "tool_result": 3}, {"type": "error"}, {"type": "text_delta", "text": None},
            {"type": "done", "usage": {"input_tokens": -1, "output_tokens": True}}, {"type": "state"}, {"type": "thinking", "thinking": {}},
            {"type": "content_block_start", "content_type": "tool_call"}, {"type": "content_block_end"}]  # fmt: skip


@pytest.mark.parametrize("preset", ["seven-event", "ten-event", "openbb", "langgraph"])
@pytest.mark.parametrize(
    "name",
    [
        "",
        "error",
        "messages",
        "messages/partial",
        "updates",
        "values",
        "copilotMessageChunk",
        "copilotStatusUpdate",
        "copilotFunctionCall",
        "copilotMessageArtifact",
    ],
)
def test_nonsense_in_a_stream_breaks_nothing(preset: str, name: str) -> None:
    for item in NONSENSE:
        with suppress(TargetError, InvalidOutputError):
            heard(preset, (name, item))
