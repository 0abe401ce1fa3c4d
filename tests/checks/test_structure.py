"""What the checks on JSON accept, refuse and say."""

from __future__ import annotations

import pytest
from builders import a_check, a_subject, conclude
from hypothesis import example, given
from hypothesis import strategies as st

from harness.checks.differences import differences
from harness.checks.equality import Comparison, same
from harness.registry import build
from harness.shape import MisfitsError

SCHEMA = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number", "minimum": 0}}}


@pytest.mark.parametrize(
    ("params", "answer", "passed"),
    [
        pytest.param({}, '{"a": 1}', True, id="json"),
        pytest.param({}, "[]", True, id="list"),
        pytest.param({}, "", False, id="empty"),
        pytest.param({}, "Here: {}", False, id="prose"),
        pytest.param({}, "```json\n{}\n```", False, id="fence"),
        pytest.param({}, '{"a": NaN}', False, id="nan"),
        pytest.param({}, '{"a": 1, "a": 2}', False, id="key-twice"),
        pytest.param({}, "[" * 100_000, False, id="deep"),
        pytest.param({"schema": SCHEMA}, '{"total": 5}', True, id="schema"),
        pytest.param({"value": SCHEMA}, '{"total": -5}', False, id="schema-broken"),
        pytest.param({"schema": SCHEMA}, "{}", False, id="schema-missing"),
        pytest.param({"schema": {"pattern": "^U"}}, '"US"', True, id="pattern"),
        pytest.param({"schema": {"pattern": "^U"}}, '"DE"', False, id="pattern-broken"),
        pytest.param({"schema": {"$ref": "#/$defs/n", "$defs": {"n": {"type": "null"}}}}, "null", True, id="local-ref"),
    ],
)
def test_is_json(params, answer, passed):
    finding = conclude(a_check("is-json", **params), a_subject(answer))

    assert finding.passed is passed


def test_the_agent_s_own_json_form_goes_before_its_text():
    finding = conclude(a_check("is-json", schema=SCHEMA), a_subject("# A report", structured={"total": 1}))

    assert finding.passed is True


def test_a_schema_pattern_that_backtracks_is_undecided():
    check = a_check("is-json", schema={"pattern": "^(a|aa)+$"})

    assert conclude(check, a_subject('"' + "a" * 5000 + 'c"')).passed is None


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        pytest.param({"type": "objekt"}, ("schema", "type"), id="no-schema"),
        pytest.param({"$ref": "https://example.com/s.json"}, ("schema", "$ref"), id="remote"),
        pytest.param({"properties": {"a": {"$ref": "file:///x"}}}, ("schema", "properties", "a", "$ref"), id="file"),
        pytest.param({"$ref": "#/$defs/none"}, ("schema",), id="dangling"),
        pytest.param({"$ref": "#"}, ("schema",), id="endless"),
        pytest.param({"pattern": "(a"}, ("schema", "pattern"), id="pattern"),
        pytest.param({"enum": ["x" * 70_000]}, ("schema",), id="large"),
    ],
)
def test_schemas_that_can_never_work_are_refused_at_load_with_their_place(schema, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check("is-json", schema=schema))

    assert caught.value.misfits[0].path == path


def test_a_schema_nested_without_end_is_refused():
    schema: dict = {}
    for _ in range(60):
        schema = {"not": schema}

    with pytest.raises(MisfitsError, match="nested deeper"):
        build(a_check("is-json", schema=schema))


def test_two_names_of_one_parameter_are_refused():
    with pytest.raises(MisfitsError, match="same parameter"):
        build(a_check("is-json", schema=SCHEMA, value=SCHEMA))


