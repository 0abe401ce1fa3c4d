"""Vega-Lite specifications of the dashboard's charts; data goes in separately and is never part of an expression."""

from __future__ import annotations

from typing import Any, Final

from .words import STEP_COLOURS

_BAR_HEIGHT: Final = 28
_AROUND_BARS: Final = 150
"""Room for the legend and the axis, which count as part of the height."""

_LONGEST: Final = 900


def step_chart(steps: int) -> dict[str, Any]:
    """Steps over time, one bar each; failed ones are marked by a sign, too."""
    y = {
        "field": "step",
        "type": "nominal",
        "sort": {"field": "number"},
        "title": None,
        "axis": {"labelLimit": 220, "labelOverlap": False},
    }
    kinds = list(STEP_COLOURS)
    colour = {
        "field": "kind",
        "type": "nominal",
        "title": "Kind",
        "scale": {"domain": kinds, "range": [STEP_COLOURS[kind] for kind in kinds]},
        "legend": {"orient": "top"},
    }
    tooltip = [
        {"field": "step", "title": "Step"},
        {"field": "kind", "title": "Kind"},
        {"field": "agent", "title": "Agent"},
        {"field": "result", "title": "Ended"},
        {"field": "seconds", "title": "Seconds", "format": ".3f"},
        {"field": "tokens", "title": "Tokens"},
    ]
    x = {"field": "start", "type": "quantitative", "title": "Seconds since the trial began", "axis": {"tickCount": 8}}
    return {
        "height": min(_LONGEST, _BAR_HEIGHT * steps + _AROUND_BARS),
        "encoding": {"y": y, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadius": 3, "height": {"band": 0.62}, "minBandSize": 3},
                "encoding": {"x": x, "x2": {"field": "end"}, "color": colour},
            },
            # A bar of no width cannot be seen, a tick can.
            {
                "mark": {"type": "tick", "thickness": 3, "height": {"band": 0.62}},
                "encoding": {"x": x, "color": colour},
            },
            {
                "transform": [{"filter": {"field": "failed", "equal": True}}],
                "mark": {"type": "text", "text": "✗", "dx": 12, "align": "left", "fontSize": 15, "fontWeight": "bold"},
                "encoding": {"x": {**x, "field": "end"}, "color": {"value": "#D55E00"}},
            },
        ],
    }
