"""What the step analysis counts."""

from __future__ import annotations

import json

import pytest
from builders import a_call, a_case, a_model_call, a_trace

from harness.model import Step, canonical
from harness.steps import analyse
from harness.steps.plan import efficiency, match
from harness.steps.recovery import never_succeeded, retries
from harness.steps.repeats import repeated

PLAN = [("get_portfolio", {}), ("price", {"s": "VTI"}), ("price", {"s": "BND"}), ("alloc", {})]


@pytest.fixture
def worked_example():
    """The seven calls of the worked example: one repeat, one time-out, one retry that no plan asked for."""
    return a_trace(
        steps=[
            a_call("get_portfolio", {}, {"VTI": 1, "BND": 2}, t0=0.0, t1=1.0),
            a_call("price", {"s": "VTI"}, 250.12, t0=1.0, t1=2.0),
            a_call("price", {"s": "BND"}, 72.5, t0=2.0, t1=3.0),
            a_call("price", {"s": "VTI"}, 250.12, t0=3.0, t1=4.0),
            a_call("news", {"s": "VTI"}, error="timeout", t0=4.0, t1=4.5),
            a_call("news", {"s": "VTI"}, "up", t0=4.5, t1=5.5),
            a_call("alloc", {"prices": [250.12, 72.5]}, {"ok": 1}, t0=5.5, t1=6.0),
        ],
        duration_s=6.0,
    )


def test_the_worked_example(worked_example):
    facts = analyse(worked_example, a_case(plan=PLAN))

    assert (facts["calls"], facts["distinct"], facts["repeated"], facts["errors"]) == (7, 5, 1, 1)
    assert (facts["retries"], facts["unrecovered"]) == (1, 0)
    assert facts["repeats"] == [{"step": "s4", "of": "s2", "name": "price"}]
    assert facts["tools"] == {"get_portfolio": 1, "price": 3, "news": 2, "alloc": 1}
    assert facts["seconds"] == {"total": 6.0, "llm": 0.0, "tool": 6.0, "neither": 0.0}
    plan = facts["plan"]
    assert (plan["recall"], plan["efficiency"], plan["missing"]) == (1.0, 0.571429, [])
    assert [item["step"] for item in plan["extra"]] == ["s4", "s5", "s6"]
    assert plan["precision"] == 0.8


def test_the_analysis_is_plain_data(worked_example):
    facts = analyse(worked_example, a_case(plan=PLAN))

    assert json.loads(canonical(facts)) == facts


def test_looking_again_after_a_trade_is_no_repeat():
    calls = [a_call("get_portfolio", {}, 1), a_call("place_order", {"n": 1}, 2), a_call("get_portfolio", {}, 1)]

    assert repeated(calls) == []


def test_time_of_parallel_steps_counts_once_and_idle_time_shows():
    steps = [a_model_call(t0=0.0, t1=1.0), a_call("a", t0=2.0, t1=4.0), a_call("b", t0=3.0, t1=5.0)]

    seconds = analyse(a_trace(steps=steps, duration_s=6.0), a_case())["seconds"]

    assert seconds == {"total": 6.0, "llm": 1.0, "tool": 3.0, "neither": 2.0}


def test_unknown_tokens_stay_unknown():
    known = analyse(a_trace(steps=[a_model_call(tokens=(10, 5))]), a_case())
    unknown = analyse(a_trace(steps=[a_model_call(tokens=(10, 5)), a_model_call(tokens=None)]), a_case())

    assert known["tokens"] == {"input": 10, "output": 5, "cached": 0}
    assert unknown["tokens"] == {"input": None, "output": None, "cached": None}


def test_an_empty_trace_has_nothing_and_no_plan():
    facts = analyse(a_trace(), a_case())

    assert facts["steps"] == facts["calls"] == facts["model_calls"] == facts["handoffs"] == 0
    assert "plan" not in facts


def test_a_failed_call_takes_no_step_of_the_plan():
    plan = a_case(plan=[("price", {"s": "VTI"})]).reference.steps

    found = match(plan, [a_call("price", {"s": "VTI"}, error="x")])

    assert (found.recall, len(found.missing), len(found.extra)) == (0.0, 1, 1)


def test_a_call_with_more_arguments_takes_a_step_and_one_with_other_ones_does_not():
    plan = a_case(plan=[("price", {"s": "VTI"})]).reference.steps

    assert match(plan, [a_call("price", {"s": "VTI", "ccy": "USD"})]).recall == 1.0
    assert match(plan, [a_call("price", {"s": "BND"})]).recall == 0.0


def test_efficiency_never_rewards_doing_less():
    plan = a_case(plan=PLAN).reference.steps

    assert efficiency(plan, [a_call()]) == 1.0
    assert efficiency(plan, [a_call()] * 8) == 0.5
    assert efficiency((), [a_call()]) == 1.0


def test_retries_and_what_never_recovered():
    calls = [a_call("a", error="x"), a_call("b", error="x"), a_call("a")]

    assert [(first.name, later.name) for first, later in retries(calls)] == [("a", "a")]
    assert [call.name for call in never_succeeded(calls)] == ["b"]


def test_ten_thousand_steps_are_analysed():
    steps = tuple(
        Step(id=f"s{n}", kind="tool", name=f"t{n % 7}", args={"n": n % 1000}, result=n % 3, t0=n, t1=n + 1)
        for n in range(10_000)
    )

    facts = analyse(a_trace(steps=steps, duration_s=10_000.0), a_case())

    assert facts["calls"] == 10_000
    assert facts["seconds"]["tool"] == 10_000


def test_replies_are_told_apart_by_id_and_content_and_those_of_a_cache_are_counted():
    replies = [
        Step(id="s1", kind="llm", name="m", args={"reply_id": "msg_1"}, result="buy"),
        Step(id="s2", kind="llm", name="m", args={"reply_id": "msg_1"}, result="sell"),
        Step(id="s3", kind="llm", name="m", args={"cache_hit": True}, result="hold"),
    ]
    facts = analyse(a_trace(steps=replies), a_case())

    first, second = facts["replies"]
    assert first.split(":")[0] == second.split(":")[0]
    assert first != second
    assert facts["from_cache"] == 1


def test_models_that_give_no_ids_leave_no_replies():
    facts = analyse(a_trace(steps=[a_model_call()]), a_case())

    assert not {"replies", "from_cache"} & set(facts)
