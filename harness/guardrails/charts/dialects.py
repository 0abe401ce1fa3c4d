"""Bring figures of other programs to the canonical form: OpenBB artifacts, Plotly figures, Vega-Lite specifications."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from harness.text import one_line

from .report import ChartRules, Finding, Profile, Severity
from .schema import schema_findings
from .vega import vega_charts

_OPENBB = {"pie": ("angleKey", "calloutLabelKey"), "donut": ("angleKey", "calloutLabelKey")}
_OPENBB_TYPES = ("pie", "donut", "bar", "line", "scatter")
_PLOTLY = {
    "bar",
    "pie",
    "scatter",
    "scattergl",
    "treemap",
    "sunburst",
    "funnel",
    "waterfall",
    "histogram",
    "box",
    "violin",
    "heatmap",
    "candlestick",
    "ohlc",
    "indicator",
    "table",
}
_PACKED = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
_LENIENT: Final[Mapping[str, Severity]] = MappingProxyType(
    {
        "title": "info",
        "key": "info",
        "description": "info",
        "duplicate-label": "warn",
        "x-order": "warn",
        "empty-label": "warn",
        "slices": "warn",
        "type-for-parts": "warn",
    }
)


def canonical(data: Any, profile: Profile, rules: ChartRules) -> tuple[list[dict[str, Any]], list[Finding], ChartRules]:
    """A payload's charts in our form, what is wrong with them as they are, and the rules that fit the dialect."""
    figures, single = _figures(data)
    if figures is None:
        return (
            [],
            [Finding("shape", "block", "$", "expected a figure, a list of figures or an object with `charts`")],
            rules,
        )
    read = _READERS[profile]
    charts: list[dict[str, Any]] = []
    found: list[Finding] = []
    for place, figure in enumerate(figures):
        path = "$" if single else f"$.charts[{place}]"
        made, wrong = read(figure, path)
        charts += made
        found += wrong
        found += schema_findings(figure, path, profile)
    if profile != "openbb":
        keys = [chart["key"] for chart in charts]
        charts = [
            {**chart, "key": f"{chart['key']}-{n}"} if keys.count(chart["key"]) > 1 else chart
            for n, chart in enumerate(charts)
        ]
        rules = replace(
            rules,
            unit=None,
            count=None if single else rules.count,
            severity=MappingProxyType({**_LENIENT, **rules.severity}),
        )
    return charts, found, replace(rules, count=None) if single else rules


def _figures(data: Any) -> tuple[list[Any] | None, bool]:
    if isinstance(data, list | tuple):
        return list(data), False
    if isinstance(data, Mapping):
        return (list(data["charts"]), False) if isinstance(data.get("charts"), list | tuple) else ([data], True)
    return None, False


def _openbb(figure: Any, path: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """A chart artifact: rows in `content`, the keys that it draws in `chart_params`."""
    parameters = figure.get("chart_params") if isinstance(figure, Mapping) else None
    if not isinstance(figure, Mapping) or not isinstance(parameters, Mapping) or figure.get("type") != "chart":
        return [], [
            Finding("shape", "block", path, 'an OpenBB chart has `type: "chart"`, `content` and `chart_params`')
        ]
    kind = parameters.get("chartType")
    if kind not in _OPENBB_TYPES:
        return [], [
            Finding(
                "unknown-type", "block", f"{path}.chart_params.chartType", one_line(f"OpenBB draws no {kind!r}", 80)
            )
        ]
    rows = figure.get("content")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return [], [Finding("shape", "block", f"{path}.content", "content must be a list of rows")]
    amounts, label = _openbb_keys(kind, parameters)
    if not amounts or not isinstance(label, str):
        return [], [Finding("shape", "block", f"{path}.chart_params", "the keys of label and amounts must be named")]
    missing = [(place, key) for place, row in enumerate(rows) for key in (label, *amounts) if key not in row]
    if missing:
        place, key = missing[0]
        return [], [Finding("shape", "block", f"{path}.content[{place}]", one_line(f"the row has no {key!r}", 80))]
    chart = {
        "key": str(figure.get("uuid") or figure.get("name") or path),
        "title": figure.get("name"),
        "description": figure.get("description"),
        "type": kind,
    }
    if kind == "scatter":
        return [{**chart, "data": [{"x": row[label], "y": row[amounts[0]]} for row in rows]}], []
    return [_series(chart, [row[label] for row in rows], {key: [row[key] for row in rows] for key in amounts})], []


def _openbb_keys(kind: str, parameters: Mapping[str, Any]) -> tuple[list[str], Any]:
    if kind in _OPENBB:
        amount, label = (parameters.get(name) for name in _OPENBB[kind])
        return [amount] if isinstance(amount, str) else [], label
    keys = parameters.get("yKey")
    keys = [keys] if isinstance(keys, str) else keys
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list | tuple) else [], parameters.get(
        "xKey"
    )