@pytest.mark.parametrize(
    ("params", "structured", "passed"),
    [
        pytest.param({"expected": {"a": 1}}, {"a": 1.0}, True, id="same"),
        pytest.param({"expected": {"a": 1}}, {"a": True}, False, id="true-is-not-1"),
        pytest.param({"expected": {"a": 1}}, {"a": 1, "b": 2}, False, id="extra"),
        pytest.param({"expected": {"a": 1}, "ignore": ["$.b"]}, {"a": 1, "b": 2}, True, id="extra-ignored"),
        pytest.param({"expected": {"a": 1, "b": 2}}, {"a": 1}, False, id="missing"),
        pytest.param({"expected": [{"i": 1}], "ignore": ["$[*].i"]}, [{"i": 9}], True, id="ignored-in-rows"),
        pytest.param({"expected": {"a": 0.3}, "tolerance": 0.2}, {"a": 0.1}, True, id="at-the-tolerance"),
        pytest.param({"expected": {"a": 1}, "tolerance": 0.2}, {"a": 1.3}, False, id="beyond-the-tolerance"),
        pytest.param({"expected": [1, 2, 2]}, [2, 1, 2], False, id="order"),
        pytest.param({"expected": [1, 2, 2], "ignore_order": True}, [2, 1, 2], True, id="order-ignored"),
        pytest.param({"expected": [1, 2, 2], "ignore_order": True}, [2, 1, 1], False, id="bag"),
        pytest.param({"expected": 5, "path": "$.a.b"}, {"a": {"b": 5}}, True, id="path"),
        pytest.param({"expected": 5, "path": "$.a.c"}, {"a": {"b": 5}}, False, id="path-missing"),
    ],
)
def test_diff(params, structured, passed):
    finding = conclude(a_check("diff", **params), a_subject(structured=structured))

    assert finding.passed is passed


def test_diff_names_every_place_that_differs():
    finding = conclude(a_check("diff", expected={"a": [1, 2], "b": "x"}), a_subject(structured={"a": [1], "c": 3}))

    assert (
        finding.reason
        == "3 differences: $.a[1] is missing (expected 2); $.b is missing (expected 'x'); $.c is not expected (3)"
    )
    assert [item.path for item in finding.evidence] == ["$.a[1]", "$.b", "$.c"]


def test_diff_of_an_unreadable_answer_fails_under_not_too():
    finding = conclude(a_check("diff", expected={}), a_subject("sorry"))

    assert (finding.passed, finding.negatable) == (False, False)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        pytest.param({"expected": None}, "expected", id="nothing"),
        pytest.param({"expected": 1, "ignore": ["$"]}, "ignore", id="ignore-all"),
        pytest.param({"expected": 1, "path": "$[*]"}, "path", id="many-places"),
        pytest.param({"expected": 1, "tolerance": -1}, "tolerance", id="negative"),
    ],
)
def test_diff_parameters_that_can_never_work_are_refused(params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check("diff", **params))

    assert caught.value.misfits[0].path[0] == path


def test_lists_of_absurd_length_are_not_compared_without_order():
    check = a_check("diff", expected=list(range(2000)), ignore_order=True)

    with pytest.raises(ValueError, match="too long to compare"):
        conclude(check, a_subject(structured=list(range(2000))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_difference_means_equal_and_the_other_way_round(left, right):
    assert Comparison().agree(left, right) == same(left, right)


@given(JSON, JSON, st.booleans(), st.sampled_from([0.0, 0.5, 3.0]))
def test_deepdiff_finds_a_place_exactly_where_our_rules_see_a_difference(left, right, ignore_order, tolerance):
    compare = Comparison(tolerance, ignore_order)

    if not compare.agree(left, right):
        assert differences(left, right, compare)


@pytest.mark.parametrize(
    ("left", "right"), [(5, float("inf")), (float("inf"), float("-inf")), (10**400, 1.5), (10**400, 7)]
)
def test_numbers_without_bound_are_near_to_nothing_else(left, right):
    compare = Comparison(tolerance=0.5)

    assert not compare.agree(left, right)
    assert not compare.agree(right, left)
    assert compare.agree(left, left)


@given(JSON)
def test_a_value_never_differs_from_itself_even_as_a_bag(item):
    assert Comparison(ignore_order=True).agree(item, item)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 10))
@example(0.5, -5.296812032298356e-13, 0.5)
def test_tolerance_is_symmetric_and_holds_what_it_says(left, right, tolerance):
    compare = Comparison(tolerance=tolerance)
    equal = compare.agree(left, right)

    assert equal == compare.agree(right, left)
    assert equal == (abs(left - right) <= tolerance) or abs(abs(left - right) - tolerance) < 1e-5
