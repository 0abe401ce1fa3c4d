"""The charts that an agent made, drawn: slices, bars and lines with their amounts, and what the guardrail says of each."""

from __future__ import annotations

from collections.abc import Iterator

from harness.story.drawings import Drawing, Drawings, Point

from .element import Markup, element
from .shape import dot, line, short

_COLOURS = 8
_LINES = frozenset({"line", "area", "composed", "radar"})


def chart_set(told: Drawings) -> Markup:
    """All charts, side by side where there is room."""
    if not told.charts:
        return element("p", told.problem[:1].upper() + told.problem[1:] + ".", class_="fh soft")
    return element("div", *(_chart(chart) for chart in told.charts), class_="fh fh-charts")


def _chart(chart: Drawing) -> Markup:
    findings = [
        element(
            "li",
            f"{'✗' if severity == 'block' else '⚠'} {words}",
            class_="fh-failed" if severity == "block" else "fh-errored",
        )
        for severity, words in chart.findings
    ]
    return element(
        "figure",
        element(
            "figcaption",
            element("strong", chart.title),
            element("span", f" {chart.kind}", class_="soft") if chart.kind != "none" else None,
        ),
        element("p", chart.about, class_="soft fh-small") if chart.about else None,
        _body(chart),
        element("p", f"and {chart.more} more points", class_="soft fh-small") if chart.more else None,
        element("ul", *findings, class_="fh-findings") if findings else None,
    )


def _body(chart: Drawing) -> Markup:
    if not chart.points:
        return element("p", "It cannot be drawn.", class_="soft")
    if chart.kind == "scatter":
        return _scatter(chart)
    names = list(dict.fromkeys(point.series for point in chart.points))
    if chart.kind in _LINES and len(chart.points) > 2:
        return _lines(chart, names)
    if (
        chart.kind in {"pie", "donut"}
        and len(names) == 1
        and min(point.value for point in chart.points) >= 0
        and chart.total > 0
    ):
        return _pie(chart)
    return _bars(chart, names)


def _pie(chart: Drawing) -> Markup:
    at, stops = 0.0, []
    for place, point in enumerate(chart.points):
        until = at + 100 * point.value / chart.total
        colour = f"var(--fh-{place % _COLOURS + 1})"
        stops.append(
            f"{colour} {at:.3f}% {max(at, until - 0.35):.3f}%, var(--fh-page) {max(at, until - 0.35):.3f}% {until:.3f}%"
        )
        at = until
    pie = element(
        "div",
        class_=f"fh-pie fh-{chart.kind}",
        style=f"background:conic-gradient({', '.join(stops)})",
        aria_hidden="true",
    )
    rows = [
        element(
            "tr",
            element("td", _swatch(place), point.label),
            _amount(point),
            element("td", f"{point.value / chart.total:.1%}", class_="fh-number"),
        )
        for place, point in enumerate(chart.points)
    ]
    total = element(
        "tr",
        element("td", "Total"),
        element("td", f"{chart.total:,.2f}", class_="fh-number"),
        element("td"),
        class_="fh-total",
    )
    return element(
        "div", pie, element("table", element("tbody", *rows, total), class_="fh-slices"), class_="fh-pie-row"
    )


def _bars(chart: Drawing, names: list[str]) -> Markup:
    longest = max((abs(point.value) for point in chart.points), default=0.0) or 1.0
    rows = [
        element(
            "tr",
            element("td", point.label, f" · {point.series}" if len(names) > 1 else None),
            element(
                "td",
                element(
                    "span",
                    class_=f"fh-fill{' fh-below' if point.value < 0 else ''}",
                    style=f"width:{100 * abs(point.value) / longest:.2f}%;background:var(--fh-{names.index(point.series) % _COLOURS + 1})",
                ),
                class_="fh-bar-cell",
                aria_hidden="true",
            ),
            _amount(point),
        )
        for point in chart.points
    ]
    return element("table", element("tbody", *rows), class_="fh-bars")


def _lines(chart: Drawing, names: list[str]) -> Markup:
    values = [point.value for point in chart.points]
    low, high = min(0.0, *values), max(0.0, *values)
    shapes: list[Markup] = []
    labels: list[str] = []
    for number, name in enumerate(names):
        row = [point for point in chart.points if point.series == name]
        labels = labels or [point.label for point in row]
        places = [(_share(place, 0, len(row) - 1), _share(point.value, low, high)) for place, point in enumerate(row)]
        shapes.append(line(places, f"fh-c{number % _COLOURS + 1}"))
        shapes += [
            dot(x, y, f"fh-c{number % _COLOURS + 1}", f"{point.label}: {point.value:,.2f}")
            for (x, y), point in zip(places, row, strict=True)
        ]
    ends = element("div", element("span", labels[0]), element("span", labels[-1]), class_="fh-ends")
    legend = [element("li", _swatch(number), name) for number, name in enumerate(names) if name]
    return element(
        "div", _plot(shapes, low, high), ends, element("ul", *legend, class_="fh-legend") if legend else None
    )


def _scatter(chart: Drawing) -> Markup:
    across = [point.x or 0.0 for point in chart.points]
    up = [point.value for point in chart.points]
    shapes = [
        dot(
            _share(point.x or 0.0, min(across), max(across)),
            _share(point.value, min(up), max(up)),
            "fh-c1",
            f"{point.label} {point.x}, {point.value}",
        )
        for point in chart.points
    ]
    ends = element("div", element("span", short(min(across))), element("span", short(max(across))), class_="fh-ends")
    return element("div", _plot(shapes, min(up), max(up)), ends)


def _plot(shapes: list[Markup], low: float, high: float) -> Markup:
    return element("div", *shapes, *_scale(low, high), class_="fh-plot", aria_hidden="true")


def _scale(low: float, high: float) -> Iterator[Markup]:
    for part in (0, 50, 100):
        yield element("span", short(low + (high - low) * part / 100), class_="fh-tick", style=f"bottom:{part}%")


def _share(value: float, low: float, high: float) -> float:
    return 100 * (value - low) / (high - low) if high > low else 50.0


def _amount(point: Point) -> Markup:
    return element("td", f"{point.value:,.2f}", class_="fh-number")


def _swatch(place: int) -> Markup:
    return element("span", class_=f"fh-swatch fh-c{place % _COLOURS + 1}", aria_hidden="true")
