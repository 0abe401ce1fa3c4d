"""Read the results of a run once and sum them up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.model import Job, Result
from harness.stats import mean
from harness.store import RunRow
from harness.store.replaced import NOTHING, Replaced, of_result

from .shares import rate_of, repeats_of
from .values import CaseRow, CheckRow, Counts, Faults, Latency, Slice, Spend, Summary

TARGET_FAULTS = frozenset(
    {
        "unreachable", "no_answer", "http_408", "http_429", "http_502", "http_503", "http_504",
        "aws_TooManyRequestsException", "aws_ThrottlingException", "aws_ServiceException",
    }
)  # fmt: skip
"""Kinds of failure of whoever serves an agent that is elsewhere; see `harness.adapters.target`."""

MODEL_FAULTS = frozenset(
    {
        "provider", "rate_limit", "overloaded", "timeout", "connection", "refusal", "bad_request", "authentication",
        "not_found", "invalid_reply", "truncated", "context_length",
    }
)  # fmt: skip
"""Kinds of failure that a model call reports; see `harness.llm.errors`."""

PROVIDER_FAULTS = MODEL_FAULTS | TARGET_FAULTS
"""Failures that are neither the agent's nor ours."""

_JUDGED = frozenset({"llm-rubric", "not-llm-rubric"})
_STATUSES = ("passed", "failed", "errored", "undecided", "missing")

CaseKey = tuple[str, str, str]


def summarise(
    run: RunRow, results: Iterable[Result], missing: Sequence[Job] = (), replaced: Replaced = NOTHING
) -> Summary:
    """Sum up a run.

    Args:
        run: Which run.
        results: Its results; totals are enough, traces are not looked at.
        missing: Planned trials without a result.
        replaced: What was spent by executions that later ones took the place of: `store.replaced(run.id)`.
    """
    tally = _Tally(replaced)
    for result in results:
        tally.add(result)
    for job in missing:
        tally.count(job, "missing")
    return tally.summary(run)


