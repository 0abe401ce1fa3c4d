"""Where the figures of an answer are found, and when they are not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grounding import STATUSES, Facts, claims, ground

SOURCES = [
    ("s1", {"rows": [{"symbol": "VTI", "value": 8412.55}, {"symbol": "BND", "value": 3928.95}], "change": -0.0341}),
    ("s2", {"note": "The fund charges 35 bps and yields 4.25 %.", "beta": 1.12}),
]
FACTS = Facts.of(SOURCES)
USER = Facts.of([("input", "I have $50,000 and 12 years.")])


@pytest.mark.parametrize(
    ("text", "status", "where"),
    [
        pytest.param("worth $8,412.55", "verbatim", ("s1", "$.rows[0].value"), id="literal"),
        pytest.param("worth $8.41k", "rounded", ("s1", "$.rows[0].value"), id="rounded"),
        pytest.param("worth $8.42k", "ungrounded", None, id="rounded-wrongly"),
        pytest.param("worth $8k", "not_checkable", ("s1", "$.rows[0].value"), id="too-coarse"),
        pytest.param("together $12,341.50", "verbatim", ("s1", "$.rows[*].value"), id="total"),
        pytest.param("it fell by 3.41%", "unit_converted", ("s1", "$.change"), id="fall-without-sign"),
        pytest.param("it gained 3.41%", "ungrounded", None, id="sign-turned"),
        pytest.param("a fee of 0.35%", "unit_converted", ("s2", "$.note"), id="bps-as-percent"),
        pytest.param("a fee of 35 bps", "verbatim", ("s2", "$.note"), id="from-a-text"),
        pytest.param("yields 4.25%", "verbatim", ("s2", "$.note"), id="percent-from-a-text"),
        pytest.param("costs $4.25", "ungrounded", None, id="another-unit"),
        pytest.param("your $50,000", "from_user", None, id="question"),
        pytest.param("worth $9,999", "ungrounded", None, id="invented"),
        pytest.param("a return of 47%", "ungrounded", None, id="invented-short"),
        pytest.param("in 3 steps", "not_checkable", None, id="small-count"),
    ],
)
def test_ground(text, status, where):
    (found,) = ground(claims(text), FACTS, user=USER)

    assert found.status == status
    assert (None if found.fact is None else (found.fact.source, found.fact.path)) == where


def test_structured_answers_are_read_number_by_number():
    found = ground(claims({"total": 12341.5, "rows": [{"v": 1.0}, {"note": "worth $9,999"}]}), FACTS, user=USER)

    assert [(item.claim.path, item.status) for item in found] == [
        ("$.total", "verbatim"),
        ("$.rows[0].v", "not_checkable"),
        ("$.rows[1].note", "ungrounded"),
    ]


def test_truth_values_and_text_in_a_column_make_no_total():
    facts = Facts.of([("s1", [{"n": 1, "ok": True}, {"n": "2", "ok": False}])])

    assert [(fact.path, fact.origin) for fact in facts.facts] == [("$[0].n", "value"), ("$[1].n", "text")]


def test_nothing_is_grounded_in_nothing():
    found = ground(claims("worth $8,412.55"), Facts.of([]), user=Facts.of([]))

    assert [item.status for item in found] == ["ungrounded"]


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), max_size=20), st.floats(-1e9, 1e9), st.floats(0, 1e6))
def test_between_finds_what_a_scan_of_all_facts_finds(numbers, low, width):
    facts = Facts.of([("s", number) for number in numbers])
    bottom, top = Decimal(low), Decimal(low) + Decimal(width)

    assert facts.between(bottom, top) == tuple(fact for fact in facts.facts if bottom <= fact.value <= top)


@given(st.text(max_size=80))
def test_any_text_gets_a_status_for_each_figure(text):
    assert all(item.status in STATUSES for item in ground(claims(text), FACTS, user=USER))


@given(st.decimals(1000, 10_000_000, places=2, allow_nan=False))
def test_a_number_quoted_exactly_is_grounded(number):
    facts = Facts.of([("s", {"v": float(number)})])

    (found,) = ground(claims(f"worth ${number:,.2f} today"), facts, user=Facts.of([]))

    assert found.status == "verbatim"
