"""A matrix as a picture: numbers in cells, the darker the larger; what is right stands on the diagonal in another colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pandas import DataFrame

_CELL: Final = 46
_AROUND: Final = 150
_RIGHT, _WRONG, _NONE = ({"expr": "pale_blue"}, "#0072B2"), ({"expr": "pale_orange"}, "#D55E00"), "#888888"
_GAP: Final = 0.06
_SHORT: Final = 8
"""Longest name that stands upright above its column."""

_LEANING: Final = 60
"""What longer ones, which lean, need to the right of the picture, and above it."""

_DARK: Final = 0.85
"""Share from which a blue cell is so dark that white is read better on it than black."""

INK: Final = [
    {"name": "pale_blue", "value": "#E3EEF6"},
    {"name": "pale_orange", "value": "#FBE9DC"},
    {"name": "written", "value": "#1b1f27"},
]
"""The colours of small shares and of what is written on them, on a light page; whoever draws on a dark one gives other values."""


def confusion_chart(rows: DataFrame, *, across: str, down: str) -> dict[str, Any]:
    """A confusion matrix of rows with `expected`, `reached`, `trials`, `share` and `right`.

    Args:
        rows: Its cells.
        across: Title of the columns.
        down: Title of the rows.
    """
    names = ("expected", "reached")
    leaning = rows["reached"].str.len().max() > _SHORT
    y = {
        "field": names[0],
        "type": "nominal",
        "title": down,
        "axis": {"labelLimit": 160, "labelPadding": 6},
        "scale": {"paddingInner": _GAP},
    }
    x = {
        "field": names[1],
        "type": "nominal",
        "title": across,
        "sort": None,
        "axis": {"labelAngle": -40 if leaning else 0, "orient": "top"},
        "scale": {"paddingInner": _GAP},
    }
    tooltip = [
        {"field": names[0], "title": down},
        {"field": names[1], "title": across},
        {"field": "trials", "title": "Trials"},
        {"field": "share", "title": "Share of the row", "format": ".1%"},
    ]
    return {
        "height": _CELL * rows["expected"].nunique() + (_AROUND if leaning else _AROUND - _LEANING),
        "padding": {"left": 0, "top": 4, "right": _LEANING if leaning else 18, "bottom": 4},
        "params": INK,
        "encoding": {"y": y, "x": x, "tooltip": tooltip},
        "layer": [
            {"mark": {"type": "rect", "cornerRadius": 4, "stroke": None, "color": _NONE, "opacity": 0.08}},
            _cells(_RIGHT, right=True),
            _cells(_WRONG, right=False),
            {
                "transform": [{"filter": {"field": "trials", "gt": 0}}],
                "mark": {"type": "text", "fontSize": 14, "fontWeight": "bold"},
                "encoding": {
                    "text": {"field": "trials", "type": "quantitative", "format": ","},
                    "color": {
                        "condition": {"test": {"and": [{"field": "share", "gt": _DARK}, {"field": "right", "equal": True}]}, "value": "#ffffff"},
                        "value": {"expr": "written"},
                    },
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"axis": {"grid": False, "domain": False, "ticks": False}},
    }  # fmt: skip


def _cells(colours: tuple[Any, str], *, right: bool) -> dict[str, Any]:
    """The cells of one kind, the darker the larger their share of the row."""
    scale = {"domain": [0, 1], "range": list(colours)}
    return {
        "transform": [{"filter": {"and": [{"field": "right", "equal": right}, {"field": "trials", "gt": 0}]}}],
        "mark": {"type": "rect", "cornerRadius": 4, "stroke": None},
        "encoding": {"color": {"field": "share", "type": "quantitative", "legend": None, "scale": scale}},
    }
