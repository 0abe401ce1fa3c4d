"""Validate each chart's shape and numbers on its own, with findings that name the path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from harness.text import one_line

from .report import ChartRules, Finding
from .shapes import CHART, NUMBER, TYPES, Chart

_MOST_ERRORS = 20


def validate_chart(raw: Any, path: str, rules: ChartRules) -> tuple[Chart | None, list[Finding]]:
    """The canonical chart, or None with what is wrong with it."""
    if not isinstance(raw, Mapping):
        return None, [Finding("shape", "block", path, f"a chart must be an object, not {type(raw).__name__}")]
    found = list(_type_and_size(raw, path, rules))
    if found:
        return None, found
    try:
        chart = cast("Chart", CHART.validate_python({"key": path, **raw}))
    except ValidationError as error:
        return None, [_finding(item, path) for item in error.errors(include_url=False)[:_MOST_ERRORS]]
    if hasattr(chart, "series"):
        found = list(_rows(chart, path))[:_MOST_ERRORS]
    return (None, found) if found else (chart, [])


def _type_and_size(raw: Mapping[str, Any], path: str, rules: ChartRules) -> Iterator[Finding]:
    kind = raw.get("type")
    if kind not in TYPES or kind not in rules.types:
        message = (
            f"unknown chart type {kind!r}; use one of: {', '.join(rules.types)}" if kind else "the chart has no type"
        )
        yield Finding("unknown-type", "block", f"{path}.type", one_line(message, 160))
    data = raw.get("data")
    if not isinstance(data, Sequence) or isinstance(data, str):
        yield Finding("shape", "block", f"{path}.data", f"data must be a list of points, not {type(data).__name__}")
    elif not data:
        yield Finding("empty", "block", f"{path}.data", "the chart has no points")
    elif len(data) > rules.max_points:
        yield Finding("size", "block", f"{path}.data", f"{len(data)} points, more than {rules.max_points}")


def _finding(error: Any, path: str) -> Finding:
    place = [part for part in error["loc"] if part not in TYPES]
    where = path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    rule = "finite-number" if error["type"] == "finite_number" else "shape"
    return Finding(
        rule, "block", where, f"{place[-1] if place else 'chart'}: {error['msg']}", one_line(repr(error["input"]), 80)
    )


def _rows(chart: Any, path: str) -> Iterator[Finding]:
    """Check each row's amounts: under every series' key, or under `value`."""
    keys = [series.dataKey for series in chart.series] or ["value"]
    for place, row in enumerate(chart.data):
        for key in keys:
            where = f"{path}.data[{place}].{key}"
            if key not in row.model_extra:
                yield Finding("shape", "block", where, f"the point has no {key!r}")
                continue
            try:
                NUMBER.validate_python(row.model_extra[key])
            except ValidationError as error:
                message = f"{key}: {error.errors(include_url=False)[0]['msg']}"
                yield Finding("finite-number", "block", where, message, one_line(repr(row.model_extra[key]), 80))
