"""What the checks on tool calls accept, refuse and say."""

from __future__ import annotations

import pytest
from builders import a_call, a_check, a_subject, conclude
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.matchers import matcher
from harness.registry import build
from harness.shape import MisfitsError

STEPS = (
    a_call("get_portfolio", {"id": "P01"}, {"VTI": 10}),
    a_call("get_price", {"symbol": "VTI", "currency": "USD"}, 250.5),
    a_call("get_price", {"symbol": "BND"}, error="timeout"),
    a_call("place_order", {"symbol": "VTI", "amount": 1200.0, "meta": {"tags": ["a", "b"]}}, {"ok": True}),
)
TRADE = {"name": "place_order"}


@pytest.mark.parametrize(
    ("kind", "params", "passed"),
    [
        pytest.param("tool-used", {"name": "get_price"}, True, id="used"),
        pytest.param("tool-used", {"value": "get_*", "min": 3}, True, id="used-pattern"),
        pytest.param("tool-used", {"value": ["get_price", "place_order"]}, True, id="used-several"),
        pytest.param("tool-used", {"value": ["get_price", "sell"]}, False, id="used-not-all"),
        pytest.param("tool-used", {"name": "get_price", "min": 2, "successful": True}, False, id="used-successfully"),
        pytest.param("tool-used", {"name": "place_order", "max": 0}, False, id="used-though-forbidden"),
        pytest.param("tool-used", {"name": "sell", "max": 0}, True, id="not-used-as-asked"),
        pytest.param("tool-used", {"name": "get_price", "max": 1}, False, id="used-too-often"),
        pytest.param("tool-args-match", {"name": "get_price", "args": {"symbol": "BND"}}, True, id="args"),
        pytest.param("tool-args-match", {"name": "get_price", "args": {"symbol": "GLD"}}, False, id="args-other"),
        pytest.param("tool-args-match", {"name": "sell", "args": {"symbol": "GLD"}}, False, id="args-never-called"),
        pytest.param(
            "tool-args-match",
            {"name": "get_price", "args": {"symbol": "VTI"}, "mode": "exact"},
            False,
            id="exact-extra",
        ),
        pytest.param(
            "tool-args-match",
            {"name": "get_price", "args": {"symbol": "VTI"}, "mode": "exact", "ignore": ["currency"]},
            True,
            id="exact-ignored",
        ),
        pytest.param(
            "tool-args-match",
            {"name": "get_price", "args": {"symbol": "BND", "currency": "USD"}, "defaults": {"currency": "USD"}},
            True,
            id="defaults",
        ),
        pytest.param("tool-args-match", {**TRADE, "args": {"amount": 1200}}, True, id="number-forms"),
        pytest.param("tool-args-match", {**TRADE, "args": {"amount": {"number": "$1,200"}}}, True, id="money"),
        pytest.param(
            "tool-args-match", {**TRADE, "args": {"amount": {"number": 1190, "tolerance": 5}}}, False, id="tolerance"
        ),
        pytest.param("tool-args-match", {**TRADE, "args": {"symbol": {"regex": "^V"}}}, True, id="regex"),
        pytest.param("tool-args-match", {**TRADE, "args": {"symbol": {"one_of": ["VTI", "X"]}}}, True, id="one-of"),
        pytest.param("tool-args-match", {**TRADE, "args": {"meta": {"any": True}}}, True, id="any"),
        pytest.param("tool-args-match", {**TRADE, "args": {"limit": {"any": True}}}, False, id="any-but-missing"),
        pytest.param("tool-args-match", {**TRADE, "args": {"meta": {"tags": ["a", {"any": True}]}}}, True, id="nested"),
        pytest.param("tool-args-match", {**TRADE, "args": {"meta": {"tags": {"contains": "b"}}}}, True, id="contains"),
        pytest.param("tool-sequence", {"steps": ["get_portfolio", "place_order"]}, True, id="in-order"),
        pytest.param("tool-sequence", {"steps": ["place_order", "get_portfolio"]}, False, id="wrong-order"),
        pytest.param(
            "tool-sequence", {"steps": ["place_order", "get_portfolio"], "mode": "any_order"}, True, id="any-order"
        ),
        pytest.param(
            "tool-sequence",
            {"steps": ["get_portfolio", "get_price", "get_price", "place_order"], "mode": "exact"},
            True,
            id="exact-order",
        ),
        pytest.param("tool-sequence", {"steps": ["get_portfolio"], "mode": "exact"}, False, id="exact-order-more"),
        pytest.param(
            "tool-sequence",
            {"steps": [{"name": "get_price", "args": {"symbol": "BND"}}, "place_order"]},
            True,
            id="order-with-args",
        ),
        pytest.param(
            "tool-sequence",
            {"steps": ["get_*", {"name": "get_portfolio"}], "mode": "any_order"},
            True,
            id="any-order-is-not-greedy",
        ),
        pytest.param("tool-sequence", {"steps": ["sell"], "mode": "any_order"}, False, id="any-order-missing"),
    ],
)
def test_calls(kind, params, passed):
    finding = conclude(a_check(f"trajectory:{kind}", **params), a_subject(steps=STEPS))

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    ("kind", "params", "path"),
    [
        pytest.param("tool-used", {"min": 1}, ("name",), id="no-tool"),
        pytest.param("tool-used", {"name": "a", "value": "b"}, ("name",), id="two-tools"),
        pytest.param("tool-used", {"name": "a", "min": 2, "max": 1}, ("min",), id="range"),
        pytest.param("tool-args-match", {"name": "a"}, (), id="no-args"),
        pytest.param("tool-args-match", {"name": "a", "args": {}}, ("args",), id="empty-args"),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": {"regex": "("}}}, ("args", "x", "regex"), id="regex"),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": {"one_of": []}}}, ("args", "x", "one_of"), id="one-of"),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": {"any": 1}}}, ("args", "x", "any"), id="any"),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": {"number": "?"}}}, ("args", "x", "number"), id="number"),
        pytest.param(
            "tool-args-match",
            {"name": "a", "args": {"x": [{"number": 1, "tolerance": -1}]}},
            ("args", "x", 0, "tolerance"),
            id="tolerance",
        ),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": 1}, "mode": "exactly"}, ("mode",), id="mode"),
        pytest.param("tool-args-match", {"name": "a", "args": {"x": 1}, "ignore": ["x"]}, ("ignore",), id="ignored"),
        pytest.param("tool-sequence", {"steps": []}, ("steps",), id="no-steps"),
        pytest.param(
            "tool-sequence", {"steps": [{"name": "a", "args": {"x": {"regex": "("}}}]}, ("steps", 0, "args", "x", "regex"),
            id="step-regex",
        ),
    ],
)  # fmt: skip
def test_parameters_that_can_never_work_are_refused_with_their_place(kind, params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check(f"trajectory:{kind}", **params))

    assert caught.value.misfits[0].path == path


