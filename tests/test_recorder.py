"""Whatever is recorded is plain JSON of bounded size, and says what it could not keep."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import fold
from harness.recorder import Caps, InvalidEventError, Limits, OverLimitError, Recorder, StoppedError, plain_json


class Ticks:
    """A clock that goes on by a quarter of a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Rude:
    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class BrokenMapping(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError("no")


def test_events_have_offsets_of_the_injected_clock() -> None:
    recorder = Recorder(Ticks())

    recorder.text("Hel")
    recorder.text("lo")

    assert [event.offset_s for event in recorder.events] == [0.25, 0.5]


def test_everything_an_agent_may_say_folds_to_a_trace() -> None:
    recorder = Recorder(Ticks())
    recorder.thinking("hm")
    call = recorder.call("price", {"symbol": "VTI"}, agent="analyst")
    recorder.result(call, {"usd": 250})
    failed = recorder.call("price", {"symbol": "?"})
    recorder.result(failed, error="unknown symbol")
    recorder.handoff("tagger", "tag it")
    recorder.llm_call(model="m", input_tokens=10, output_tokens=2, cost_usd=0.5)
    recorder.guardrail("size", True, "small")
    recorder.artifact("ledger", {"cash": 1})
    recorder.error("odd")
    recorder.answer("250 $", {"usd": 250})

    trace = fold(recorder.events)

    assert [(step.kind, step.name, step.status) for step in trace.steps] == [
        ("tool", "price", "ok"),
        ("tool", "price", "error"),
        ("handoff", "tagger", "ok"),
        ("llm", "m", "ok"),
    ]
    assert (trace.answer, trace.structured, trace.artifacts) == ("250 $", {"usd": 250}, {"ledger": {"cash": 1}})
    assert (trace.cost_usd, trace.usage.total, trace.errors) == (0.5, 12, ("odd",))


def test_copies_do_not_change_with_the_original() -> None:
    recorder = Recorder(Ticks())
    ledger = {"cash": [1]}

    recorder.artifact("ledger", ledger)
    ledger["cash"].append(2)

    assert recorder.events[0].data["value"] == {"cash": [1]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Colour.RED, "red"),
        (Point(1, 2.5), {"x": 1, "y": 2.5}),
        (date(2026, 3, 31), "2026-03-31"),
        (Decimal("12.34"), 12.34),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        ((1, (2, 3)), [1, [2, 3]]),
        ({1: "a", None: "b", Colour.RED: "c"}, {"1": "a", "None": "b", "red": "c"}),
        (True, True),
        (-0.0, -0.0),
    ],
)
def test_usual_values_are_kept_in_their_plain_form(given: Any, kept: Any) -> None:
    assert plain_json(given) == (kept, ())


@pytest.mark.parametrize(
    ("given", "path", "problem"),
    [
        ({"a": [1, float("nan")]}, "a[1]", "the number nan"),
        (float("-inf"), "", "the number -inf"),
        (10**400, "", "a number that is too large"),
        ({"x": {1, 2}}, "x", "a value of type set"),
        ([b"raw"], "[0]", "a value of type bytes"),
        (Decimal("NaN"), "", "the number NaN"),
        (Rude(), "", "a value of type Rude"),
        ({"m": BrokenMapping(a=1)}, "m", "a BrokenMapping that raises RuntimeError when read"),
        ({(1, 2): 3}, "", "a key of type tuple"),
    ],
)
def test_what_has_no_json_form_is_named_with_its_place(given: Any, path: str, problem: str) -> None:
    copied, notes = plain_json(given)

    assert [(note.path, note.problem, note.fatal) for note in notes] == [(path, problem, True)]
    assert json.dumps(copied, allow_nan=False)


def test_a_structure_that_contains_itself_many_times_ends() -> None:
    item: list[Any] = []
    item.extend([item] * 50)

    copied, notes = plain_json({"loop": item})

    assert notes[0].problem == "a structure that contains itself"
    assert len(copied["loop"]) == 50