@dataclass(slots=True)
class _Tally:
    """What is known half-way through."""

    replaced: Replaced = NOTHING
    cases: dict[CaseKey, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    tags: dict[CaseKey, Mapping[str, str]] = field(default_factory=dict)
    scores: dict[CaseKey, list[float]] = field(default_factory=lambda: defaultdict(list))
    metrics: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    checks: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    agent: Counter[str] = field(default_factory=Counter)
    provider: Counter[str] = field(default_factory=Counter)
    harness: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    money: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)
    first_text: list[float] = field(default_factory=list)
    routes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    not_judged: int = 0
    heuristic: int = 0

    def count(self, job: Job, status: str) -> CaseKey:
        key = (job.case.suite, job.case.id, job.variant)
        self.cases[key][status] += 1
        self.tags[key] = job.case.tags
        return key

    def add(self, result: Result) -> None:
        key = self.count(result.job, result.status)
        if result.score is not None and result.status in {"passed", "failed"}:
            self.scores[key].append(result.score)
        self._verdicts(result)
        self._blame(result)
        self._spending(result)
        self._route(result.steps.get("routing"))
        trace = result.outcome.trace
        if result.outcome.status == "completed" and trace.duration_s > 0:  # imported trials may have no times
            self.seconds.append(trace.duration_s)
            if trace.ttft_s is not None:
                self.first_text.append(trace.ttft_s)

    def _verdicts(self, result: Result) -> None:
        for verdict in result.verdicts:
            ended = "broken" if verdict.error else _ended(None if verdict.heuristic else verdict.passed)
            self.checks[verdict.check][ended] += 1
            if verdict.check in _JUDGED and ended == "undecided":
                self.not_judged += 1
                self.heuristic += verdict.heuristic
            if verdict.metric is not None and verdict.score is not None and not verdict.heuristic:
                self.metrics[verdict.metric].append(verdict.score)

    def _blame(self, result: Result) -> None:
        outcome = result.outcome
        if outcome.status in {"infrastructure_failed", "cancelled"}:
            kind = outcome.error.type if outcome.error else outcome.status
            (self.provider if kind in PROVIDER_FAULTS else self.harness)[kind] += 1
        elif result.status == "failed":
            self.agent["checks" if outcome.status == "completed" else outcome.status] += 1
        if any(verdict.error for verdict in result.verdicts):
            self.harness["checks"] += 1

    def _route(self, routing: Mapping[str, Any] | None) -> None:
        if routing and routing.get("expected"):
            path = routing.get("path") or ["none"]
            self.routes[routing["expected"][0]][path[0]] += 1

    def _spending(self, result: Result) -> None:
        trace = result.outcome.trace
        self.spent["input"] += trace.usage.input_tokens or 0
        self.spent["output"] += trace.usage.output_tokens or 0
        self.spent["tokens_unknown"] += trace.usage.total is None
        for name, cost in (("cost", trace.cost_usd), ("judge", result.judge_cost_usd)):
            if cost is None:
                self.spent[f"{name}_unknown"] += 1
            else:
                self.money[name].append(cost)
        if result.outcome.earlier:
            self.replaced += of_result(result)

    def summary(self, run: RunRow) -> Summary:
        rows = tuple(
            CaseRow(*key, _counts(counter), mean(self.scores[key]) if self.scores[key] else None)
            for key, counter in self.cases.items()
        )
        scores = [score for values in self.scores.values() for score in values]
        return Summary(
            run=run,
            counts=total(rows),
            rate=rate_of(rows),
            score=mean(scores) if scores else None,
            metrics={name: mean(values) for name, values in sorted(self.metrics.items())},
            repeats=repeats_of(rows),
            cases=tuple(sorted(rows, key=lambda row: row.rank)),
            checks=check_rows(self.checks),
            faults=Faults(dict(self.agent), dict(self.provider), dict(self.harness)),
            spend=self._spend(),
            latency=Latency(
                percentile(self.seconds, 0.5),
                percentile(self.seconds, 0.95),
                percentile(self.first_text, 0.5),
                percentile(self.first_text, 0.95),
            ),
            not_judged=self.not_judged,
            heuristic=self.heuristic,
            slices=self._slices(rows),
            routes={wanted: dict(reached) for wanted, reached in self.routes.items()},
        )

    def _spend(self) -> Spend:
        besides = self.replaced
        return Spend(
            input_tokens=self.spent["input"] + besides.input_tokens,
            output_tokens=self.spent["output"] + besides.output_tokens,
            tokens_unknown=self.spent["tokens_unknown"],
            cost_usd=sum(self.money["cost"]) + besides.cost_usd,
            cost_unknown=self.spent["cost_unknown"],
            judge_usd=sum(self.money["judge"]) + besides.judge_usd,
            judge_unknown=self.spent["judge_unknown"],
            replaced=besides,
        )

    def _slices(self, rows: Sequence[CaseRow]) -> tuple[Slice, ...]:
        groups: dict[tuple[str, str], list[CaseRow]] = defaultdict(list)
        for row in rows:
            groups["agent", row.variant].append(row)
            groups["suite", row.suite].append(row)
            for name, value in self.tags[row.suite, row.case, row.variant].items():
                groups["tag", f"{name}={value}" if value else name].append(row)
        order = ("agent", "suite", "tag")
        return tuple(
            Slice(by, name, total(part), rate_of(part))
            for (by, name), part in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
        )


def _ended(passed: bool | None) -> str:
    return "undecided" if passed is None else "passed" if passed else "failed"


def _counts(counter: Mapping[str, int]) -> Counts:
    return Counts(**{status: counter.get(status, 0) for status in _STATUSES})


def total(rows: Iterable[CaseRow]) -> Counts:
    """All trials of several cases."""
    every = [row.counts for row in rows]
    return Counts(**{status: sum(getattr(counts, status) for counts in every) for status in _STATUSES})


def check_rows(checks: Mapping[str, Counter[str]]) -> tuple[CheckRow, ...]:
    """Kinds of checks, most failures first."""
    rows = [
        CheckRow(name, count["passed"], count["failed"], count["undecided"], count["broken"])
        for name, count in checks.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.failed, -row.broken, -row.undecided)))


def percentile(values: Sequence[float], share: float) -> float | None:
    """Interpolated between the two nearest values."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
