"""How a trial is compared with its reference plan."""

from __future__ import annotations

import pytest
from builders import a_call, a_case, a_check, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError

PLAN = [("get_portfolio", {}), ("get_price", {"symbol": "VTI"}), ("place_order", {"symbol": "VTI", "amount": 100})]
LOOK, PRICE = a_call("get_portfolio"), a_call("get_price", {"symbol": "VTI"})
ORDER = a_call("place_order", {"symbol": "VTI", "amount": 100.0, "note": "as asked"})
OTHER = a_call("place_order", {"symbol": "VTI", "amount": 999})


@pytest.mark.parametrize(
    ("mode", "steps", "passed"),
    [
        pytest.param("writes", [LOOK, PRICE, ORDER], True, id="writes-as-planned"),
        pytest.param("writes", [ORDER], True, id="writes-with-fewer-looks"),
        pytest.param("writes", [LOOK, LOOK, a_call("search_news"), ORDER], True, id="writes-with-more-looks"),
        pytest.param("writes", [LOOK, PRICE], False, id="writes-not-done"),
        pytest.param("writes", [LOOK, PRICE, ORDER, ORDER], False, id="writes-twice"),
        pytest.param("writes", [LOOK, PRICE, OTHER], False, id="writes-another-amount"),
        pytest.param("writes", [a_call("place_order", ORDER.args, error="closed"), ORDER], True, id="writes-retried"),
        pytest.param("any_order", [ORDER, PRICE, LOOK, OTHER], True, id="any-order"),
        pytest.param("any_order", [ORDER, LOOK], False, id="any-order-missing"),
        pytest.param("in_order", [LOOK, LOOK, PRICE, ORDER], True, id="in-order"),
        pytest.param("in_order", [PRICE, LOOK, ORDER], False, id="in-order-swapped"),
        pytest.param("exact", [LOOK, PRICE, ORDER], True, id="exact"),
        pytest.param("exact", [LOOK, LOOK, PRICE, ORDER], False, id="exact-more"),
        pytest.param("writes", [], False, id="null-agent"),
        pytest.param("in_order", [], False, id="null-agent-in-order"),
    ],
)
def test_plan(mode, steps, passed):
    finding = conclude(a_check("trajectory:plan", mode=mode), a_subject(case=a_case(plan=PLAN), steps=steps))

    assert finding.passed is passed
    assert finding.reason


def test_a_plan_of_looks_alone_is_not_fulfilled_by_doing_nothing():
    subject = a_subject(case=a_case(plan=[("get_portfolio", {})]))

    assert conclude(a_check("trajectory:plan"), subject).passed is False


def test_named_writes_replace_the_guess_by_name():
    subject = a_subject(case=a_case(plan=PLAN), steps=[a_call("tick"), ORDER])

    assert conclude(a_check("trajectory:plan"), subject).passed is False
    assert conclude(a_check("trajectory:plan", writes=["place_*"]), subject).passed is True


@pytest.mark.parametrize("check", [a_check("trajectory:plan"), a_check("trajectory:efficiency", min=0.5)])
def test_without_a_reference_plan_nothing_is_decided(check):
    assert conclude(check, a_subject(steps=[LOOK])).passed is None


@pytest.mark.parametrize(
    ("params", "steps", "score", "passed"),
    [
        pytest.param({"min": 1.0}, [LOOK, PRICE, ORDER], 1.0, True, id="no-detour"),
        pytest.param({"min": 0.6}, [LOOK, PRICE, ORDER, LOOK, LOOK], 0.6, True, id="at-the-limit"),
        pytest.param({"min": 0.6}, [LOOK, PRICE, ORDER] + [LOOK] * 3, 0.5, False, id="detours"),
        pytest.param({"min": 0.6, "slack": 3}, [LOOK, PRICE, ORDER] + [LOOK] * 3, 1.0, True, id="slack"),
        pytest.param({"min": 0.1}, [ORDER], 0.0, False, id="less-than-the-plan-is-not-efficient"),
        pytest.param({"min": 0.1}, [], 0.0, False, id="null-agent"),
    ],
)
def test_efficiency(params, steps, score, passed):
    subject = a_subject(case=a_case(plan=PLAN), steps=steps)

    finding = conclude(a_check("trajectory:efficiency", **params), subject)

    assert (finding.score, finding.passed) == (score, passed)


@pytest.mark.parametrize(
    ("kind", "params"),
    [("efficiency", {}), ("efficiency", {"min": 0}), ("efficiency", {"min": 1.5}), ("plan", {"mode": "any"}),
     ("plan", {"writes": []})],
)  # fmt: skip
def test_parameters_that_can_never_work_are_refused(kind, params):
    with pytest.raises(MisfitsError):
        build(a_check(f"trajectory:{kind}", **params))


def test_what_was_not_done_and_what_was_too_much_is_told():
    subject = a_subject(case=a_case(plan=PLAN), steps=[LOOK, OTHER])

    finding = conclude(a_check("trajectory:plan"), subject)

    assert finding.reason == (
        'not done: place_order{"amount":100,"symbol":"VTI"}; beyond the plan: place_order{"amount":999,"symbol":"VTI"}'
    )
    assert finding.evidence[0].step == "s2"
