"""Scanning: precision, bounds, spans, what is skipped and why."""

# ruff: noqa: SIM905  (fragments read better as text)
from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.quantities import Bound, Kind, Skip, agrees, parse, scan, scan_all

FRAGMENTS = [
    *"$ € - − – ( ) % x k bn 1 0 12 1,234 1.234 1.234,5 1'234 2024 Q3 USD EUR | # [ ] / : . , ½ ² ٤ e5 ×10^6 ` ``` @ < >".split(),
    *"-year 's + ± ~ 𝟓 ① 七 shares crore".split(),
    *(
        " bps",
        " million",
        " and ",
        " to ",
        "between ",
        " ",
        "\u200b",
        "\u00a0",
        "\u202f",
        "\n",
        "one ",
        "hundred ",
        "Jan ",
        "Section ",
    ),
    *("over ", " years", "top ", "lakh "),
]
NASTY = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("$1.2M", "1150000", "1250000"),
        ("12.5%", "12.45", "12.55"),
        ("$94,000", "93999.5", "94000.5"),
        ("three million dollars", "2500000", "3500000"),
        ("24 cents", "0.235", "0.245"),
        ("1.5e6", "1450000", "1550000"),
    ],
)
def test_the_last_printed_digit_sets_the_precision(text: str, low: str, high: str) -> None:
    (quantity,) = scan(text)

    assert (quantity.low, quantity.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("about $99 thousand", Bound.ABOUT),
        ("~$5k", Bound.ABOUT),
        ("more than 30%", Bound.OVER),
        ("$500M+", Bound.OVER),
        ("up to 5%", Bound.UNDER),
        ("< 5%", Bound.UNDER),
        ("between 3% and 5%", Bound.BETWEEN),
        ("<td>5%</td>", None),
        ("exactly 5%", None),
    ],
)
def test_bound_words_are_kept(text: str, bound: Bound | None) -> None:
    assert {quantity.bound for quantity in scan(text)} == {bound}


def test_spans_point_into_the_original_text() -> None:
    text = "Loss of −$1\u200b,200\u202fand up 3\u202f%."

    assert [text[quantity.start : quantity.end] for quantity in scan(text)] == ["−$1\u200b,200", "3\u202f%"]


def test_an_ambiguous_point_keeps_both_readings() -> None:
    (quantity,) = scan("1.234")

    assert quantity.value == Decimal("1.234")
    assert [other.value for other in quantity.alternatives] == [Decimal(1234)]


def test_the_document_settles_an_ambiguous_separator() -> None:
    english, german = scan("1.234 and 5,678.90")[0], scan("1.234 und 5.678,90")[0]

    assert (english.value, english.alternatives) == (Decimal("1.234"), ())
    assert (german.value, german.alternatives) == (Decimal(1234), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1. First", Skip.LIST),
        ("## 3 Results", Skip.HEADING),
        ("as shown [3]", Skip.FOOTNOTE),
        ("the 2nd", Skip.ORDINAL),
        ("12/31/2024", Skip.DATE),
        ("in 2024", Skip.YEAR),
        ("Q3 2024", Skip.PERIOD),
        ("9:30", Skip.TIME),
        ("7-year Treasury", Skip.TENOR),
        ("US0378331005", Skip.IDENTIFIER),
        ("Section 12", Skip.LABEL),
        ("401(k)", Skip.FORM),
        ("S&P 500", Skip.INDEX),
        ("60/40", Skip.RATIO),
        ("two-thirds", Skip.FRACTION),
        ("call 800-555-1234", Skip.PHONE),
        ("https://a.b/9", Skip.LINK),
        ("`x9`", Skip.CODE),
        ('<td width="3">', Skip.MARKUP),
        ("1.2.3", Skip.MALFORMED),
    ],
)
def test_what_is_skipped_is_reported_with_its_reason(text: str, reason: Skip) -> None:
    found = scan_all(text)

    assert found.quantities == ()
    assert [ignored.reason for ignored in found.ignored] == [reason]


@pytest.mark.parametrize(
    ("text", "kind", "unit"),
    [
        ("100 shares", Kind.SHARES, "share"),
        ("12 contracts", Kind.COUNT, "contract"),
        ("18 months", Kind.DURATION, "month"),
        ("3.4x", Kind.MULTIPLE, None),
        ("0.5pp", Kind.POINTS, None),
    ],
)
def test_units_have_their_own_kinds(text: str, kind: Kind, unit: str | None) -> None:
    (quantity,) = scan(text)

    assert (quantity.kind, quantity.unit) == (kind, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "5-10%",
        "401(k)",
        "NaN",
        "inf",
        "12/31/2024",
        "$5 and $6",
        "costs $5",
        "-",
        "1e99999",
        "5 % of it",
        "9" * 300,
    ],
)
def test_parse_refuses_what_is_not_one_quantity(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("2024", "2024"), ("(5)", "-5"), (" **$5** ", "5"), ("minus 3%", "-3"), ("1.", "1"), ("1 234", "1234")],
)
def test_parse_reads_a_figure_that_stands_alone(text: str, value: str) -> None:
    quantity = parse(text)

    assert quantity is not None
    assert quantity.value == Decimal(value)


@settings(max_examples=600, deadline=None)
@given(NASTY)
def test_no_text_breaks_the_scanner(text: str) -> None:
    found = scan_all(text)

    for item in (*found.quantities, *found.ignored):
        assert 0 <= item.start < item.end <= len(text)
        assert text[item.start : item.end] == item.text
    assert all(quantity.value.is_finite() and quantity.step >= 0 for quantity in found.quantities)
    items = sorted((item.start, item.end) for item in (*found.quantities, *found.ignored))
    assert all(first[1] <= second[0] for first, second in pairwise(items))


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_what_parses_agrees_with_itself(text: str) -> None:
    quantity = parse(text)

    assert quantity is None or agrees(quantity, quantity)
