"""A matrix as a picture: numbers in cells, the darker the larger; what is right stands on the diagonal in another colour."""

from __future__ import annotations

from typing import Any, Final

_CELL: Final = 46
_AROUND: Final = 150
_RIGHT, _WRONG, _NONE = "#0072B2", "#D55E00", "#888888"


def confusion_chart(
    rows: int, *, across: str, down: str, names: tuple[str, str] = ("expected", "reached")
) -> dict[str, Any]:
    """A confusion matrix of so many rows, from columns `expected`, `reached` (or `names`), `trials`, `share` and `right`.

    Args:
        rows: How many rows it has.
        across: Title of the columns.
        down: Title of the rows.
        names: Fields of rows and columns.
    """
    y = {"field": names[0], "type": "nominal", "title": down, "axis": {"labelLimit": 160, "labelPadding": 6}}
    x = {
        "field": names[1],
        "type": "nominal",
        "title": across,
        "sort": None,
        "axis": {"labelAngle": -40, "orient": "top"},
    }
    shade = {
        "field": "share",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, 1], "range": [0.06, 0.95]},
    }
    tooltip = [
        {"field": names[0], "title": down},
        {"field": names[1], "title": across},
        {"field": "trials", "title": "Trials"},
        {"field": "share", "title": "Share of the row", "format": ".1%"},
    ]
    return {
        "height": _CELL * rows + _AROUND,
        "encoding": {"y": y, "x": x, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 4, "stroke": None},
                "encoding": {
                    "opacity": shade,
                    "color": {
                        "condition": [
                            {"test": {"field": "trials", "equal": 0}, "value": _NONE},
                            {"test": {"field": "right", "equal": True}, "value": _RIGHT},
                        ],
                        "value": _WRONG,
                    },
                },
            },
            {
                "transform": [{"filter": {"field": "trials", "gt": 0}}],
                "mark": {"type": "text", "fontSize": 14, "fontWeight": "bold"},
                "encoding": {
                    "text": {"field": "trials", "type": "quantitative", "format": ","},
                    "color": {"condition": {"test": {"field": "share", "gt": 0.5}, "value": "white"}, "value": "#888888"},
                },
            },
        ],
        "config": {"axis": {"grid": False, "domain": False, "ticks": False}},
    }  # fmt: skip
