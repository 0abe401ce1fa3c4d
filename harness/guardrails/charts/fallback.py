"""Charts made from the portfolio itself, for when a model's cannot be used: always the same for the same figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from .truth import exact

_COLORS: Final = ("#1D4ED8", "#B91C1C", "#15803D", "#7E22CE", "#B45309", "#0F172A", "#BE185D", "#0E7490")
_MOST = 8


def fallback_charts(breakdowns: Mapping[str, Mapping[str, Decimal | float]]) -> list[dict[str, Any]]:
    """One chart for each breakdown, such as `{"By region": {"North America": 70000.0, ...}}`; small parts become Other."""
    charts = [_chart(title, amounts) for title, amounts in breakdowns.items()]
    return [chart for chart in charts if len(chart["data"]) > 1]


def _chart(title: str, amounts: Mapping[str, Decimal | float]) -> dict[str, Any]:
    held = sorted(
        ((label, exact(value)) for label, value in amounts.items() if value), key=lambda item: (-item[1], item[0])
    )
    first, rest = (held, []) if len(held) <= _MOST else (held[: _MOST - 1], held[_MOST - 1 :])
    if rest:
        first = [*first, ("Other", sum((value for _, value in rest), Decimal(0)))]
    points = [
        {"name": label, "value": float(value), "color": _COLORS[place]} for place, (label, value) in enumerate(first)
    ]
    negative = any(value < 0 for _, value in first)
    return {
        "key": re.sub(r"\W+", "_", title.lower()).strip("_") or "chart",
        "title": title,
        "type": "horizontalBar" if negative else "pie",
        "description": f"{title}, from the portfolio's own figures",
        "data": points,
    }
