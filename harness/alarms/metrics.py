"""What is measured of agents in service: every metric with its unit and dimensions, and the samples of a trial."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.model import Result
from harness.model.outcome import AGENT_FAULTS

Unit: TypeAlias = Literal["None", "Count", "Milliseconds", "Seconds", "Percent", "Bytes"]
Labels: TypeAlias = tuple[tuple[str, str], ...]


@frozen
class Metric:
    """One thing that is measured."""

    unit: Unit
    """In CloudWatch's words; shares and dollars have none."""

    what: str
    """What it says."""

    by: tuple[str, ...] = ("agent",)
    """Its dimensions."""


METRICS: Final[Mapping[str, Metric]] = {
    "AgentSuccess": Metric("None", "1 for a request that an agent did well, 0 for one that it failed"),
    "RoutingCorrect": Metric("None", "1 for a request that reached the right agents, 0 for one that did not"),
    "Errors": Metric("Count", "1 for a request that ended in an error, whoever's fault it was, else 0"),
    "Requests": Metric("Count", "1 for each request"),
    "Duration": Metric("Milliseconds", "time that a request took"),
    "FirstText": Metric("Milliseconds", "time to the first words, of answers that were streamed"),
    "InputTokens": Metric("Count", "tokens that models read"),
    "OutputTokens": Metric("Count", "tokens that models wrote"),
    "CostUSD": Metric("None", "price of model calls, in US dollars"),
    "ToolErrors": Metric("Count", "tool calls that failed"),
    "GuardrailStops": Metric("Count", "guardrails that objected"),
    "JudgedScore": Metric("None", "score of the checks, 0 to 1"),
    "BudgetShare": Metric("None", "spent part of the budget so far, 1 for all of it", ()),
    "UserSatisfaction": Metric("None", "what users said it was worth to them, 0 to 1"),
}
"""Every metric by its name."""


@frozen
class Sample:
    """One measurement."""

    at_s: float
    """When, in seconds since 1970."""

    metric: str
    """Of what."""

    value: float
    """How much."""

    labels: Labels = ()
    """Dimensions with their values."""


def trial_samples(result: Result) -> Iterator[Sample]:
    """What one trial measures, at the time of its end."""
    trace, labels = result.outcome.trace, (("agent", result.job.variant),)
    at_s = _epoch(result.started_at) + (trace.duration_s if math.isfinite(trace.duration_s) else 0.0)

    def sample(metric: str, value: float) -> Sample:
        return Sample(at_s, metric, float(value), labels)

    if result.status in {"passed", "failed"}:
        yield sample("AgentSuccess", result.status == "passed")
    yield sample("Requests", 1)
    yield sample("Errors", result.status == "errored" or result.outcome.status in AGENT_FAULTS)
    yield sample("Duration", 1000 * trace.duration_s)
    if trace.ttft_s is not None:
        yield sample("FirstText", 1000 * trace.ttft_s)
    for metric, count in (("InputTokens", trace.usage.input_tokens), ("OutputTokens", trace.usage.output_tokens)):
        if count is not None:
            yield sample(metric, count)
    if trace.cost_usd is not None:
        yield sample("CostUSD", trace.cost_usd)
    yield sample("ToolErrors", sum(step.status == "error" for step in trace.tools))
    yield sample("GuardrailStops", sum(item.get("passed") is False for item in trace.guardrails))
    if result.score is not None:
        yield sample("JudgedScore", result.score)
    for verdict in result.verdicts:
        # The same verdicts as the metric of the traces: the check on routes, or one that a suite reports as routing.
        if verdict.decided is not None and "routing" in (verdict.metric or verdict.check):
            yield sample("RoutingCorrect", verdict.decided)


def _epoch(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
