"""Plots of a whole run, drawn in plain HTML: there at once, without a program that draws; what a mark says stands in its title."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from harness.frozen import frozen

from .element import Markup, element
from .shape import area, dot, line, short

MARKS: Final = ("round", "diamond", "triangle", "square")
"""Shapes of marks, in the order of the amounts that they stand for."""

_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_NAMED: Final = 10


@frozen
class Share:
    """A part of a bar or column."""

    amount: float
    """How long it is."""

    colour: str
    """Name of its colour: that of a status, or `1` to `8`."""

    title: str
    """What it says to who points at it."""


@frozen
class Bar:
    """A bar with its name."""

    name: str
    """What it is of."""

    shares: Sequence[Share]
    """What it consists of."""

    text: str
    """Its amount in words."""


@frozen
class Point:
    """A point with its interval."""

    name: str
    """What stands below it; parts between | stand under each other."""

    value: float
    """From 0 to 1."""

    low: float | None
    """Where its interval begins."""

    high: float | None
    """Where it ends."""

    title: str
    """What it says to who points at it."""


def bars(rows: Sequence[Bar], about: str) -> Markup:
    """Bars below each other."""
    longest = max((sum(share.amount for share in row.shares) for row in rows), default=0.0) or 1.0
    lines = (
        element(
            "tr",
            element("td", row.name),
            element("td", element("div", *(_share(share, longest) for share in row.shares), class_="fh-stack")),
            element("td", row.text, class_="fh-number"),
        )
        for row in rows
    )
    return _figure(element("table", element("tbody", *lines), class_="fh-bars fh-wide-bars"), about)


def columns(places: Sequence[tuple[float, float, Sequence[Share]]], about: str, unit: str) -> Markup:
    """Columns beside each other between 0 and 1 on a square-root scale, so that small ones can be seen beside large ones."""
    highest = max((sum(share.amount for share in shares) for _, _, shares in places), default=0.0) or 1.0
    made: list[Markup] = []
    for low, high, shares in places:
        below = 0.0
        for share in shares:
            bottom, top = (100 * math.sqrt(amount / highest) for amount in (below, below + share.amount))
            place = f"left:{100 * low + 0.3:.2f}%;width:{100 * (high - low) - 0.6:.2f}%;bottom:{bottom:.2f}%;height:{max(top - bottom, 0.6):.2f}%"
            made.append(
                element("span", class_="fh-column", style=f"{place};{_colour(share.colour)}", title=share.title)
            )
            below += share.amount
    ticks = [(100 * part, short(round(highest * part**2, 3 if highest < 10 else 0))) for part in (0.0, 0.5, 1.0)]
    return _figure(
        element("div", element("div", *made, *_ticks(ticks), class_="fh-plot"), _ends("0", unit, "1")), about
    )


def ranges(rows: Sequence[tuple[str, Sequence[tuple[str, float]]]], about: str, unit: str) -> Markup:
    """A line with its marks for each row, all on one scale; the marks of a row come in the order of `MARKS`."""
    longest = max((amount for _, marks in rows for _, amount in marks), default=0.0) or 1.0
    names = [name for name, _ in rows[0][1]] if rows else []
    lines = (
        element("tr", element("td", name), element("td", _lane(marks, longest), class_="fh-lane-cell"))
        for name, marks in rows
    )
    scale = element("tr", element("td"), element("td", _ends("0", "", f"{_plain(longest)} {unit}")))
    legend = (element("li", _mark(number, "", ""), name) for number, name in enumerate(names))
    return _figure(
        element(
            "div",
            element("ul", *legend, class_="fh-legend"),
            element("table", element("tbody", *lines, scale), class_="fh-bars fh-ranges"),
        ),
        about,
    )


def steps(places: Sequence[tuple[float, float]], about: str, unit: str) -> Markup:
    """An amount that stays the same until the next place, filled to the ground."""
    end, highest = places[-1][0] or 1.0, max(amount for _, amount in places) or 1.0
    edge: list[tuple[float, float]] = []
    for number, (at, amount) in enumerate(places):
        until = places[number + 1][0] if number + 1 < len(places) else end
        edge += [(100 * at / end, 100 * amount / highest), (100 * until / end, 100 * amount / highest)]
    ticks = [(100.0 * part, short(highest * part)) for part in (0.0, 0.5, 1.0)]
    shape = area(edge, [(0.0, 0.0), (100.0, 0.0)], "fh-c6")
    return _figure(
        element(
            "div", element("div", shape, *_ticks(ticks), class_="fh-plot"), _ends("0", "", f"{_plain(end)} {unit}")
        ),
        about,
    )


def points(row: Sequence[Point], about: str) -> Markup:
    """Shares from left to right with their intervals, joined by a line; below them stand their names, as many as there is room for."""
    places = [100 * (number + 0.5) / len(row) for number in range(len(row))]
    marks = [
        element("span", class_="fh-range", style=f"left:{x:.2f}%;bottom:{100 * one.low:.2f}%;height:{100 * (one.high - one.low):.2f}%")
        for x, one in zip(places, row, strict=True)
        if one.low is not None and one.high is not None
    ]  # fmt: skip
    path = line([(x, 100 * one.value) for x, one in zip(places, row, strict=True)], "fh-c6")
    dots = [dot(x, 100 * one.value, "fh-c1", one.title) for x, one in zip(places, row, strict=True)]
    each = -(-len(row) // _NAMED)
    names = [
        element("span", *_lines(one.name), style=f"left:{x:.2f}%")
        for number, (x, one) in enumerate(zip(places, row, strict=True))
        if (len(row) - 1 - number) % each == 0
    ]
    ticks = [(100 * part, f"{part:.0%}") for part in _TICKS]
    plot = element("div", *marks, path, *dots, *_ticks(ticks), class_="fh-plot fh-fan")
    return _figure(element("div", plot, element("div", *names, class_="fh-names")), about)


def key(shares: Sequence[tuple[str, str]]) -> Markup:
    """What colours mean: their name and words."""
    items = (
        element("li", element("span", class_="fh-swatch", style=_colour(colour)), words) for colour, words in shares
    )
    return element("ul", *items, class_="fh fh-legend")


def _figure(inside: Markup, about: str) -> Markup:
    return element("div", inside, class_="fh fh-drawn", role="figure", aria_label=about)


def _share(share: Share, longest: float) -> Markup:
    width = f"width:{100 * share.amount / longest:.2f}%;{_colour(share.colour)}"
    return element("span", class_="fh-fill", style=width, title=share.title)


def _lane(marks: Sequence[tuple[str, float]], longest: float) -> Markup:
    low, high = (100 * pick(amount for _, amount in marks) / longest for pick in (min, max))
    span = element("span", class_="fh-reach", style=f"left:{low:.2f}%;width:{high - low:.2f}%")
    placed = (
        _mark(number, f"left:{100 * amount / longest:.2f}%", f"{name}: {amount:.3g}")
        for number, (name, amount) in enumerate(marks)
    )
    return element("div", span, *placed, class_="fh-lane-plain")


def _mark(number: int, place: str, title: str) -> Markup:
    style = f"fh-at fh-at-{MARKS[number % len(MARKS)]}{'' if place else ' fh-inline'}"
    return element("span", class_=style, style=place or None, title=title or None)


def _ticks(ticks: Sequence[tuple[float, str]]) -> list[Markup]:
    return [element("span", words, class_="fh-tick", style=f"bottom:{place:.2f}%") for place, words in ticks]


def _ends(left: str, middle: str, right: str) -> Markup:
    return element("div", *(element("span", words) for words in (left, middle, right)), class_="fh-ends")


def _lines(name: str) -> list[Markup]:
    parts = name.split("|")
    return [
        part
        for number, word in enumerate(parts)
        for part in ([element("br")] if number else []) + [element("span", word)]
    ]


def _plain(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def _colour(name: str) -> str:
    return f"background:var(--fh-{name})"
