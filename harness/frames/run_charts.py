"""Vega-Lite specifications of the run page's charts."""

from __future__ import annotations

from typing import Any, Final

from .words import shown

STATUS_COLOURS: Final = {"failed": "#c8321a", "errored": "#c79a1e", "undecided": "#7c3aed", "passed": "#3f9be0"}
"""Colours of statuses that hold on light and dark pages, and that differ in lightness, too."""


_AROUND: Final = 110
"""Room for the legend and the axis, which count as part of the height."""


def _by_status(field: str) -> dict[str, Any]:
    names = list(STATUS_COLOURS)
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "scale": {"domain": [shown(name) for name in names], "range": [STATUS_COLOURS[name] for name in names]},
    }


def score_chart() -> dict[str, Any]:
    """How many trials have which score."""
    return {
        "height": 200 + _AROUND,
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {
                "field": "low",
                "type": "quantitative",
                "bin": {"binned": True, "step": 0.05},
                "title": "Score",
                "scale": {"domain": [0, 1]},
            },
            "x2": {"field": "high"},
            # Most trials score 1: on a plain scale the others would not be seen.
            "y": {
                "field": "trials",
                "type": "quantitative",
                "title": "Trials (square-root scale)",
                "axis": {"tickMinStep": 1},
                "scale": {"type": "sqrt"},
            },
            "color": _by_status("status"),
        },
    }


def check_chart(checks: int) -> dict[str, Any]:
    """Which checks did not pass, how often."""
    return {
        "height": 22 * checks + _AROUND,
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {
                "field": "check_name",
                "type": "nominal",
                "title": None,
                "sort": {"field": "total", "order": "descending"},
                "axis": {"labelOverlap": False},
            },
            "x": {
                "field": "verdicts",
                "type": "quantitative",
                "title": "Verdicts that did not pass",
                "axis": {"tickMinStep": 1},
            },
            "color": _by_status("result"),
            "tooltip": [
                {"field": "check_name", "title": "Check"},
                {"field": "severity", "title": "Severity"},
                {"field": "result", "title": "Result"},
                {"field": "verdicts", "title": "Verdicts"},
            ],
        },
    }


def latency_chart(agents: int) -> dict[str, Any]:
    """Median to 99th percentile by agent: a line with its marks."""
    y = {"field": "agent", "type": "nominal", "title": None, "sort": None, "axis": {"labelOverlap": False}}
    x = {"type": "quantitative", "title": "Seconds"}
    tooltip = [{"field": name, "format": ".3f", "title": f"{name} (s)"} for name in ("p50", "p90", "p95", "p99")]
    marks = [("p50", "circle", 90), ("p90", "diamond", 70), ("p95", "triangle-up", 70), ("p99", "square", 60)]
    return {
        "height": 26 * agents + _AROUND,
        "encoding": {"y": y, "tooltip": [{"field": "agent", "title": "Agent"}, {"field": "trials", "title": "Trials"}, *tooltip]},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55, "color": "#3f9be0"},
                "encoding": {"x": {**x, "field": "p50"}, "x2": {"field": "p99"}},
            },
            *(
                {
                    "mark": {"type": "point", "shape": shape, "filled": True, "size": size, "opacity": 1},
                    "encoding": {"x": {**x, "field": name}, "color": {"datum": name, "scale": {"range": ["#3f9be0", "#c79a1e", "#7c3aed", "#c8321a"]}, "title": None}},
                }
                for name, shape, size in marks
            ),
        ],
    }  # fmt: skip


def timeline_chart() -> dict[str, Any]:
    """Trials under way over time."""
    return {
        "height": 150 + _AROUND,
        "mark": {"type": "area", "interpolate": "step-after", "line": {"color": "#3f9be0"}, "color": "#3f9be0", "fillOpacity": 0.35, "tooltip": True},
        "encoding": {
            "x": {"field": "second", "type": "quantitative", "title": "Seconds since the first trial began"},
            "y": {"field": "trials", "type": "quantitative", "title": "Trials under way", "axis": {"tickMinStep": 1}},
        },
    }  # fmt: skip
