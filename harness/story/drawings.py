"""The charts that an agent made, as plain shapes: what a reader would have seen, beside what the guardrail says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from harness.frozen import frozen
from harness.model import CheckSpec, Result
from harness.text import one_line

CHECK: Final = "finance:chart-spec"
MOST_CHARTS: Final = 12
MOST_POINTS: Final = 60

Findings: TypeAlias = tuple[tuple[str, str], ...]


@frozen
class Point:
    """One labelled amount."""

    label: str
    """Its label."""

    value: float
    """Its amount."""

    series: str = ""
    """Series that it belongs to."""

    x: float | None = None
    """Across, in a scatter."""


@frozen
class Drawing:
    """One chart."""

    title: str
    """Heading."""

    about: str
    """What it says of itself."""

    kind: str
    """pie, donut, bar, horizontalBar, line, area, radar, scatter, treemap or composed; `none` for what cannot be drawn."""

    points: tuple[Point, ...]
    """What is drawn."""

    total: float
    """Sum of the amounts."""

    findings: Findings = ()
    """Severity and words of what the guardrail found."""

    more: int = 0
    """Points that are left out."""


@frozen
class Drawings:
    """All charts of an answer."""

    charts: tuple[Drawing, ...] = ()
    """The charts."""

    problem: str = ""
    """Why nothing could be drawn."""

    profile: str = "strict"
    """Whose form the charts have."""


def drawings(result: Result) -> Drawings | None:
    """The charts of a trial; None where its answer is no set of charts and no check asks for one."""
    payload = result.outcome.trace.structured
    spec = next((spec for spec in result.job.case.checks if spec.type == CHECK), None)
    if spec is None and not _looks_like_charts(payload):
        return None
    if payload is None:
        payload = result.outcome.trace.answer
    made = _drawn(payload, spec)
    charts = tuple(
        replace(chart, findings=_with(chart.findings, result, place)) for place, chart in enumerate(made.charts)
    )
    return replace(made, charts=charts)


def _with(findings: Findings, result: Result, place: int) -> Findings:
    """What was found of a chart, with what the check said of it then."""
    told = [
        ("block", one_line(item.note.partition(": ")[2] or item.note, 300))
        for verdict in result.verdicts
        if verdict.check == CHECK and verdict.passed is False
        for item in verdict.evidence
        if (item.path or "").startswith(f"$.charts[{place}]")
    ]
    return tuple(dict.fromkeys((*findings, *told)))


def _looks_like_charts(payload: Any) -> bool:
    if not isinstance(payload, Mapping):
        return False
    rows = payload.get("charts")
    return isinstance(rows, list | tuple) and any(isinstance(row, Mapping) and "data" in row for row in rows)


def _drawn(payload: Any, spec: CheckSpec | None) -> Drawings:
    from harness.jsonpath import PathError, parse

    params = spec.params if spec is not None else {}
    if params.get("path"):
        try:
            found = parse(str(params["path"])).find(payload)
        except PathError:
            found = ()
        payload = found[0].value if found else payload
    profile = str(params.get("profile", "strict"))
    rows = payload.get("charts") if isinstance(payload, Mapping) else None
    if profile == "strict" and isinstance(rows, list | tuple) and rows:
        charts = tuple(_alone(row) for row in rows[:MOST_CHARTS])
    else:
        charts, findings = _read(payload, profile)
        charts = charts or ((_undrawn({}, findings),) if findings else ())
    return Drawings(charts, "" if charts else "there is no chart that could be drawn", profile)


def _alone(row: Any) -> Drawing:
    """One chart by itself, so that a broken one neither hides nor shifts the others."""
    charts, findings = _read({"charts": [row]}, "strict")
    return replace(charts[0], findings=findings) if charts else _undrawn(row, findings)


def _read(payload: Any, profile: str) -> tuple[tuple[Drawing, ...], Findings]:
    """Charts as they are: sums and figures are the check's business."""
    from harness.guardrails.charts import ChartRules, check_charts

    rules = ChartRules(count=None, whole="none", unit=None)
    report = check_charts(payload, rules=rules, profile=profile)  # type: ignore[arg-type]  # fails closed on any other
    findings = tuple((item.severity, one_line(item.message, 300)) for item in report.findings[:8])
    return tuple(_drawing(chart) for chart in report.charts[:MOST_CHARTS]), findings


def _undrawn(row: Any, findings: Findings) -> Drawing:
    title = row.get("title") or row.get("key") if isinstance(row, Mapping) else ""
    return Drawing(one_line(str(title or "a chart"), 120), "", "none", (), 0.0, findings)


def _drawing(chart: Any) -> Drawing:
    points = list(_points(chart))
    return Drawing(
        title=one_line(chart.title or chart.key, 120),
        about=one_line(chart.description or "", 300),
        kind=chart.type,
        points=tuple(points[:MOST_POINTS]),
        total=sum(point.value for point in points),
        more=max(0, len(points) - MOST_POINTS),
    )


def _points(chart: Any) -> Iterator[Point]:
    from harness.guardrails.charts.parts import parts_of

    across = [getattr(point, "x", None) for point in chart.data] if chart.type == "scatter" else []
    for place, part in enumerate(parts_of(chart, "$")):
        x = across[place] if place < len(across) else None
        yield Point(
            one_line(part.label, 80), float(part.value), one_line(part.series, 60), None if x is None else float(x)
        )
