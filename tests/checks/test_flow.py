"""Checks on detours, sources, time and routes: a passing and a failing trial for each, with the place."""

from __future__ import annotations

import pytest
from builders import a_call, a_case, a_check, a_model_call, a_subject, conclude

from harness.model import Reference, Step
from harness.registry import build
from harness.shape import MisfitsError


def timed(*calls):
    return [
        Step(id=f"c{n}", kind="tool", name=call.name, args=call.args, result=call.result, status=call.status, error=call.error,
             t0=float(n), t1=n + 1.0)
        for n, call in enumerate(calls)
    ]  # fmt: skip


LOOK, FAIL = a_call("look", {}, 1), a_call("look", {}, error="x")
PRICES = timed(a_call("price", {"s": "AAA"}, 1), a_call("price", {"s": "BBB"}, 2))
ASK = a_case(input="Compare AAA and BBB.")
TO_DESK = Step(id="h", kind="handoff", name="desk")


@pytest.mark.parametrize(
    ("name", "params", "steps", "passed"),
    [
        pytest.param("redundancy", {}, [LOOK, a_call("other")], True, id="no-repeat"),
        pytest.param("redundancy", {}, [LOOK, LOOK], False, id="repeat"),
        pytest.param("redundancy", {"max": 1}, [LOOK, LOOK], True, id="one-is-forgiven"),
        pytest.param("redundancy", {"max_share": 0.4}, [LOOK, LOOK], False, id="half-is-too-much"),
        pytest.param("redundancy", {"ignore": ["look"]}, [LOOK, LOOK], True, id="polled"),
        pytest.param("loops", {}, [LOOK, LOOK], True, id="no-loop"),
        pytest.param("loops", {}, [LOOK] * 3, False, id="loop"),
        pytest.param("loops", {"max_rounds": 3}, [LOOK] * 3, True, id="three-rounds-are-forgiven"),
        pytest.param("recovery", {}, [FAIL, LOOK], True, id="recovered"),
        pytest.param("recovery", {}, [LOOK, FAIL], False, id="not-recovered"),
        pytest.param("recovery", {"max_attempts": 1}, [FAIL, FAIL, LOOK], False, id="too-many-attempts"),
        pytest.param("recovery", {"max_seconds": 1.5}, timed(FAIL, a_call("b"), LOOK), False, id="too-slow"),
        pytest.param("recovery", {"max_tokens": 10}, [FAIL, a_model_call(tokens=None), LOOK], None, id="tokens-unknown"),
        pytest.param("parallelism", {}, [], None, id="no-call"),
        pytest.param("parallelism", {}, [LOOK, a_call("b")], None, id="no-times"),
        pytest.param("parallelism", {}, PRICES, False, id="one-after-the-other"),
        pytest.param("parallelism", {"max_missed": 0.5}, PRICES, True, id="half-is-allowed"),
        pytest.param("parallelism", {"max_turns": 0}, PRICES, False, id="a-turn-too-many"),
        pytest.param("unsourced-arguments", {}, [a_call("price", {"s": "AAA"})], True, id="from-the-user"),
        pytest.param("unsourced-arguments", {}, [a_call("price", {"s": "ZZZ"})], False, id="invented"),
        pytest.param("unsourced-arguments", {"allow": ["Z*"]}, [a_call("price", {"s": "ZZZ"})], True, id="allowed"),
        pytest.param("unsourced-arguments", {"ignore": ["s"]}, [a_call("price", {"s": "ZZZ"})], True, id="ignored"),
        pytest.param("unsourced-arguments", {"kinds": ["number"]}, [a_call("pay", {"n": 123.4})], False, id="number"),
        pytest.param("routing", {"expected": "desk"}, [TO_DESK], True, id="right-agent"),
        pytest.param("routing", {"expected": ["shop", "desk"]}, [TO_DESK], False, id="wrong-first"),
        pytest.param("routing", {"expected": "desk", "delegates": ["ask_*"]}, [a_call("ask_desk", {}, 1)], True, id="tool"),
        pytest.param("routing", {"expected": "desk", "delegates": ["ask_*"]}, [TO_DESK, a_call("ask_shop", {}, 1)], False, id="wrong-too"),
        pytest.param("routing", {}, [TO_DESK], None, id="nothing-expected"),
        pytest.param("wall-split", {"max_share": {"failed": 0.5}}, timed(FAIL, LOOK), True, id="within"),
        pytest.param("wall-split", {"max_share": {"failed": 0.4}}, timed(FAIL, LOOK), False, id="share"),
        pytest.param("wall-split", {"max_seconds": {"failed": 0.5}}, timed(FAIL, LOOK), False, id="seconds"),
        pytest.param("wall-split", {"max_seconds": {"failed": 0.5}}, [LOOK], None, id="without-times"),
    ],
)  # fmt: skip
def test_courses(name, params, steps, passed):
    finding = conclude(a_check(f"trajectory:{name}", **params), a_subject("ok", case=ASK, steps=steps))

    assert finding.passed is passed
    assert finding.reason
    assert finding.passed is not False or finding.evidence


def test_the_route_of_the_reference_is_expected_by_default():
    case = a_case(reference=Reference(route=("desk",)))

    assert conclude(a_check("trajectory:routing"), a_subject(case=case, steps=[TO_DESK])).passed is True


def test_the_parts_of_the_time_are_told():
    finding = conclude(
        a_check("trajectory:wall-split", max_share={"failed": 1}), a_subject(case=ASK, steps=timed(FAIL, LOOK))
    )

    assert (
        finding.reason
        == "2.00 s = critical path 1.00, serialisation 0.00, redundant 0.00, failed 1.00, model idle 0.00"
    )


def test_a_split_without_a_limit_is_refused():
    with pytest.raises(MisfitsError):
        build(a_check("trajectory:wall-split"))
