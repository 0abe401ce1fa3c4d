"""What makes two calls the same, and which tools change something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.steps.calls import canonical_call, changes_state, looks_only, may_write


@pytest.mark.parametrize(
    ("name", "looks", "changes"),
    [
        ("get_portfolio", True, False),
        ("searchNews", True, False),
        ("list-orders", True, False),
        ("think", True, False),
        ("transfer_to_human", True, False),
        ("place_order", False, True),
        ("cancelOrder", False, True),
        ("update_job", False, True),
        ("portfolio_metrics", False, False),
        ("", False, False),
    ],
)
def test_names_say_what_a_tool_does(name, looks, changes):
    assert (looks_only(name), changes_state(name)) == (looks, changes)


def test_a_list_of_tools_replaces_the_guess():
    assert changes_state("tick", ["tick"])
    assert not changes_state("place_order", ["tick"])
    assert may_write("portfolio_metrics")
    assert not may_write("portfolio_metrics", ["place_*"])


def test_the_order_of_arguments_and_the_form_of_a_number_do_not_count():
    assert canonical_call("a", {"x": 1.0, "y": [2]}) == canonical_call("a", {"y": [2.0], "x": 1})
    assert canonical_call("a", {"x": 1}) != canonical_call("a", {"x": True})
    assert canonical_call("a", {"x": 1}) != canonical_call("b", {"x": 1})


@given(
    st.dictionaries(st.text(max_size=3), st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=4)
)
def test_a_call_is_the_same_as_itself_reordered(args):
    assert canonical_call("a", args) == canonical_call("a", dict(reversed(args.items())))


def test_json_in_a_text_is_compared_as_json_and_is_no_data():
    left, right = {"x": '{"a": 1, "b": [2]}'}, {"x": '{"b":[2],"a":1.0}'}

    assert canonical_call("f", left) == canonical_call("f", right)
    assert canonical_call("f", left) != canonical_call("f", {"x": {"a": 1, "b": [2]}})
    assert canonical_call("f", {"x": "{broken}"}) != canonical_call("f", {"x": "{ broken}"})


def test_numbers_without_a_json_form_and_deep_data_can_be_compared():
    deep = [1]
    for _ in range(1000):
        deep = [deep]

    assert canonical_call("f", {"x": float("nan"), "y": deep}) == canonical_call("f", {"y": deep, "x": float("nan")})
