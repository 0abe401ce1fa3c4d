from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.model import KINDS, Event, Usage, fold


def events(*items: tuple[float, str, dict[str, Any]]) -> list[Event]:
    return [Event(offset, kind, data) for offset, kind, data in items]  # type: ignore[arg-type]


def test_text_deltas_make_the_answer_and_the_time_to_first_text() -> None:
    trace = fold(events((0.2, "text_delta", {"text": "He"}), (0.5, "text_delta", {"text": "y"}), (0.6, "done", {})))

    assert trace.answer == "Hey"
    assert trace.ttft_s == 0.2
    assert trace.duration_s == 0.6


def test_the_whole_text_replaces_the_deltas() -> None:
    trace = fold(
        events((0, "text_delta", {"text": "{"}), (1, "text_done", {"text": "{}", "structured": {}}), (1, "done", {}))
    )

    assert trace.answer == "{}"
    assert trace.structured == {}


def test_an_answer_that_was_not_streamed_has_no_time_to_first_text() -> None:
    assert fold(events((1, "text_done", {"text": "hi"}), (1, "done", {}))).ttft_s is None


def test_a_tool_call_and_its_result_make_one_step_with_its_time() -> None:
    trace = fold(
        events(
            (1.0, "tool_call", {"id": "a", "name": "price", "args": {"symbol": "VTI"}, "agent": "analyst"}),
            (1.5, "tool_call", {"id": "b", "name": "news"}),
            (2.0, "tool_result", {"id": "a", "result": {"price": 3}}),
            (3.0, "tool_result", {"id": "b", "error": "503"}),
        )
    )

    first, second = trace.tools
    assert (first.name, first.args, first.result, first.status, first.seconds) == (
        "price",
        {"symbol": "VTI"},
        {"price": 3},
        "ok",
        1.0,
    )
    assert (second.status, second.error, second.seconds) == ("error", "503", 1.5)
    assert first.agent == "analyst"


def test_a_tool_that_never_answered_is_unfinished() -> None:
    assert fold(events((1.0, "tool_call", {"id": "a", "name": "price"}))).tools[0].status == "unfinished"


def test_a_result_that_nobody_asked_for_is_an_error_not_a_step() -> None:
    trace = fold(events((1.0, "tool_result", {"id": "zz", "result": 1})))

    assert trace.steps == ()
    assert "zz" in trace.errors[0]


def test_model_calls_add_up_and_an_unknown_part_makes_the_sum_unknown() -> None:
    known = {"model": "m", "input_tokens": 10, "output_tokens": 2, "cached_tokens": 0, "cost_usd": 0.5}
    both = fold(events((1, "llm_call", known), (2, "llm_call", known)))
    one_unknown = fold(events((1, "llm_call", known), (2, "llm_call", {"model": "m"})))

    assert (both.usage, both.cost_usd) == (Usage(20, 4, 0), 1.0)
    assert (one_unknown.usage, one_unknown.cost_usd) == (Usage(None, None, None), None)


def test_what_is_no_number_is_unknown() -> None:
    garbage = {"model": "m", "input_tokens": "many", "output_tokens": -3, "cost_usd": float("nan"), "started_s": None}
    trace = fold(events((1, "llm_call", garbage)))

    assert (trace.usage.input_tokens, trace.usage.output_tokens, trace.cost_usd) == (None, None, None)
    assert trace.models[0].t0 == 1


def test_no_model_call_costs_nothing() -> None:
    trace = fold(events((1, "text_done", {"text": "hi"})))

    assert trace.cost_usd == 0
    assert trace.usage.total == 0


def test_each_done_ends_a_turn() -> None:
    trace = fold(
        events(
            (0.1, "text_delta", {"text": "one"}),
            (1.0, "done", {}),
            (1.4, "text_delta", {"text": "two"}),
            (2.0, "tool_call", {"id": "x", "name": "t"}),
            (2.0, "done", {}),
        )
    )

    assert [turn.answer for turn in trace.turns] == ["one", "two"]
    assert [round(turn.ttft_s or 0, 3) for turn in trace.turns] == [0.1, 0.4]
    assert trace.tools[0].turn == 1
    assert trace.answer == "two"


def test_the_last_state_of_an_artifact_stands() -> None:
    trace = fold(events((0, "state", {"name": "ledger", "value": 1}), (1, "state", {"name": "ledger", "value": 2})))

    assert trace.artifacts == {"ledger": 2}


def test_an_interrupt_keeps_its_question_and_answer_together() -> None:
    trace = fold(events((1, "interrupt", {"id": "q", "question": "Buy?"}), (2, "resume", {"id": "q", "answer": "no"})))

    assert trace.interrupts[0]["question"] == "Buy?"
    assert trace.interrupts[0]["answer"] == "no"
    assert (trace.interrupts[0]["asked_s"], trace.interrupts[0]["answered_s"]) == (1, 2)


def test_an_answer_without_a_question_is_an_error() -> None:
    assert fold(events((1, "resume", {"id": "q", "answer": "yes"}))).errors


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
data = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "name",
            "text",
            "args",
            "result",
            "error",
            "value",
            "parent",
            "model",
            "started_s",
            "input_tokens",
            "output_tokens",
            "cost_usd",
            "to",
        ]
    ),
    json_values,
)


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(sorted(KINDS)), data), max_size=20))
def test_any_sequence_of_events_folds(items: list[tuple[float, str, dict[str, Any]]]) -> None:
    trace = fold(events(*items))

    assert trace.duration_s == max([offset for offset, _, _ in items], default=0.0)
    assert len({step.kind for step in trace.steps} - {"llm", "tool", "handoff", "message"}) == 0


def test_the_first_useful_text_is_the_first_after_the_last_tool_result() -> None:
    trace = fold(
        events(
            (0.5, "text_delta", {"text": "Let me look. "}),
            (1, "tool_call", {"id": "a", "name": "look"}),
            (2, "tool_result", {"id": "a", "result": 1}),
            (2.5, "text_delta", {"text": "It is 1."}),
            (3, "done", {}),
            (4, "text_delta", {"text": "Anything else?"}),
        )
    )

    assert [(turn.ttft_s, turn.useful_ttft_s) for turn in trace.turns] == [(0.5, 2.5), (1.0, 1.0)]