def _series(chart: Mapping[str, Any], labels: Sequence[Any], amounts: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    if len(amounts) == 1:
        (values,) = amounts.values()
        return {
            **chart,
            "data": [{"name": _label(name), "value": value} for name, value in zip(labels, values, strict=False)],
        }
    rows = [
        {"name": _label(name), **{key: values[place] for key, values in amounts.items()}}
        for place, name in enumerate(labels)
    ]
    return {**chart, "series": [{"dataKey": key, "name": key} for key in amounts], "data": rows}


def _label(name: Any) -> Any:
    return str(name) if isinstance(name, int | float) and not isinstance(name, bool) else name


def _plotly(figure: Any, path: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """A figure: traces in `data`, the title in `layout`."""
    traces = figure.get("data") if isinstance(figure, Mapping) else None
    if not isinstance(figure, Mapping) or not isinstance(traces, list | tuple) or not traces:
        return [], [Finding("shape", "block", path, "a Plotly figure has a list of traces in `data`")]
    layout = figure.get("layout")
    title = layout.get("title") if isinstance(layout, Mapping) else None
    title = title.get("text") if isinstance(title, Mapping) else title
    charts, found = [], []
    for place, trace in enumerate(traces):
        where = f"{path}.data[{place}]"
        made, wrong = _trace(trace, where)
        found += wrong
        if made is not None:
            charts.append(
                {
                    "key": str(trace.get("name") or f"trace{place + 1}"),
                    "title": title if isinstance(title, str) else None,
                    **made,
                }
            )
    return charts, found


def _trace(trace: Any, path: str) -> tuple[dict[str, Any] | None, list[Finding]]:
    kind = trace.get("type", "scatter") if isinstance(trace, Mapping) else None
    if not isinstance(kind, str) or kind not in _PLOTLY:
        return None, [Finding("unknown-type", "block", f"{path}.type", one_line(f"unknown trace type {kind!r}", 80))]
    if kind not in ("pie", "bar", "scatter", "scattergl", "treemap"):
        return None, [Finding("not-checked", "warn", path, f"the amounts of a {kind} were not compared")]
    lying = kind == "bar" and trace.get("orientation") == "h"
    names = ("labels", "values") if kind in ("pie", "treemap") else ("y", "x") if lying else ("x", "y")
    labels, values = (_unpacked(trace.get(name)) for name in names)
    if not isinstance(labels, list | tuple) or not isinstance(values, list | tuple):
        return None, [Finding("shape", "block", path, f"the trace needs the lists {names[0]} and {names[1]}")]
    if len(labels) != len(values):
        return None, [Finding("shape", "block", path, f"{len(labels)} {names[0]} and {len(values)} {names[1]}")]
    if kind in ("scatter", "scattergl"):
        drawn = "line"
    elif kind == "pie":
        drawn = "donut" if trace.get("hole") else "pie"
    else:
        drawn = "horizontalBar" if lying else kind
    gaps = drawn == "line"
    points = [
        {"name": _label(name), "value": value}
        for name, value in zip(labels, values, strict=True)
        if value is not None or not gaps
    ]
    return {"type": drawn, "data": points}, []


def _unpacked(item: Any) -> Any:
    """A list as Plotly packs it: `{"dtype": "f8", "bdata": base64}`; anything else as it is."""
    code = _PACKED.get(str(item.get("dtype"))) if isinstance(item, Mapping) else None
    if code is None or not isinstance(item.get("bdata"), str):
        return item
    try:
        data = base64.b64decode(item["bdata"], validate=True)
        return [number for (number,) in struct.iter_unpack(f"<{code}", data)]
    except (ValueError, struct.error):
        return item


_READERS: Final[Mapping[str, Callable[[Any, str], tuple[list[dict[str, Any]], list[Finding]]]]] = {
    "openbb": _openbb,
    "plotly": _plotly,
    "vega-lite": vega_charts,
}
DIALECTS: Final = frozenset(_READERS)
"""Profiles that bring another program's figures to our form."""
