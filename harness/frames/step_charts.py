"""Pictures of how agents went about it: efficiency by agent, and calls that were of no use."""

from __future__ import annotations

from typing import Any

from .heat import INK


def efficiency_chart(agents: int) -> dict[str, Any]:
    """How efficiency is spread, a row of bars for each agent; longer and darker means more of its trials."""
    return {
        "height": 30 * agents + 70,
        "params": INK,
        "encoding": {
            "y": {"field": "agent", "type": "nominal", "title": None, "axis": {"labelLimit": 180, "ticks": False, "domain": False}},
            "x": {"field": "from", "type": "quantitative", "title": "Efficiency (100% is the shortest way)", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 10, "grid": False}},
            "x2": {"field": "to"},
            "tooltip": [
                {"field": "agent", "title": "Agent"},
                {"field": "from", "title": "Efficiency from", "format": ".0%"},
                {"field": "to", "title": "to", "format": ".0%"},
                {"field": "trials", "title": "Trials"},
                {"field": "share", "title": "Share of its trials", "format": ".1%"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.7}, "stroke": None, "binSpacing": 1},
                "encoding": {"color": {"field": "share", "type": "quantitative", "legend": None, "scale": {"domain": [0, 1], "range": [{"expr": "pale_blue"}, "#0072B2"]}}},
            },
            {
                "mark": {"type": "text", "fontSize": 11, "fontWeight": "bold"},
                "encoding": {
                    "x": {"field": "middle", "type": "quantitative"},
                    "x2": None,
                    "text": {"field": "trials", "type": "quantitative", "format": ","},
                    "color": {"condition": {"test": {"field": "share", "gt": 0.85}, "value": "#ffffff"}, "value": {"expr": "written"}},
                },
            },
        ],
    }  # fmt: skip


def waste_chart(agents: int) -> dict[str, Any]:
    """Shares of calls that were redundant or failed, by agent."""
    kinds = ["redundant", "failing"]
    return {
        "height": 36 * agents + 110,
        "mark": {"type": "bar", "cornerRadiusEnd": 3},
        "encoding": {
            "y": {"field": "agent", "type": "nominal", "title": None, "axis": {"labelLimit": 180, "ticks": False, "domain": False}},
            "yOffset": {"field": "kind", "type": "nominal", "sort": kinds},
            "x": {"field": "share", "type": "quantitative", "title": "Share of its calls", "axis": {"format": ".0%", "tickCount": 6}},
            "color": {"field": "kind", "type": "nominal", "title": None, "scale": {"domain": kinds, "range": ["#E69F00", "#D55E00"]}},
            "tooltip": [
                {"field": "agent", "title": "Agent"},
                {"field": "kind", "title": "Calls"},
                {"field": "calls", "title": "Number"},
                {"field": "share", "title": "Share of its calls", "format": ".1%"},
            ],
        },
    }  # fmt: skip
