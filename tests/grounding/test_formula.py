"""Declared derivations: recomputed, their operands looked up, signs and units compared."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grounding import Facts, claims, compute, ground
from harness.quantities import parse

FACTS = Facts.of(
    [("s1", {"a": 44.1, "b": 56.7, "c": 19911, "d": 15916, "loss": -42271}), ("s2", "It paid 4.6% and then 4.5%.")]
)
NOTHING = Facts.of([])


@pytest.mark.parametrize(
    ("figure", "formula", "status"),
    [
        ("-22.22%", "(44.1 - 56.7) / 56.7", "declared"),
        ("-22.22%", "(44.1-56.7)/56.7 * 100", "declared"),
        ("-22.22%", "44.1/56.7 - 1", "declared"),
        ("22.22%", "(44.1 - 56.7) / 56.7", "contradicted"),
        ("-2222%", "(44.1 - 56.7) / 56.7", "contradicted"),
        ("-0.2222", "(44.1 - 56.7) / 56.7", "declared"),
        ("-22.32%", "(44.1 - 56.7) / 56.7", "contradicted"),
        ("$3,995", "19,911 − 15,916", "declared"),
        ("3,995 thousand", "19,911 - 15,916", "declared"),
        ("50.4", "mean(44.1, 56.7)", "declared"),
        ("50.4", "(44.1 + 56.7) / 2", "declared"),
        ("33.6", "(44.1 + 56.7) / 3", "ungrounded"),
        ("4.55%", "(4.6% + 4.5%) / 2", "declared"),
        ("455%", "(4.6% + 4.5%) / 2", "contradicted"),
        ("42,271", "0 - (-42,271)", "declared"),
        ("99", "44.1 + 54.9", "ungrounded"),
        ("24", "12 * 2", "ungrounded"),
        ("1", "44.1 / 0", "ungrounded"),
        ("1", "__import__('os')", "ungrounded"),
        ("1", "44.1 +", "ungrounded"),
    ],
)
def test_a_formula_is_computed_and_looked_up(figure, formula, status):
    answer = {"derivations": [{"figure": figure, "formula": formula}]}

    (found,) = ground(claims(answer), FACTS, user=NOTHING)

    assert found.status == status, found.note


def test_a_formula_holds_for_the_figure_wherever_it_is_stated():
    answer = {"text": "Other fell, by -22.22%.", "derivations": [{"figure": "-22.22%", "formula": "(44.1-56.7)/56.7"}]}

    found = ground(claims(answer), FACTS, user=NOTHING)

    assert [item.status for item in found] == ["declared", "declared"]
    assert [fact.path for fact in found[0].operands] == ["$.a", "$.b", "$.b"]


def test_what_a_formula_gives_is_told_when_it_is_not_the_figure():
    (found,) = ground(claims({"derivations": [{"figure": "4,000", "formula": "19911 - 15916"}]}), FACTS, user=NOTHING)

    assert found.note == "its formula gives 3995"


@given(st.text("0123456789.,+-*/()[]%$ meanx×÷−\u200f", max_size=60))
def test_any_text_is_computed_or_refused(formula):
    computed = compute(formula, FACTS)

    assert computed.problem or computed.term.value.is_finite()


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_sums_are_exact(one, other):
    facts = Facts.of([("s", [one, other])])

    computed = compute(f"{one:,} + {other:,}", facts)

    assert computed.missing == ()
    assert computed.term.constant or computed.term.value == Decimal(one + other)


@pytest.mark.parametrize("formula", ["(" * 1900, "-" * 1900, "1+" * 950, "((((1" * 300, "9" * 1999, "5 million " * 150])
def test_absurd_formulas_are_refused_quickly(formula):
    start = time.process_time()

    compute(formula, FACTS)

    assert time.process_time() - start < 1


def test_a_figure_agrees_only_in_its_own_unit():
    computed = compute("44.1 / 56.7", FACTS)

    assert computed.agrees(parse("77.78%"))
    assert computed.agrees(parse("0.7778"))
    assert not computed.agrees(parse("0.7778%"))
