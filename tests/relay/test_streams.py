"""What is sent: encoded once, put together letter by letter, in two forms, and the rules of both."""

from __future__ import annotations

import itertools
import json
import zlib

import pytest
from builders import a_subject
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.adapters.http.sse import EventStream
from harness.adapters.wire.sevens import SevenEvents, TenEvents
from harness.model import CheckSpec, Event
from harness.registry import build
from harness.relay.forms import SEVEN, TEN, TenForm, seven
from harness.relay.grammar import slips
from harness.relay.sse import Gzip, encoded

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
DATA = st.dictionaries(TEXT, st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT, max_size=3), max_size=4)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Bytes in pieces, wherever the cuts fall: also inside of a letter."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@settings(max_examples=80, deadline=None)
@given(st.lists(DATA, min_size=1, max_size=5), st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_what_was_encoded_is_read_again_however_it_is_cut(events, places, gzipped):
    sent = b"".join(encoded(event, name="x", number=number) for number, event in enumerate(events, 1))
    if gzipped:
        gzip, unpack = Gzip(), zlib.decompressobj(16 + zlib.MAX_WBITS)
        sent = gzip.piece(sent) + gzip.end()
        pieces = [unpack.decompress(piece) for piece in cut(sent, places)]
    else:
        pieces = cut(sent, places)

    stream = EventStream()
    read = [json.loads(event.data) for piece in pieces for event in stream.feed(piece)]

    assert read == events
    assert stream.last_id == str(len(events))


def test_a_stream_cut_inside_every_letter_is_whole():
    event = {"type": "text_delta", "text": "Épargne 退職金 👩‍🚀 \r\n\u2028 €5"}
    stream = EventStream()

    read = [found for byte in encoded(event, name="text_delta", number=7) for found in stream.feed(bytes([byte]))]

    assert [json.loads(found.data) for found in read] == [event]
    assert [found.name for found in read] == ["text_delta"]


def test_data_is_encoded_once():
    (line,) = [
        line
        for line in encoded({"type": "error", "error": '{"a": 1}'}, name="error").decode().split("\n")
        if line.startswith("data")
    ]

    assert json.loads(line.removeprefix("data: ")) == {"type": "error", "error": '{"a": 1}'}
    assert slips([json.dumps(json.dumps({"type": "done"}))])[0].rule == "encoded-twice"


def test_each_compressed_piece_can_be_read_at_once():
    gzip, unpack = Gzip(), zlib.decompressobj(16 + zlib.MAX_WBITS)

    for number in range(5):
        piece = encoded({"type": "text_delta", "text": f"piece {number}"}, name="text_delta", number=number)
        assert unpack.decompress(gzip.piece(piece)) == piece
    assert unpack.decompress(gzip.end()) == b""
    assert unpack.eof


# ---- forms

EVENTS = (
    Event(0.1, "thinking", {"text": "Cash first."}),
    Event(0.2, "tool_call", {"id": "c1", "name": "cash", "args": {"account": "A1"}}),
    Event(0.25, "llm_call", {"model": "m"}),
    Event(0.3, "tool_result", {"id": "c1", "result": {"usd": 8500.0}}),
    Event(0.4, "text_delta", {"text": "You have "}),
    Event(0.5, "text_delta", {"text": "$8,500.00."}),
    Event(0.6, "text_done", {"text": "You have $8,500.00."}),
    Event(0.7, "done", {"turn": 0}),
)


def as_seven(events=EVENTS):
    return [*(wire for event in events if (wire := seven(event)) is not None), {"type": "done"}]


def as_ten(wires):
    form = TenForm()
    return [made for wire in wires for made in form.feed(wire)]


def test_a_trial_in_seven_kinds_keeps_their_rules():
    wires = as_seven()

    assert [wire["type"] for wire in wires] == [
        "thinking", "tool_call", "tool_result", "text_delta", "text_delta", "text_done", "done",
    ]  # fmt: skip
    assert slips(wires) == []
    assert slips([json.dumps(wire) for wire in wires], "seven") == []


def test_the_same_trial_in_ten_kinds_keeps_theirs():
    wires = as_ten(as_seven())

    assert [wire["type"] for wire in wires] == [
        "start", "content_block_start", "thinking_delta", "content_block_end", "tool_call", "tool_result",
        "content_block_start", "text_delta", "text_delta", "content_block_end", "done",
    ]  # fmt: skip
    assert slips(wires) == []


@pytest.mark.parametrize(
    ("made", "reader"), [(as_seven(), SevenEvents()), (as_ten(as_seven()), TenEvents())], ids=["seven", "ten"]
)
def test_our_own_adapter_reads_what_the_relay_writes(made, reader):
    said = [meant for wire in made for meant in reader.feed("", json.loads(json.dumps(wire)))]

    kinds = dict(said)
    assert kinds["tool_call"] == {"id": "c1", "name": "cash", "args": {"account": "A1"}}
    assert kinds["tool_result"]["result"] == {"usd": 8500.0}
    assert "".join(data["text"] for kind, data in said if kind == "text_delta") == "You have $8,500.00."
    assert said[-1][0] == "done"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["delta", "done", "think", "tool"]), max_size=12),
    st.lists(st.text(max_size=4), min_size=12, max_size=12),
)
def test_whatever_an_agent_streams_both_forms_keep_their_rules(kinds, texts):
    events, said = [], ""
    for number, kind in enumerate(kinds):
        if kind == "delta":
            said += texts[number]
            events.append(Event(number, "text_delta", {"text": texts[number]}))
        elif kind == "done":
            events.append(Event(number, "text_done", {"text": said}))
            said = ""
        elif kind == "think":
            events.append(Event(number, "thinking", {"text": texts[number]}))
        else:
            events.append(Event(number, "tool_call", {"id": f"c{number}", "name": "f"}))
            events.append(Event(number, "tool_result", {"id": f"c{number}", "error": "no"}))

    assert slips(as_seven(events)) == []
    assert slips(as_ten(as_seven(events)), "ten") == []


