"""What was done, beside the plan and over time."""

import pytest
from builders import a_call, a_case, a_job, a_model_call, a_result, a_trace, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Step
from harness.steps import analyse
from harness.story.spans import waterfall
from harness.story.strip import strip

PLAN = [("get_portfolio", {"id": "P01"}), ("get_prices", {}), ("book", {})]


def result_of(*steps, plan=PLAN, **known):
    case = a_case(plan=plan) if plan else a_case()
    trace = a_trace("done", steps=steps, duration_s=10.0, **known)
    return a_result(job=a_job(case), outcome=an_outcome(trace=trace), steps=analyse(trace, case))


def states(result):
    return [(square.state, square.taken or square.planned) for square in strip(result).squares]


def test_what_was_done_stands_beside_the_plan():
    result = result_of(
        a_call("get_portfolio", {"id": "P01"}, {"n": 1}, t0=0, t1=1),
        a_call("get_portfolio", {"id": "P01"}, {"n": 1}, t0=1, t1=2),
        a_call("get_prices", {}, error="no network", t0=2, t1=3),
        a_call("news", {}, {"n": 2}, t0=3, t1=4),
        a_call("get_prices", {}, {"p": 3}, t0=4, t1=5),
    )

    assert states(result) == [
        ("matched", "get_portfolio"), ("repeated", "get_portfolio"), ("failed", "get_prices"), ("extra", "news"),
        ("matched", "get_prices"), ("missing", "book"),
    ]  # fmt: skip
    assert ("Recall", "0.67") in strip(result).figures


def test_wrong_arguments_name_those_that_the_plan_asks_for():
    result = result_of(a_call("get_portfolio", {"id": "P02"}, {"n": 1}, t0=0, t1=1))
    (wrong, *_) = strip(result).squares

    assert wrong.state == "wrong-args"
    assert wrong.words == 'called with {"id": "P02"}; the plan asks for get_portfolio {"id": "P01"}'


def test_a_request_to_the_wrong_agent_is_told():
    case = a_case()
    trace = a_trace(steps=[Step(id="h1", kind="handoff", name="trade")])
    facts = {**analyse(trace, case), "routing": {"path": ["trade"], "expected": ["portfolio"], "ping_pong": []}}

    (square,) = strip(a_result(job=a_job(case), outcome=an_outcome(trace=trace), steps=facts)).squares

    assert (square.state, square.taken, square.words) == ("wrong-agent", "→ trade", "the request belongs to portfolio")


def test_without_a_plan_steps_are_just_told():
    found = strip(result_of(a_call("news", {}, 1, t0=0, t1=1), plan=None))

    assert [square.state for square in found.squares] == ["taken"]
    assert not found.planned


def test_bars_lie_where_the_steps_were():
    result = result_of(a_model_call(t0=0, t1=2), a_call("sum", {"x": 1}, {"y": 2}, t0=5, t1=7.5, parent="s1"))
    first, second = waterfall(result).bars

    assert (first.left, first.width, first.depth) == (0, 20, 0)
    assert (second.left, second.width, second.depth) == (50, 25, 1)
    assert '"x": 1' in second.given
    assert '"y": 2' in second.gave


def test_questions_and_guardrails_stand_between_the_steps():
    result = result_of(
        a_call("preview", {}, 1, t0=0, t1=1),
        a_call("submit", {}, 1, t0=6, t1=7),
        interrupts=({"id": "q", "question": "Buy?", "asked_s": 2.0, "answer": "no", "answered_s": 5.0},),
        guardrails=({"name": "limits", "passed": False, "reason": "above the limit"},),
    )
    bars = waterfall(result).bars

    assert [bar.kind for bar in bars] == ["tool", "question", "tool", "guardrail"]
    assert (bars[1].left, bars[1].width, bars[1].words) == (20, 30, "answered: no")
    assert (bars[3].status, bars[3].words) == ("refused", "above the limit")


@pytest.mark.parametrize("asked", [None, "soon", float("nan"), True])
def test_a_moment_that_is_none_is_the_beginning(asked):
    (bar,) = waterfall(result_of(interrupts=({"question": "Buy?", "asked_s": asked},))).bars

    assert (bar.left, bar.status, bar.words) == (0, "unfinished", "nobody answered")


@given(st.lists(st.tuples(st.floats(-5, 1e6), st.floats(-5, 1e6), st.sampled_from(["", "a", "b", "c"])), max_size=6))
def test_any_times_and_parents_stay_on_the_page(rows):
    names = ["a", "b", "c", "d", "e", "f"]
    steps = [
        a_call("t", {}, 1, id=name, t0=t0, t1=t1, parent=parent or None)
        for name, (t0, t1, parent) in zip(names, rows, strict=False)
    ]
    found = waterfall(result_of(*steps, plan=None))

    assert all(0 <= bar.left <= 100 and 0 <= bar.width <= 100 for bar in found.bars)
    assert 1 <= len(found.ticks) <= 13
