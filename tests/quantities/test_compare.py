"""Agreement: printed precision, signs, units, tolerances."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.quantities import Quantity, Rule, agrees, of, parse


@pytest.mark.parametrize(
    ("expected", "actual", "rule"),
    [
        ("71.95%", "72%", Rule.ROUNDED),
        ("72%", "71.95%", Rule.ROUNDED),
        ("$99,437.50", "about $99 thousand", Rule.ROUNDED),
        ("$99,437.50", "about $99,000", Rule.BOUND),
        ("$99,437.50", "over $99,000", Rule.BOUND),
        ("$99,437.50", "under $100,000", Rule.BOUND),
        ("62%", "0.62", Rule.UNIT_CONVERTED),
        (0.62, "62%", Rule.UNIT_CONVERTED),
        ("62", "62%", Rule.UNIT_OMITTED),
        ("35 bps", "0.35%", Rule.UNIT_CONVERTED),
        ("0.5pp", "50 bps", Rule.UNIT_CONVERTED),
        ("150%", "1.5x", Rule.UNIT_CONVERTED),
        ("24 months", "2 years", Rule.UNIT_CONVERTED),
        ("$1,200", "1200", Rule.UNIT_OMITTED),
        (1200, "$1.2k", Rule.UNIT_OMITTED),
        ("$890M", "$890,000,000", Rule.EXACT),
        (-500, "(500)", Rule.EXACT),
        ("1234", "1.234", Rule.OTHER_READING),
    ],
)
def test_figures_that_say_the_same(expected: float | str, actual: str, rule: Rule) -> None:
    agreement = agrees(expected, actual)

    assert agreement, agreement.reason
    assert agreement.rule is rule


@pytest.mark.parametrize(
    ("expected", "actual", "rule"),
    [
        ("71.95%", "71%", Rule.DIFFERENT_VALUE),
        ("14.2%", "14.8%", Rule.DIFFERENT_VALUE),
        ("$5,000", "$50,000", Rule.DIFFERENT_VALUE),
        ("$5", "€5", Rule.DIFFERENT_CURRENCY),
        ("$5", "5%", Rule.DIFFERENT_UNIT),
        ("5 years", "5 days", Rule.DIFFERENT_UNIT),
        ("12 contracts", "12 accounts", Rule.DIFFERENT_UNIT),
        ("$500", "-$500", Rule.DIFFERENT_SIGN),
        ("-0.0637", "6.3699", Rule.DIFFERENT_SIGN),
        ("0.35%", "0.35", Rule.DIFFERENT_VALUE),
        ("150%", "1.5", Rule.DIFFERENT_VALUE),
        ("over 5%", "under 5%", Rule.DIFFERENT_VALUE),
        ("$99,437.50", "over $110,000", Rule.DIFFERENT_VALUE),
        (5, "5.4%", Rule.DIFFERENT_VALUE),
    ],
)
def test_figures_that_do_not(expected: float | str, actual: str, rule: Rule) -> None:
    agreement = agrees(expected, actual)

    assert not agreement
    assert agreement.rule is rule


def test_three_ways_to_write_one_loss_agree() -> None:
    losses = ["-$500", "($500)", "−$500", "-500", "(500)", "−500"]

    assert all(agrees(one, other) for one in losses for other in losses)


def test_the_reason_names_both_figures_and_the_gap() -> None:
    reason = agrees("$1,000", "$1,002").reason

    assert reason == "$1,002 differs from $1,000 by 2, more than half a unit of the last printed digit (0.5)"


def test_an_explicit_tolerance_takes_the_place_of_precision() -> None:
    assert agrees(100, "101.5", absolute=2)
    assert agrees(100, "101.5", relative=0.02)
    assert not agrees("72%", "71.95%", absolute=0)
    assert agrees(Decimal("0.001"), "-0.001", absolute=1)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "NaN", "", "about"])
def test_what_is_no_quantity_is_refused(bad: float | str) -> None:
    with pytest.raises(ValueError, match="quantity|finite"):
        agrees(1, bad)


@pytest.mark.parametrize("bad", [True, None, [1]])
def test_other_types_are_refused(bad: object) -> None:
    with pytest.raises(TypeError, match="is not a number"):
        of(bad)


@pytest.mark.parametrize("bad", [-1, math.nan])
def test_a_senseless_tolerance_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="tolerance|finite"):
        agrees(1, 1, absolute=bad)


def test_floating_point_noise_is_no_difference() -> None:
    assert agrees(0.1 + 0.2, 0.3)
    assert not agrees(0.3001, 0.3)


NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@given(NUMBERS, st.integers(0, 4))
def test_a_rounded_figure_agrees_with_its_source(value: Decimal, places: int) -> None:
    rounded = parse(f"{value:.{places}f}")

    assert rounded is not None
    assert agrees(of(value), rounded)


@given(NUMBERS, NUMBERS)
def test_agreement_is_symmetric(one: Decimal, other: Decimal) -> None:
    first, second = Quantity(one, step=Decimal("0.1")), Quantity(other, step=Decimal(1))

    assert bool(agrees(first, second)) is bool(agrees(second, first))