def test_shared_parts_cannot_multiply_without_end() -> None:
    item: list[Any] = ["x"]
    for _ in range(60):
        item = [item, item]

    _, notes = plain_json(item)

    assert notes[0].problem == "a structure of more than 200000 values"


def test_large_structures_are_cut_with_size_and_hash() -> None:
    copied, notes = plain_json([f"{number:09}" * 100 for number in range(6000)])

    assert set(copied) == {"$cut", "sha256"}
    assert notes[-1].problem == "a structure of 5424000 bytes was cut"
    assert not notes[-1].fatal


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_anything_becomes_json_and_stays_so(item: Any) -> None:
    copied, notes = plain_json(item)

    assert json.loads(json.dumps(copied, allow_nan=False)) == copied
    assert plain_json(copied)[0] == copied
    assert not any(note.fatal for note in plain_json(copied)[1])
    assert len(notes) <= 20


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("tool_cal", {}, "kind: 'tool_cal' is no kind of event; did you mean 'tool_call'?"),
        ("tool_call", {"id": "1"}, "tool_call.name: is missing"),
        ("text_delta", {"text": 5}, "text_delta.text: is of type int, not text"),
        ("llm_call", {"input_tokens": "many"}, "llm_call.input_tokens: many is no number of tokens"),
        ("llm_call", {"output_tokens": -1}, "llm_call.output_tokens: -1 is no number of tokens"),
        ("llm_call", {"cost_usd": float("nan")}, "llm_call.cost_usd: nan is no amount"),
        ("llm_call", {"started_s": None}, "llm_call.started_s: a NoneType is no amount"),
    ],
)
def test_events_that_are_none_are_refused(kind: str, data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidEventError) as caught:
        Recorder(Ticks()).record(kind, data)

    assert str(caught.value) == message


def test_unknown_numbers_of_a_model_call_are_fine() -> None:
    recorder = Recorder(Ticks())

    recorder.llm_call(model="m", input_tokens=None, cost_usd=None)

    assert fold(recorder.events).usage.total is None


@pytest.mark.parametrize("limits", [Limits(steps=2), Limits(tool_calls=2)])
def test_limits_end_the_trial_at_the_first_excess(limits: Limits) -> None:
    recorder = Recorder(Ticks(), limits=limits)
    recorder.call("a")
    recorder.call("b")

    with pytest.raises(OverLimitError):
        recorder.call("c")
    with pytest.raises(OverLimitError):
        recorder.text("and on")


def test_output_is_bounded_in_number_and_size() -> None:
    many, large = Recorder(Ticks(), caps=Caps(events=3)), Recorder(Ticks(), caps=Caps(size=1000))

    for _ in range(3):
        many.text("x")
    with pytest.raises(OverLimitError, match="more than 3 events"):
        many.text("x")
    with pytest.raises(OverLimitError, match="more than 1000 characters"):
        large.text("x" * 2000)


def test_taken_events_count_against_the_cap() -> None:
    recorder = Recorder(Ticks(), caps=Caps(events=3))

    for _ in range(3):
        recorder.text("x")
        recorder.take()
    with pytest.raises(OverLimitError):
        recorder.text("x")


def test_stopped_recorder_refuses_everything_and_no_except_exception_hides_it() -> None:
    recorder = Recorder(Ticks())
    recorder.stop(StoppedError("cancelled"))

    with pytest.raises(StoppedError):
        recorder.text("x")
    assert not issubclass(StoppedError, Exception)


def test_questions_are_answered_in_order_and_then_denied() -> None:
    recorder = Recorder(Ticks(), approvals=["yes"])

    answers = [recorder.ask("buy?"), recorder.ask("sell?")]

    assert answers == ["yes", {"approved": False, "reason": "nobody approved it"}]
    assert [item["answer"] for item in fold(recorder.events).interrupts] == answers


def test_last_answer_is_the_turns_whole_text() -> None:
    recorder = Recorder(Ticks())
    recorder.text("one ")
    recorder.text("two")
    recorder.emit("done", turn=0)

    assert recorder.last_answer == "one two"
