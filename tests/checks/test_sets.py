"""How checks join into one, and what stays open."""

from __future__ import annotations

import asyncio

import pytest
from builders import a_check, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError

YES, NO = {"type": "contains", "value": "a"}, {"type": "contains", "value": "z"}
OPEN = {"type": "ttft", "max_ms": 1}


def a_set(*members, **params):
    return a_check("assert-set", **{"assert": list(members), **params})


@pytest.mark.parametrize(
    ("members", "params", "passed"),
    [
        pytest.param([YES, YES], {}, True, id="all"),
        pytest.param([YES, NO], {}, False, id="all-but-one"),
        pytest.param([YES, OPEN], {}, None, id="all-open"),
        pytest.param([NO, OPEN], {}, False, id="all-failed-whatever-is-open"),
        pytest.param([YES, {**NO, "severity": "minor"}], {}, True, id="all-minor"),
        pytest.param([{**NO, "severity": "minor"}], {}, False, id="all-of-minor-ones"),
        pytest.param([{**OPEN, "severity": "minor"}], {}, None, id="all-of-minor-open-ones"),
        pytest.param([NO, YES], {"mode": "any"}, True, id="any"),
        pytest.param([NO, NO], {"mode": "any"}, False, id="any-none"),
        pytest.param([NO, OPEN], {"mode": "any"}, None, id="any-open"),
        pytest.param([YES, OPEN], {"mode": "any"}, True, id="any-whatever-is-open"),
        pytest.param([YES, NO], {"threshold": 0.5}, True, id="weighted"),
        pytest.param([{**YES, "weight": 1}, {**NO, "weight": 3}], {"threshold": 0.5}, False, id="weighted-by-weight"),
        pytest.param([YES, OPEN], {"threshold": 0.5}, True, id="weighted-whatever-is-open"),
        pytest.param([YES, OPEN], {"threshold": 0.6}, None, id="weighted-open"),
        pytest.param([NO, OPEN], {"threshold": 0.6}, False, id="weighted-out-of-reach"),
        pytest.param(
            [YES, YES, {**NO, "severity": "blocker"}], {"threshold": 0.5}, False, id="blocker-is-not-averaged"
        ),
        pytest.param([{"type": "not-contains", "value": "z"}], {}, True, id="negated-member"),
        pytest.param([{"type": "not-ttft", "max_ms": 1}], {}, None, id="negated-open-member"),
        pytest.param([{"type": "assert-set", "assert": [YES], "mode": "any"}], {}, True, id="nested"),
        pytest.param(["contains", {"contains": "a"}][1:], {}, True, id="short-form"),
    ],
)
def test_sets(members, params, passed):
    finding = conclude(a_set(*members, **params), a_subject("abc"))

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    ("members", "params", "path"),
    [
        pytest.param([], {}, ("assert",), id="empty"),
        pytest.param([YES], {"mode": "weighted"}, ("mode",), id="weighted-without-threshold"),
        pytest.param([YES], {"mode": "any", "threshold": 0.5}, ("threshold",), id="threshold-without-weights"),
        pytest.param([{**YES, "weight": 0}], {"threshold": 0.5}, ("assert",), id="weightless"),
        pytest.param([YES, {"type": "contains", "valeu": "a"}], {}, ("assert", 1, "valeu"), id="misspelt-parameter"),
        pytest.param([YES, {"type": "contians", "value": "a"}], {}, ("assert", 1), id="misspelt-kind"),
        pytest.param([YES], {"modus": "any"}, ("modus",), id="misspelt"),
    ],
)
def test_sets_that_can_never_work_are_refused_with_their_place(members, params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_set(*members, **params))

    assert path in [misfit.path for misfit in caught.value.misfits]


def test_sets_in_sets_have_a_limit():
    nested = YES
    for _ in range(7):
        nested = {"type": "assert-set", "assert": [nested]}

    with pytest.raises(MisfitsError, match="nested deeper"):
        build(a_check("assert-set", **{"assert": [nested]}))


def test_the_reasons_of_what_failed_are_told():
    finding = conclude(a_set(YES, NO), a_subject("abc"))

    assert finding.reason == "1 of 2 checks held (all): contains: the answer 'abc' does not have 'z'"
    assert [item["passed"] for item in finding.actual] == [True, False]


def test_a_broken_member_is_undecided_and_hides_no_failure(tmp_path):
    broken = {"type": "python", "value": "checks/none.py:f"}

    alone = conclude(a_set(YES, broken), a_subject("abc", root=tmp_path))
    with_failure = conclude(a_set(NO, broken), a_subject("abc", root=tmp_path))

    assert (alone.passed, with_failure.passed) == (None, False)
    assert alone.labels == {"broken": "python"}


def test_members_that_must_wait_are_waited_for(tmp_path):
    (tmp_path / "late.py").write_text("async def late(output):\n    return 'a' in output\n")
    check = build(a_set(YES, {"type": "python", "value": "late.py:late"}))

    finding = asyncio.run(check.conclude(a_subject("abc", root=tmp_path)))

    assert finding.passed is True