# ---- rules


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        pytest.param([], ["empty"], id="empty"),
        pytest.param([{"type": "text_delta", "text": "a"}], ["no-done"], id="no-end"),
        pytest.param([{"type": "done"}, {"type": "text_delta", "text": "a"}], ["after-done"], id="after-done"),
        pytest.param([{"type": "done"}, {"type": "done"}], ["after-done"], id="done-twice"),
        pytest.param([{"type": "error", "error": "x"}, {"type": "done"}], [], id="error-then-done"),
        pytest.param([{"type": "error", "error": "x"}, {"type": "text_delta", "text": "a"}, {"type": "done"}], ["after-error"], id="talks-on"),
        pytest.param([{"type": "error", "error": "x", "final": False}, {"type": "text_delta", "text": "a"}, {"type": "done"}], [], id="recovers"),
        pytest.param([{"type": "text_delta", "text": "a"}, {"type": "text_done", "text": "b"}, {"type": "done"}], ["text"], id="other-text"),
        pytest.param([{"type": "speech"}, {"type": "done"}], ["kind"], id="unknown-kind"),
        pytest.param([{"type": "tool_result", "tool_result": {"id": "a"}}, {"type": "done"}], ["result"], id="result-of-nothing"),
        pytest.param([{"type": "tool_call", "tool_call": {"id": "a", "name": "f"}}, {"type": "done"}], ["open-call"], id="no-result"),
        pytest.param([{"type": "tool_call", "tool_call": {"name": "f"}}, {"type": "done"}], ["call-id"], id="no-id"),
        pytest.param([{"type": "text_delta"}, {"type": "done"}], ["content"], id="no-content"),
        pytest.param(["{", {"type": "done"}], ["json"], id="no-json"),
        pytest.param([[1], {"type": "done"}], ["json"], id="no-object"),
        pytest.param([{"type": "text_delta", "text": "a"}, {"type": "start"}, {"type": "done"}], ["start", "outside-block", "start"], id="ten-late-start"),
        pytest.param([{"type": "start"}, {"type": "content_block_start", "index": 0}, {"type": "done"}], ["open-block"], id="ten-open-block"),
        pytest.param([{"type": "start"}, {"type": "content_block_end"}, {"type": "done"}], ["no-block"], id="ten-no-block"),
        pytest.param(
            [{"type": "start"}, {"type": "content_block_start", "index": 0}, {"type": "content_block_start", "index": 1},
             {"type": "content_block_end", "index": 0}, {"type": "done"}], ["nested-block", "other-block"], id="ten-nested"),
    ],
)  # fmt: skip
def test_every_broken_rule_is_named(events, rules):
    assert sorted(slip.rule for slip in slips(events)) == sorted(rules)


@given(st.lists(st.recursive(st.none() | TEXT | st.sampled_from([*SEVEN, *TEN]), lambda inner: st.dictionaries(st.sampled_from(["type", "text", "index", "tool_call", "id"]), inner), max_leaves=5), max_size=6))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_no_stream_brings_the_grammar_down(events):
    assert all(slip.problem for slip in slips(events))


@pytest.mark.parametrize(
    ("stream", "params", "passed"),
    [
        pytest.param(as_seven(), {}, True, id="events"),
        pytest.param(as_ten(as_seven()), {"form": "ten"}, True, id="ten"),
        pytest.param(as_seven(), {"form": "ten"}, False, id="the-wrong-form"),
        pytest.param(b"".join(encoded(wire, name="x") for wire in as_seven()).decode(), {}, True, id="as-text"),
        pytest.param([{"type": "text_delta", "text": "a"}], {"allow": ["no-done"]}, True, id="allowed"),
        pytest.param(None, {}, None, id="no-stream"),
    ],
)
def test_the_check_reads_the_artifact(stream, params, passed):
    subject = a_subject("", artifacts={} if stream is None else {"stream": stream})

    finding = build(CheckSpec(type="stream:grammar", params=params)).conclude(subject)

    assert finding.passed is passed
