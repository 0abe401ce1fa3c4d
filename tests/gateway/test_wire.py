"""What a wire writes, its own listener hears: whatever the reply, and wherever its bytes are cut."""

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.wire import About, AnthropicWire, BedrockWire, InvokeWire, OpenAIWire, UnreadableError, Wire
from harness.gateway.wire.events import EventReader, sse
from harness.gateway.wire.eventstream import FrameReader, event, exception
from harness.llm import Message, ModelError, ModelReply, ModelRequest, ToolCall
from harness.model import Usage

WIRES = [AnthropicWire(), OpenAIWire(), BedrockWire(), InvokeWire()]
ABOUT = About("1", "m")
NOTHING = ModelRequest((Message("user", "x"),))
TEXT = st.text(min_size=1, max_size=40).filter(str.strip)
CALLS = st.lists(
    st.builds(
        lambda number, name, args: ToolCall(f"toolu_{number}", name, args),
        st.integers(0, 10**6),
        st.sampled_from(["get_price", "trade"]),
        st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(st.integers(), TEXT), max_size=2),
    ),
    max_size=3,
    unique_by=lambda call: call.id,
)
REPLIES = st.builds(
    lambda text, thinking, calls: ModelReply(
        text, tuple(calls), thinking=thinking, stop_reason="tool_use" if calls else "end", usage=Usage(12, 6, 3)
    ),
    TEXT,
    st.one_of(st.just(""), TEXT),
    CALLS,
)


def streamed(wire: Wire, reply: ModelReply) -> bytes:
    writer = wire.writer(ABOUT)
    sent = writer.start()
    if reply.thinking:
        sent += writer.delta("thinking", reply.thinking)
    for start in range(0, len(reply.text), 5):
        sent += writer.delta("text", reply.text[start : start + 5])
    return sent + writer.finish(reply)


def heard(wire: Wire, data: bytes, cuts: list[int]) -> ModelReply:
    listener = wire.listener(NOTHING)
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    for start, end in pairwise(places):
        listener.feed(data[start:end])
    assert listener.finished
    return listener.reply()


def same(found: ModelReply, reply: ModelReply) -> bool:
    return (found.text, found.thinking, found.tool_calls, found.stop_reason, found.usage) == (
        reply.text,
        reply.thinking,
        reply.tool_calls,
        reply.stop_reason,
        reply.usage,
    )


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@given(reply=REPLIES, cuts=st.lists(st.integers(0, 5000), max_size=8))
def test_a_stream_says_the_reply_wherever_it_is_cut(wire: Wire, reply: ModelReply, cuts: list[int]) -> None:
    assert same(heard(wire, streamed(wire, reply), cuts), reply)


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@given(reply=REPLIES)
def test_a_whole_body_says_the_reply(wire: Wire, reply: ModelReply) -> None:
    listener = wire.listener(NOTHING)

    listener.whole(json.loads(json.dumps(wire.whole(reply, ABOUT))))

    assert same(listener.reply(), reply)


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@given(garbage=st.binary(max_size=200))
def test_bytes_that_are_no_stream_are_refused_or_unfinished(wire: Wire, garbage: bytes) -> None:
    listener = wire.listener(NOTHING)
    with suppress(ModelError):
        listener.feed(garbage)

    assert not listener.finished


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_a_stream_that_was_cut_is_not_finished_and_its_output_unknown(wire: Wire) -> None:
    data = streamed(wire, ModelReply("A long answer indeed.", stop_reason="end", usage=Usage(12, 6, 0)))
    listener = wire.listener(NOTHING)

    listener.feed(data[: len(data) // 2])

    assert not listener.finished
    assert listener.usage.output_tokens is None


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@given(
    body=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["messages", "role", "content", "max_tokens", "tools", "system", "user", "anthropic_version"]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=12,
    ).filter(lambda found: isinstance(found, dict))
)
def test_nonsense_is_unreadable_and_nothing_else(wire: Wire, body: dict[str, object]) -> None:
    with suppress(UnreadableError):
        assert wire.read(body).messages


@pytest.mark.parametrize(
    ("wire", "body", "said"),
    [
        (AnthropicWire(), {"messages": [{"role": "user", "content": "x"}]}, "max_tokens"),
        (AnthropicWire(), {"max_tokens": 0, "messages": [{"role": "user", "content": "x"}]}, "at least 1"),
        (AnthropicWire(), {"max_tokens": 5, "messages": [{"role": "robot", "content": "x"}]}, "'robot' is no role"),
        (OpenAIWire(), {"messages": []}, "at least one message"),
        (OpenAIWire(), {"max_tokens": -1, "messages": [{"role": "user", "content": "x"}]}, "at least 1"),
        (BedrockWire(), {}, "'messages' is missing"),
        (InvokeWire(), {"inputText": "x"}, "anthropic_version"),
    ],
)
def test_what_is_wrong_is_named(wire: Wire, body: dict[str, object], said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        wire.read(body)


def test_data_is_encoded_once() -> None:
    assert sse({"a": "é"}) == 'data: {"a":"é"}\n\n'.encode()
    assert sse("[DONE]") == b"data: [DONE]\n\n"
    assert json.loads(sse({"a": {"b": 1}}).decode()[6:]) == {"a": {"b": 1}}


def test_one_event_may_not_be_larger_than_memory() -> None:
    reader = EventReader()
    for _ in range(80):
        assert reader.feed(b"x" * 100_000) == []

    with pytest.raises(ModelError, match="larger than"):
        reader.feed(b"x" * 1_000_000)


def test_a_spoiled_frame_is_found_out() -> None:
    good = event("messageStop", {"stopReason": "end_turn"})

    for place in range(len(good)):
        spoiled = bytearray(good)
        spoiled[place] ^= 0xFF
        with pytest.raises(ModelError):
            FrameReader().feed(bytes(spoiled))


def test_an_error_frame_is_the_error_it_names() -> None:
    with pytest.raises(ModelError) as caught:
        BedrockWire().listener(NOTHING).feed(exception("throttlingException", "slow down"))

    assert (caught.value.kind, caught.value.problem) == ("rate_limit", "slow down")
