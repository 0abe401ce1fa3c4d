"""Pictures of agents in service: durations, money run by run, counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pandas import DataFrame

_BLUE: Final = "#0072B2"
_FASTEST_S: Final = 0.001
"""Durations below this are drawn as this."""


def duration_chart(rows: DataFrame) -> dict[str, Any]:
    """How long requests took, by agent: from the median to where 95 % were done."""
    y = {
        "field": "agent",
        "type": "nominal",
        "title": None,
        "axis": {"labelLimit": 180, "ticks": False, "domain": False, "labelOverlap": False},
    }
    # Agents differ by factors, not by seconds: on a plain scale the slowest would leave nothing to see of the others.
    powers = _powers(rows)
    x = {
        "field": "p50_s",
        "type": "quantitative",
        "title": "Seconds, logarithmic: median (●) to 95 % (|)",
        "axis": {"values": powers, "format": "~g", "labelOverlap": False},
        "scale": {"type": "log", "domain": [powers[0], powers[-1]], "clamp": True},
    }
    tooltip = [
        {"field": "agent", "title": "Agent"},
        {"field": "p50_s", "title": "Median, s", "format": ".3f"},
        {"field": "p95_s", "title": "95 % within, s", "format": ".3f"},
        {"field": "requests", "title": "Requests"},
    ]
    return {
        "height": 28 * len(rows) + 70,
        "encoding": {"y": y, "tooltip": tooltip},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.7, "color": _BLUE}, "encoding": {"x": x, "x2": {"field": "p95_s"}}},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "color": _BLUE}, "encoding": {"x": x}},
            {"mark": {"type": "tick", "thickness": 3, "height": 14, "opacity": 1, "color": _BLUE}, "encoding": {"x": {**x, "field": "p95_s"}}},
        ],
    }  # fmt: skip


def _powers(rows: DataFrame) -> list[float]:
    """The powers of ten that hold all durations: at least a factor of ten, from a millisecond on."""
    least, most = (max(_FASTEST_S, float(end)) for end in (rows["p50_s"].min(), rows["p95_s"].max()))
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def spend_chart(runs: int) -> dict[str, Any]:
    """What runs cost: agents and judges on top of each other."""
    x = {
        "field": "label",
        "type": "ordinal",
        "sort": {"field": "position"},
        "title": None,
        "axis": {"labelAngle": 0 if runs <= 6 else -60, "labelExpr": "split(datum.label, '|')", "labelLimit": 110},
        "scale": {"paddingInner": 0.35, "paddingOuter": 0.3},
    }
    return {
        "height": 340,
        "transform": [{"fold": ["agents_usd", "judges_usd"], "as": ["who", "usd"]}],
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "width": {"band": 1}},
        "encoding": {
            "x": x,
            "y": {
                "field": "usd",
                "type": "quantitative",
                "title": "US dollars",
                "axis": {"format": "$,.4~f", "tickCount": 5},
            },
            "color": {
                "field": "who",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["agents_usd", "judges_usd"], "range": ["#0072B2", "#E69F00"]},
                "legend": {"labelExpr": "datum.value == 'agents_usd' ? 'agents' : 'judges'"},
            },
            "tooltip": [
                {"field": "run", "title": "Run"},
                {"field": "requests", "title": "Requests"},
                {"field": "tokens", "title": "Tokens", "format": ","},
                {"field": "agents_usd", "title": "Agents", "format": "$,.4f"},
                {"field": "judges_usd", "title": "Judges", "format": "$,.4f"},
            ],
        },
    }


def count_chart(rows: int) -> dict[str, Any]:
    """Counts by name, the largest first."""
    return {
        "height": 24 * rows + 50,
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220, "ticks": False, "domain": False}},
            "x": {"field": "count", "type": "quantitative", "title": None, "axis": {"tickCount": 5}},
            "tooltip": [{"field": "name", "title": "Name"}, {"field": "count", "title": "Count", "format": ","}],
        },
        "mark": {"type": "bar", "color": "#0072B2", "cornerRadiusEnd": 3},
    }  # fmt: skip
