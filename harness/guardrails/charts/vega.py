"""Read the inline data of Vega-Lite specifications, so that the same rules judge what they draw."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from harness.text import one_line

from .report import Finding

_MARKS = frozenset(
    ["arc", "area", "bar", "boxplot", "circle", "errorband", "errorbar", "geoshape", "image", "line", "point", "rect", "rule",
     "square", "text", "tick", "trail"]
)  # fmt: skip
_DRAWN = {
    "arc": "pie", "bar": "bar", "line": "line", "trail": "line", "area": "area", "point": "scatter", "circle": "scatter",
    "square": "scatter",
}  # fmt: skip
_PARTS = ("layer", "hconcat", "vconcat", "concat")
_DEEPEST = 20
_NUMERIC = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_FOLDED = ("aggregate", "bin", "timeUnit", "stack", "impute")


def vega_charts(spec: Any, path: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The charts that a specification draws from inline data, in our form, and what is wrong with it."""
    found: list[Finding] = []
    charts: list[dict[str, Any]] = []
    _walk(spec, {}, path, (charts, found), 0)
    if not charts and not found:
        found.append(
            Finding("not-checked", "info", path, "its data are computed or elsewhere; amounts were not compared")
        )
    return charts, found


def _walk(
    spec: Any, outer: Mapping[str, Any], path: str, into: tuple[list[dict[str, Any]], list[Finding]], depth: int
) -> None:
    charts, found = into
    if not isinstance(spec, Mapping) or depth > _DEEPEST:
        found.append(
            Finding("shape", "block", path, "a Vega-Lite specification must be an object, nested at most 20 deep")
        )
        return
    here = {
        "data": spec.get("data", outer.get("data")),
        "transform": bool(spec.get("transform")) or outer.get("transform", False),
    }
    encoding = spec.get("encoding")
    here["encoding"] = (
        {**outer.get("encoding", {}), **encoding} if isinstance(encoding, Mapping) else outer.get("encoding", {})
    )
    inner = [(name, part) for name in _PARTS if isinstance(spec.get(name), Sequence) for part in [spec[name]]]
    if inner or isinstance(spec.get("spec"), Mapping):
        for name, parts in inner:
            for place, part in enumerate(parts):
                _walk(part, here, f"{path}.{name}[{place}]", into, depth + 1)
        if isinstance(spec.get("spec"), Mapping):
            _walk(spec["spec"], {**here, "transform": True}, f"{path}.spec", into, depth + 1)
        return
    found += _unit(spec, here, path, charts)


def _unit(
    spec: Mapping[str, Any], here: Mapping[str, Any], path: str, charts: list[dict[str, Any]]
) -> Iterator[Finding]:
    mark = spec.get("mark")
    kind = mark.get("type") if isinstance(mark, Mapping) else mark
    if not isinstance(kind, str) or kind not in _MARKS:
        yield Finding("unknown-type", "block", f"{path}.mark", one_line(f"unknown mark {kind!r}", 80))
        return
    data = here["data"]
    rows = data.get("values") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        yield Finding("not-checked", "warn", f"{path}.data", "the data are not inline; they were not looked at")
        return
    if not rows:
        yield Finding("empty", "block", f"{path}.data.values", "the chart has no points")
        return
    if here["transform"] or not all(isinstance(row, Mapping) for row in rows):
        return
    wrong = list(_fields(rows, here["encoding"], path))
    yield from wrong
    if not wrong and kind in _DRAWN:
        made = _chart(spec, kind, rows, here["encoding"], len(charts))
        if made is not None:
            charts.append(made)


def _fields(rows: Sequence[Mapping[str, Any]], encoding: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Every encoded field is in the data, and a quantity is a finite number."""
    for channel, coded in encoding.items():
        name = _plain_field(coded)
        if name is None:
            continue
        where = f"{path}.encoding.{channel}.field"
        if not any(name in row for row in rows):
            yield Finding("shape", "block", where, one_line(f"no row has {name!r}", 80))
        elif coded.get("type") == "quantitative":
            for place, row in enumerate(rows):
                problem = _not_finite(row.get(name))
                if problem:
                    yield Finding(
                        "finite-number",
                        "block",
                        f"{path}.data.values[{place}].{name}",
                        f"must be a number, not {problem}",
                    )


def _not_finite(item: Any) -> str:
    """Why a value is no quantity; a missing one is left out of the drawing and is none of our business."""
    if isinstance(item, str) and _NUMERIC.fullmatch(item):  # Vega reads it as a number
        return ""
    if item is None or (isinstance(item, Decimal) and item.is_finite()):
        return ""
    if isinstance(item, int) or (isinstance(item, float) and math.isfinite(item)):
        return "bool" if isinstance(item, bool) else ""
    return str(item) if isinstance(item, float | Decimal) else type(item).__name__


def _plain_field(coded: Any) -> str | None:
    name = coded.get("field") if isinstance(coded, Mapping) else None
    return name if isinstance(name, str) and not set(name) & set(".[]\\") else None


def _chart(
    spec: Mapping[str, Any], kind: str, rows: Sequence[Mapping[str, Any]], encoding: Mapping[str, Any], count: int
) -> dict[str, Any] | None:
    """Label and amount of each slice or bar, where the specification draws the rows as they are."""
    if any(isinstance(coded, Mapping) and any(coded.get(name) for name in _FOLDED) for coded in encoding.values()):
        return None
    amount, label = _channels(kind, encoding)
    if amount is None or label is None or "row" in encoding or "column" in encoding or "facet" in encoding:
        return None
    if kind != "arc" and _DRAWN[kind] != "scatter" and _plain_field(encoding.get("color")) not in (None, label):
        return None
    points: list[dict[str, Any]] = [
        {"name": str(row.get(label)), "value": _number(row[amount])} for row in rows if row.get(amount) is not None
    ]
    if _DRAWN[kind] == "scatter":
        points = [
            {"x": _number(row[label]), "y": _number(row[amount])}
            for row in rows
            if row.get(amount) is not None and row.get(label) is not None
        ]
    title = spec.get("title")
    title = title.get("text") if isinstance(title, Mapping) else title
    return {
        "key": str(spec.get("name") or f"chart{count + 1}"),
        "title": title if isinstance(title, str) else None,
        "type": _DRAWN[kind],
        "data": points,
    }


def _number(item: Any) -> Any:
    return Decimal(item) if isinstance(item, str) else item


def _channels(kind: str, encoding: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if kind == "arc":
        theta = encoding.get("theta")
        if not isinstance(theta, Mapping) or theta.get("type") != "quantitative":
            return None, None
        return _plain_field(encoding.get("theta")), _plain_field(encoding.get("color"))
    across, up = encoding.get("x"), encoding.get("y")
    if _DRAWN[kind] == "scatter":
        both = [coded for coded in (across, up) if isinstance(coded, Mapping) and coded.get("type") == "quantitative"]
        return (_plain_field(up), _plain_field(across)) if len(both) == 2 else (None, None)
    names = ("nominal", "ordinal", "temporal") if kind in ("line", "trail", "area") else ("nominal", "ordinal")
    for label, amount in ((across, up), (up, across)):
        if (
            isinstance(amount, Mapping)
            and amount.get("type") == "quantitative"
            and isinstance(label, Mapping)
            and label.get("type") in names
        ):
            return _plain_field(amount), _plain_field(label)
    return None, None
