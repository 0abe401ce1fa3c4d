"""Labels, amounts and colours of a chart, whatever its type, each with its JSON path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from .shapes import NUMBER, Chart

_PARTIAL = re.compile(
    r"\b(?:top|largest|biggest|best|worst|return|returns|performance|target|gap|versus|vs|projected|projection|growth|history|drift)\b",
    re.IGNORECASE,
)
_COVERING = re.compile(
    r"alloc|distribut|breakdown|exposure|composition|\bby (?:asset|region|sector|account|country|currency|tax)|account_?types?",
    re.IGNORECASE,
)


class Part(NamedTuple):
    """One labelled amount."""

    path: str
    """JSON path of the point."""

    label: str
    """Its label; empty for an unnamed dot."""

    value: Decimal
    """Its amount."""

    color: str | None
    """Its colour, if it has one."""

    series: str = ""
    """Data key of its series; empty where there is only one."""


def parts_of(chart: Any, path: str) -> Iterator[Part]:
    """Every labelled amount of a chart."""
    for place, point in enumerate(chart.data):
        where = f"{path}.data[{place}]"
        if chart.type == "scatter":
            yield Part(where, point.name or "", point.y, point.color)
        elif chart.type == "treemap" and point.children:
            for leaf, child in enumerate(point.children):
                yield Part(f"{where}.children[{leaf}]", child.name, child.value, child.color)
        elif hasattr(chart, "series"):
            yield from _row(chart, point, where)
        else:
            yield Part(where, point.name, point.value if point.value is not None else Decimal(0), point.color)


def _row(chart: Any, row: Any, where: str) -> Iterator[Part]:
    if not chart.series:
        color = row.model_extra.get("color")
        yield Part(
            where, row.name, NUMBER.validate_python(row.model_extra["value"]), None if color is None else str(color)
        )
    for series in chart.series:
        yield Part(where, row.name, NUMBER.validate_python(row.model_extra[series.dataKey]), None, series.dataKey)


def is_parts(chart: Chart) -> bool:
    """Whether the type itself shows parts of a whole."""
    return chart.type in ("pie", "donut", "treemap")


def covers_whole(chart: Any) -> bool:
    """Whether the chart shows all parts of the whole: it says so, is a pie of them, or is named as an allocation."""
    if chart.whole is not None:
        return bool(chart.whole != "none")
    kinds = ("pie", "donut", "treemap", "bar", "horizontalBar")
    if chart.type not in kinds or (hasattr(chart, "series") and chart.series):
        return False
    named = re.sub(r"[_-]", " ", f"{chart.key} {chart.title or ''}")
    if _PARTIAL.search(named):
        return False
    return is_parts(chart) or bool(_COVERING.search(f"{chart.key} {named} {chart.description or ''}"))


def half_units(parts: list[Part]) -> Decimal:
    """How far rounding of the printed amounts can have moved their sum."""
    return sum((_step(part.value) / 2 for part in parts), Decimal(0))


def _step(value: Decimal) -> Decimal:
    if value == value.to_integral_value():
        return Decimal(1)
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)
