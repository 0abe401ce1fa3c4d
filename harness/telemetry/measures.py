"""Metrics of a run: what finished trials add up to, as counters, histograms and shares."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from harness.frozen import frozen
from harness.model import Result, Step

from . import names
from .facts import provider

Labels: TypeAlias = tuple[tuple[str, str], ...]
Kind: TypeAlias = Literal["sum", "histogram", "gauge"]

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(float(4**power) for power in range(14))
_SHARES = tuple(step / 10 for step in range(11))
_DOLLARS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

UNITS = {
    names.TOKEN_USAGE: "{token}", names.OPERATION_DURATION: "s", names.WORKFLOW_DURATION: "s", names.AGENT_DURATION: "s",
    names.TOOL_DURATION: "s", names.FIRST_TEXT: "s", names.PER_CHUNK: "s", names.CASE_RESULT: "{trial}", names.SCORE: "1", names.SUCCESS_RATE: "1",
    names.ROUTING_ACCURACY: "1", names.EXCESS_RATIO: "1", names.COST_USD: "USD", names.DROPPED: "{span}",
}  # fmt: skip
"""Every metric that we send, with its unit."""

_BOUNDS = {
    names.TOKEN_USAGE: _TOKENS, names.SCORE: _SHARES, names.EXCESS_RATIO: (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0),
    names.COST_USD: _DOLLARS,
}  # fmt: skip


@frozen
class Measure:
    """One thing measured in one trial."""

    name: str
    """Metric."""

    value: float
    """How much."""

    labels: Labels = ()
    """What it belongs to."""

    kind: Kind = "histogram"
    """How trials add up; a `gauge` is the mean of its values."""


@dataclass(slots=True)
class Series:
    """What measures of one metric and one set of labels add up to."""

    kind: Kind
    """How they add up."""

    bounds: tuple[float, ...] = ()
    """Upper ends of a histogram's buckets."""

    count: int = 0
    """How many there were."""

    total: float = 0.0
    """Their sum."""

    buckets: list[int] = field(default_factory=list)
    """How many in each bucket, one more than there are bounds."""

    def add(self, value: float) -> None:
        """Count one more."""
        self.count += 1
        self.total += value
        if self.kind == "histogram":
            self.buckets = self.buckets or [0] * (len(self.bounds) + 1)
            self.buckets[bisect_left(self.bounds, value)] += 1


class Sums:
    """All series of a run."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, Labels], Series] = {}

    def add(self, measure: Measure) -> None:
        """Count a measure; what is not finite measures nothing."""
        if not math.isfinite(measure.value):
            return
        key = (measure.name, measure.labels)
        if key not in self.series:
            self.series[key] = Series(measure.kind, _BOUNDS.get(measure.name, _SECONDS))
        self.series[key].add(measure.value)

    def document(self, start_ns: int, now_ns: int) -> list[dict[str, Any]]:
        """The `metrics` of an OTLP/JSON document."""
        made: dict[str, list[dict[str, Any]]] = {}
        for (name, labels), series in self.series.items():
            made.setdefault(name, []).append(_point(series, labels, start_ns, now_ns))
        return [_metric(name, points, self._kind(name)) for name, points in made.items()]

    def _kind(self, name: str) -> Kind:
        return next(series.kind for (known, _), series in self.series.items() if known == name)


def measures(result: Result) -> Iterator[Measure]:
    """What one trial measures."""
    trace, case, variant = result.outcome.trace, result.job.case, result.job.variant
    agent = (names.AGENT, variant)
    yield Measure(names.CASE_RESULT, 1, ((names.SUITE, case.suite), (names.STATUS, result.status)), "sum")
    yield Measure(names.WORKFLOW_DURATION, trace.duration_s, ((names.OPERATION, "invoke_workflow"),))
    yield Measure(names.AGENT_DURATION, trace.duration_s, ((names.OPERATION, "invoke_agent"), agent))
    if result.status in {"passed", "failed"}:
        yield Measure(names.SUCCESS_RATE, float(result.status == "passed"), (agent,), "gauge")
    if trace.ttft_s is not None:
        yield Measure(names.FIRST_TEXT, trace.ttft_s, ((names.OPERATION, "invoke_agent"), agent))
    if trace.cost_usd:
        yield Measure(names.COST_USD, trace.cost_usd, (agent,))
    for step in trace.steps:
        yield from _step(step, trace.steps)
    for verdict in result.verdicts:
        if verdict.score is not None:
            yield Measure(names.SCORE, verdict.score, ((names.EVALUATOR, verdict.metric or verdict.check),))
        if verdict.passed is not None and "routing" in (verdict.metric or verdict.check):
            yield Measure(names.ROUTING_ACCURACY, float(verdict.passed), (agent,), "gauge")
    excess = _excess(result)
    if excess is not None:
        yield Measure(names.EXCESS_RATIO, excess, (agent,))


def _step(step: Step, steps: tuple[Step, ...]) -> Iterator[Measure]:
    if step.kind == "tool":
        yield Measure(names.TOOL_DURATION, step.seconds, ((names.OPERATION, "execute_tool"), (names.TOOL, step.name)))
    if step.kind != "llm":
        return
    who = provider([step]) or provider(steps) or "unknown"
    common = ((names.OPERATION, "chat"), (names.PROVIDER, who), (names.REQUEST_MODEL, step.name))
    yield Measure(names.OPERATION_DURATION, step.seconds, common)
    if step.first_chunk_s is not None:
        yield Measure(names.FIRST_TEXT, step.first_chunk_s, common)
    if step.chunk_s is not None:
        yield Measure(names.PER_CHUNK, step.chunk_s, common)
    if step.usage is None:
        return
    for kind, number in (("input", step.usage.input_tokens), ("output", step.usage.output_tokens)):
        if number is not None:
            yield Measure(names.TOKEN_USAGE, number, (*common, (names.TOKEN_TYPE, kind)))


def _excess(result: Result) -> float | None:
    """Calls beyond the reference plan, as a share of it."""
    plan = result.steps.get("plan")
    if not isinstance(plan, dict) or not plan.get("steps"):
        return None
    extra = plan.get("extra_calls")
    count = sum(extra.values()) if isinstance(extra, dict) else len(plan.get("extra") or ())
    return count / int(plan["steps"])


def _point(series: Series, labels: Labels, start_ns: int, now_ns: int) -> dict[str, Any]:
    point: dict[str, Any] = {
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in labels],
        "startTimeUnixNano": str(start_ns),
        "timeUnixNano": str(now_ns),
    }
    if series.kind == "histogram":
        buckets = [str(count) for count in series.buckets]
        return point | {
            "count": str(series.count),
            "sum": series.total,
            "bucketCounts": buckets,
            "explicitBounds": [*series.bounds],
        }
    return point | {"asDouble": series.total / series.count if series.kind == "gauge" else series.total}


def _metric(name: str, points: list[dict[str, Any]], kind: Kind) -> dict[str, Any]:
    data: dict[str, Any] = {"dataPoints": points}
    if kind != "gauge":
        data["aggregationTemporality"] = 2  # cumulative
    if kind == "sum":
        data["isMonotonic"] = True
    return {"name": name, "unit": UNITS.get(name, "1"), kind: data}
