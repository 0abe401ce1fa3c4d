"""What the checks on the course of a trial count."""

from __future__ import annotations

import pytest
from builders import a_call, a_check, a_model_call, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError

PRICE = {"symbol": "VTI"}


@pytest.mark.parametrize(
    ("params", "passed"),
    [
        pytest.param({"max": 4}, True, id="all-kinds"),
        pytest.param({"max": 3}, False, id="too-many"),
        pytest.param({"type": "tool", "min": 2, "max": 2}, True, id="tools"),
        pytest.param({"type": "llm", "max": 1}, False, id="models"),
        pytest.param({"pattern": "get_*", "max": 1}, True, id="pattern"),
        pytest.param({"type": "handoff", "min": 1}, False, id="too-few"),
    ],
)
def test_step_count(params, passed):
    steps = [a_model_call(), a_call("get_price"), a_model_call(), a_call("sell")]

    assert conclude(a_check("trajectory:step-count", **params), a_subject(steps=steps)).passed is passed


@pytest.mark.parametrize("params", [{}, {"type": "tool"}, {"min": 3, "max": 2}, {"type": "tools", "max": 1}])
def test_step_counts_that_can_never_work_are_refused(params):
    with pytest.raises(MisfitsError):
        build(a_check("trajectory:step-count", **params))


@pytest.mark.parametrize(
    ("steps", "params", "passed"),
    [
        pytest.param([a_call("get", PRICE, 1), a_call("get", PRICE, 1)], {}, False, id="repeated"),
        pytest.param([a_call("get", PRICE, 1), a_call("get", PRICE, 2)], {}, True, id="another-result"),
        pytest.param([a_call("get", PRICE, 1), a_call("get", {"symbol": "BND"}, 1)], {}, True, id="another-argument"),
        pytest.param([a_call("get", {"n": 5}, 1), a_call("get", {"n": 5.0}, 1)], {}, False, id="same-number"),
        pytest.param([a_call("get", PRICE, error="x"), a_call("get", PRICE, 1)], {}, True, id="retry"),
        pytest.param([a_call("get", PRICE, 1), a_call("place_order"), a_call("get", PRICE, 1)], {}, True, id="traded"),
        pytest.param([a_call("get", PRICE, 1), a_call("tick"), a_call("get", PRICE, 1)], {}, False, id="unknown-tool"),
        pytest.param(
            [a_call("get", PRICE, 1), a_call("tick"), a_call("get", PRICE, 1)], {"mutates": ["tick"]}, True, id="mutates"
        ),
        pytest.param([a_call("status", {}, 1), a_call("status", {}, 1)], {"ignore": ["stat*"]}, True, id="poll"),
        pytest.param([a_call("place_order", PRICE, 1), a_call("place_order", PRICE, 1)], {}, False, id="order-twice"),
        pytest.param([], {}, True, id="nothing"),
    ],
)  # fmt: skip
def test_no_repeated_calls(steps, params, passed):
    finding = conclude(a_check("trajectory:no-repeated-calls", **params), a_subject(steps=steps))

    assert finding.passed is passed


@pytest.mark.parametrize(
    ("steps", "errors", "params", "passed"),
    [
        pytest.param([a_call(), a_model_call()], (), {}, True, id="clean"),
        pytest.param([a_call(error="boom"), a_call()], (), {}, False, id="failed"),
        pytest.param([a_call(error="boom"), a_call()], (), {"recovered": True}, True, id="recovered"),
        pytest.param([a_call(), a_call(error="boom")], (), {"recovered": True}, False, id="not-recovered"),
        pytest.param([a_call(status="unfinished")], (), {}, False, id="unfinished"),
        pytest.param([], ("broken pipe",), {}, False, id="reported"),
    ],
)
def test_error_free(steps, errors, params, passed):
    finding = conclude(a_check("trajectory:error-free", **params), a_subject(steps=steps, errors=errors))

    assert finding.passed is passed


def test_a_repeat_is_told_with_both_steps():
    steps = [a_call("get_price", PRICE, 1), a_call("get_price", PRICE, 1)]

    finding = conclude(a_check("no-repeated-calls"), a_subject(steps=steps))

    assert finding.reason == 'get_price{"symbol":"VTI"} in s2 repeats s1 with the same result'
    assert [item.step for item in finding.evidence] == ["s2"]


def test_an_error_is_told_with_its_step():
    finding = conclude(a_check("error-free"), a_subject(steps=[a_call("news", error="timeout")]))

    assert finding.reason == "1 error: s1 (news): timeout"
