"""Bring the dialects of charting libraries to the canonical form, recording every change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.text import one_line

from .report import Change
from .shapes import TYPES

_TYPE_ALIASES: Final = {
    "column": "bar", "columns": "bar", "verticalbar": "bar", "doughnut": "donut", "ring": "donut", "hbar": "horizontalBar",
    "barhorizontal": "horizontalBar", "stackedbar": "bar", "spline": "line", "spider": "radar", "combo": "composed",
    "mixed": "composed", "point": "scatter", "bubble": "scatter",
}  # fmt: skip
_POINT_ALIASES: Final = {
    "category": "name", "label": "name", "subject": "name", "x": "name", "y": "value", "amount": "value", "val": "value",
    "fill": "color", "colour": "color",
}  # fmt: skip
_CHART_ALIASES: Final = {
    "id": "key", "chart_type": "type", "chartType": "type", "heading": "title", "subtitle": "description", "points": "data",
    "items": "data",
}  # fmt: skip


class Normaliser:
    """Rewrites one payload and remembers what it changed."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def payload(self, data: Any) -> Any:
        """The payload as `{"charts": [...]}` with canonical names, wherever they can be known."""
        if isinstance(data, list | tuple):
            self._note("$", "a list of charts", '{"charts": [...]}')
            data = {"charts": list(data)}
        if not isinstance(data, Mapping):
            return data
        payload = dict(data)
        charts = payload.get("charts")
        if isinstance(charts, Mapping):
            self._note("$.charts", "an object of charts by key", "a list of charts with keys")
            charts = [{"key": key, **chart} if isinstance(chart, Mapping) else chart for key, chart in charts.items()]
        if isinstance(charts, list | tuple):
            payload["charts"] = [self._chart(chart, f"$.charts[{place}]") for place, chart in enumerate(charts)]
        return payload

    def _chart(self, chart: Any, path: str) -> Any:
        if not isinstance(chart, Mapping):
            return chart
        renamed = self._rename(chart, _CHART_ALIASES, path)
        if isinstance(renamed.get("type"), str):
            renamed["type"] = self._type(renamed["type"], f"{path}.type")
        data = renamed.get("data")
        if isinstance(data, Mapping) and data:
            self._note(f"{path}.data", "an object of amounts by label", "a list of points")
            data = [{"name": name, "value": value} for name, value in data.items()]
        if isinstance(data, list | tuple):
            renamed["data"] = [self._point(point, f"{path}.data[{n}]", renamed) for n, point in enumerate(data)]
        return renamed

    def _point(self, point: Any, path: str, chart: Mapping[str, Any]) -> Any:
        if not isinstance(point, Mapping) or chart.get("type") == "scatter":
            return point
        series = chart.get("series")
        listed = series if isinstance(series, list | tuple) else ()
        used = {
            item.get("dataKey") for item in listed if isinstance(item, Mapping) and isinstance(item.get("dataKey"), str)
        }
        point = self._rename(point, {old: new for old, new in _POINT_ALIASES.items() if old not in used}, path)
        children = point.get("children")
        if isinstance(children, list | tuple) and chart.get("type") == "treemap":
            point["children"] = [self._point(child, f"{path}.children[{n}]", {}) for n, child in enumerate(children)]
        return point

    def _type(self, name: str, path: str) -> str:
        folded = "".join(character for character in name.lower() if character.isalnum()).removesuffix("chart")
        known = {kind.lower(): kind for kind in TYPES}
        canonical = known.get(folded) or _TYPE_ALIASES.get(folded) or name
        if canonical != name:
            self._note(path, name, canonical)
        return canonical

    def _rename(self, item: Mapping[Any, Any], aliases: Mapping[str, str], path: str) -> dict[Any, Any]:
        renamed = dict(item)
        for old, new in aliases.items():
            if old in renamed and new not in renamed:
                renamed[new] = renamed.pop(old)
                self._note(f"{path}.{old}", old, new)
        return renamed

    def _note(self, path: str, before: str, after: str) -> None:
        self.changes.append(Change(path, one_line(before, 60), after))