def test_the_nearest_miss_is_told_with_its_step():
    check = a_check("trajectory:tool-args-match", name="place_order", args={"symbol": "VTI", "amount": 1000})

    finding = conclude(check, a_subject(steps=STEPS))

    assert finding.reason == "no call of place_order fits (1 call): in s4, amount is 1200.0, expected 1000"
    assert finding.evidence[0].step == "s4"


def test_a_tool_that_was_not_called_is_told_with_those_that_were():
    finding = conclude(a_check("trajectory:tool-used", name="sell"), a_subject(steps=STEPS))

    assert finding.reason == (
        "sell was never called, expected at least 1 (called: get_portfolio, get_price, place_order)"
    )


def test_a_broken_sequence_names_the_step_that_is_missing():
    check = a_check("trajectory:tool-sequence", steps=["get_portfolio", "place_order", "get_portfolio"])

    finding = conclude(check, a_subject(steps=STEPS))

    assert finding.reason.endswith("step 3 (get_portfolio) is missing")


def test_only_calls_of_the_turn_count():
    steps = [a_call("get_price", turn=0), a_call("sell", turn=1)]

    assert conclude(a_check("trajectory:tool-used", name="sell"), a_subject(steps=steps, turn=0)).passed is False


def test_a_literal_that_looks_like_a_matcher_can_be_written():
    fits = matcher({"literal": {"number": 1}}, ())

    assert fits({"number": 1}) is None
    assert fits(1) is not None


ARGS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)


@given(ARGS)
def test_arguments_match_themselves(args):
    assert matcher(args, ())(args) is None


@given(ARGS, ARGS)
def test_one_of_is_the_same_as_either(left, right):
    fits = matcher({"one_of": [left]}, ())

    assert (fits(right) is None) == (matcher(left, ())(right) is None)
