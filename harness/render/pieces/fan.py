"""A Monte Carlo fan: what the trial reports, over the band of our own simulation."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from harness.story.fan import SHARES, Fan, Mark

from .element import Markup, element, spot
from .shape import area, dot, line, short

_PATHS = 2_000
_HEADROOM = 1.05
_MIDDLE = 50


def fan_set(told: Sequence[Fan], anchor: str = "t") -> Markup:
    """All projections, one after the other."""
    return element("div", *(_fan(fan, anchor) for fan in told), class_="fh fh-fans")


def _fan(fan: Fan, anchor: str) -> Markup:
    head = element(
        "figcaption",
        element("strong", fan.title),
        " ",
        element("a", fan.step, href=f"#{spot(anchor, 'step', fan.step)}"),
    )
    return element(
        "figure",
        head,
        element("p", _said(fan), class_="fh-small"),
        _plot(fan),
        _table(fan),
        element(
            "p",
            f"Band: {fan.basis}." if fan.basis else "No reference: the step does not state what it simulated.",
            class_="soft fh-small",
        ),
    )


def _said(fan: Fan) -> str:
    """Reported and own success rate in words."""
    if fan.success is None:
        return "What the trial reports:"
    told, own = fan.success
    error = 1.96 * sqrt(max(own * (1 - own), 1e-9) / _PATHS)
    return f"The money lasts in {told:.1%} of the paths that the trial reports, in {own:.1%} ± {error:.1%} of ours."


def _plot(fan: Fan) -> Markup:
    marks = [*fan.reference, *fan.reported]
    far = max(mark.year for mark in marks) or 1.0
    # The widest percentile would press everything else to the ground.
    high = max((mark.values.get(75, max(mark.values.values())) for mark in marks), default=1.0) * _HEADROOM or 1.0

    def places(share: int) -> list[tuple[float, float]]:
        return [(100 * mark.year / far, min(100.0, 100 * mark.values[share] / high)) for mark in fan.reference]

    shapes: list[Markup] = []
    if len(fan.reference) > 1:
        shapes = [
            area(places(90), places(10), "fh-band-wide"),
            area(places(75), places(25), "fh-band"),
            line(places(50), "fh-middle"),
        ]
    for mark in fan.reported:
        x = 100 * mark.year / far
        for share, amount in mark.values.items():
            if amount <= high and (mark.year or share == _MIDDLE):
                style = "fh-told fh-told-middle" if share == _MIDDLE else "fh-told"
                shapes.append(dot(x, 100 * amount / high, style, f"{mark.name}, p{share}: {amount:,.0f}"))
    ticks = [
        element("span", short(high * part / 100), class_="fh-tick", style=f"bottom:{part}%") for part in (0, 50, 100)
    ]
    ends = element("div", element("span", "today"), element("span", f"year {far:g}"), class_="fh-ends")
    legend = element(
        "ul",
        element("li", element("span", class_="fh-swatch fh-band-wide", aria_hidden="true"), "ours, p10 to p90"),
        element("li", element("span", class_="fh-swatch fh-band", aria_hidden="true"), "ours, p25 to p75"),
        element("li", element("span", class_="fh-swatch fh-middle", aria_hidden="true"), "our median"),
        element("li", element("span", class_="fh-dot fh-told fh-inline", aria_hidden="true"), "reported percentiles"),
        class_="fh-legend",
    )
    return element("div", legend, element("div", *shapes, *ticks, class_="fh-plot fh-fan", aria_hidden="true"), ends)


def _table(fan: Fan) -> Markup:
    by_year = {mark.year: mark for mark in fan.reference}
    rows = [_row(mark, by_year.get(mark.year)) for mark in fan.reported if mark.year]
    names = (element("th", f"p{share}", scope="col", class_="fh-number") for share in SHARES)
    head = element("tr", element("th", "When", scope="col"), *names)
    table = element("table", element("thead", head), element("tbody", *rows), class_="fh-percentiles")
    return element("div", table, class_="fh-scroll")


def _row(mark: Mark, own: Mark | None) -> Markup:
    cells = []
    for share in SHARES:
        told = mark.values.get(share)
        ours = None if own is None else own.values.get(share)
        cells.append(
            element(
                "td",
                "–" if told is None else f"{told:,.0f}",
                element("div", f"ours {ours:,.0f}", class_="soft fh-small") if ours is not None else None,
                class_="fh-number",
            )
        )
    return element("tr", element("td", f"{mark.name} (year {mark.year:g})"), *cells)
