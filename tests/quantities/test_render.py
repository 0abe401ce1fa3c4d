"""Writing a quantity and reading it again changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.quantities import STYLES, Bound, Kind, Quantity, parse, render, scan

CURRENCIES = ["USD", "EUR", "GBP", "JPY", "CHF", "INR", "AUD", "BTC", "SEK", "CNY", "BRL"]
UNITS = [(kind, None, None) for kind in (Kind.NUMBER, Kind.PERCENT, Kind.POINTS, Kind.BPS, Kind.MULTIPLE)]
UNITS += [(Kind.SHARES, None, "share"), (Kind.COUNT, None, "contract"), (Kind.DURATION, None, "month")]
UNITS += [(Kind.CURRENCY, code, None) for code in CURRENCIES]


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    kind, currency, unit = draw(st.sampled_from(UNITS))
    power = draw(st.integers(-6, 9))
    value = Decimal(draw(st.integers(-(10**9), 10**9))).scaleb(power)
    return Quantity(value, kind, currency, unit, step=Decimal(1).scaleb(power))


@settings(max_examples=800, deadline=None)
@given(quantities(), st.sampled_from(sorted(STYLES)))
def test_a_written_quantity_reads_back_the_same(quantity: Quantity, style: str) -> None:
    written = render(quantity, style)

    read = parse(written)

    assert read is not None, written
    assert (read.value, read.kind, read.currency, read.unit) == (
        quantity.value,
        quantity.kind,
        quantity.currency,
        quantity.unit,
    ), written
    assert read.step == quantity.step, written


@settings(max_examples=300, deadline=None)
@given(quantities().filter(lambda quantity: quantity.kind is not Kind.NUMBER), st.sampled_from(sorted(STYLES)))
def test_it_reads_back_from_a_sentence_too(quantity: Quantity, style: str) -> None:
    written = render(quantity, style)

    found = scan(f"The figure was {written} then.")

    assert [(item.value, item.kind, item.currency) for item in found] == [
        (quantity.value, quantity.kind, quantity.currency)
    ], written


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("plain", "-$1234567.50"),
        ("thousands", "-$1,234,567.50"),
        ("accounting", "($1,234,567.50)"),
        ("typographic", "−$1,234,567.50"),
        ("european", "-1.234.567,50 €"),
        ("swiss", "-CHF 1'234'567.50"),
        ("indian", "-₹12,34,567.50"),
        ("M", "-$1.23456750M"),
        ("words", "-$1.23456750 million"),
    ],
)
def test_styles_look_as_people_write_them(style: str, expected: str) -> None:
    currency = {"european": "EUR", "swiss": "CHF", "indian": "INR"}.get(style, "USD")
    loss = Quantity(Decimal("-1234567.50"), Kind.CURRENCY, currency, step=Decimal("0.01"))

    assert render(loss, style) == expected


def test_coarse_precision_is_not_turned_into_zeros() -> None:
    assert render(Quantity(Decimal(3_000_000), step=Decimal(1_000_000)), "plain") == "3M"


def test_bound_words_are_written() -> None:
    assert render(Quantity(Decimal(5), Kind.PERCENT, step=Decimal(1), bound=Bound.UNDER)) == "up to 5%"


def test_an_unknown_style_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use one of: plain"):
        render(Quantity(Decimal(1)), "fancy")
