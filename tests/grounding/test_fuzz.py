"""Nothing that an answer or a source may hold breaks grounding; the nightly profile asks ten thousand times."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nasty import DATA, GRIDS, SPACED, TEXT, nested

from harness.grounding import STATUSES, Facts, claims, compute, ground
from harness.grounding.words import ordered, periods, words
from harness.guardrails import check_numbers

NOTHING = Facts.of([])


@given(TEXT | SPACED | DATA, DATA | GRIDS | TEXT)
def test_any_answer_over_any_source_has_a_status_for_each_figure(answer, source):
    stated = claims(answer)
    found = ground(stated, Facts.of([("s1", source)]), user=NOTHING, context="total change of VTI in 2024")

    assert len(found) == len(stated)
    assert all(item.status in STATUSES for item in found)


@given(SPACED)
def test_spans_of_figures_are_where_the_text_has_them(text):
    for claim in claims(text):
        assert text[claim.figure.start : claim.figure.end] == claim.text


@given(GRIDS)
@example([[False], [Decimal("sNaN")], ["1,234.56"]])
def test_any_table_is_read_and_the_facts_stay_sorted(rows):
    facts = Facts.of([("table", rows)])

    assert list(facts.values) == sorted(facts.values)
    assert len(facts.in_order) == len(facts.facts)


@given(TEXT | SPACED, DATA, TEXT)
def test_any_formula_is_computed_or_says_why_not(formula, source, context):
    computed = compute(formula, Facts.of([("s1", source)]), context=context)

    assert computed.problem or computed.operands or computed.missing


@given(st.lists(st.fixed_dictionaries({"figure": TEXT | st.floats(), "formula": TEXT}), max_size=4), DATA)
def test_any_derivations_are_judged(derivations, source):
    report = check_numbers({"derivations": derivations}, {"s1": source})

    assert "the guardrail failed" not in report.problem


@given(DATA, DATA, TEXT)
def test_the_guardrail_never_fails_itself(answer, source, question):
    report = check_numbers(answer, {"s1": source}, question=question)

    assert "the guardrail failed" not in report.problem
    assert report.as_json()["ok"] is report.ok


@given(TEXT)
def test_names_and_periods_of_any_text_are_read(text):
    assert words(text) <= frozenset(ordered(text))
    assert all(period == period.lower() for period in periods(text))


@pytest.mark.parametrize("key", ["in", None])
def test_data_a_thousand_deep_are_cut_and_said_to_be(key):
    report = check_numbers("It is worth $812.55.", {"deep": nested(1_000, key=key), "near": {"price": 812.55}})
    inside = check_numbers(nested(1_000, key=key), {"near": {"price": 812.55}})

    assert report.ok
    assert not report.complete
    assert any("too large" in reason for reason in report.reasons())
    assert "the guardrail failed" not in inside.problem


@pytest.mark.parametrize("unit", ["VTI $1.2M ", "\u200f5\u202e%"])
def test_ten_megabytes_are_cut_and_said_to_be(unit):
    report = check_numbers(
        "It is worth $812.55.", {"huge": unit * (10_000_000 // len(unit)), "near": {"price": 812.55}}
    )

    assert report.ok
    assert not report.complete


def test_an_answer_of_ten_megabytes_is_refused_by_length():
    report = check_numbers("It is worth $812.55. " * 500_000, {"near": {"price": 812.55}})

    assert not report.ok
    assert "too long" in report.problem
