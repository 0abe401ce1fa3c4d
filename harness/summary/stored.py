"""Sum up stored runs from their totals alone: no result is read, so that a large run is summed up in a second."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from harness.store import CaseTotal, RunRow, Store

from .gather import check_rows, percentile, rate_of, repeats_of, total
from .values import CaseRow, Counts, Faults, Latency, Slice, Spend, Summary

_JUDGED = ("llm-rubric", "not-llm-rubric")


def summarise_stored(store: Store, runs: Mapping[str, Collection[str] | None]) -> Summary | None:
    """Sum up the named suites of each run, or all of them where None; None when there is nothing.

    The figures are those of `summarise`. Left out is what totals do not tell: metrics by name, kinds of faults, and slices by
    tag.
    """
    if not runs:
        return None
    totals = [item for run, suites in runs.items() for item in chosen(store.case_totals(run), suites)]
    checks: dict[str, Counter[str]] = defaultdict(Counter)
    for run, suites in runs.items():
        for check in store.check_totals(run):
            if suites is None or check.suite in suites:
                checks[check.name].update(
                    passed=check.passed, failed=check.failed, undecided=check.undecided, broken=check.broken,
                    guessed=check.guessed,
                )  # fmt: skip
    times = [
        item[1:] for run, suites in runs.items() for item in store.times(run) if suites is None or item[0] in suites
    ]
    return replace(
        _summary(store.run(next(iter(runs))), totals, times),
        checks=check_rows(checks),
        not_judged=sum(checks[name]["undecided"] for name in _JUDGED if name in checks),
        heuristic=sum(checks[name]["guessed"] for name in _JUDGED if name in checks),
        slices=_slices(tuple(map(case_row, totals))),
    )


def by_suite(store: Store, run: RunRow) -> dict[str, Summary]:
    """One summary per suite of a run, without checks."""
    totals: dict[str, list[CaseTotal]] = defaultdict(list)
    for item in store.case_totals(run.id):
        totals[item.suite].append(item)
    times: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for suite, took, first in store.times(run.id):
        times[suite].append((took, first))
    return {suite: _summary(run, items, times[suite]) for suite, items in totals.items()}


def chosen(totals: Iterable[CaseTotal], suites: Collection[str] | None) -> list[CaseTotal]:
    """Totals of the named suites."""
    return [item for item in totals if suites is None or item.suite in suites]


def case_row(item: CaseTotal) -> CaseRow:
    """A case's total as summaries have it."""
    counts = Counts(item.passed, item.failed, item.errored, item.undecided, item.missing)
    return CaseRow(item.suite, item.case, item.variant, counts, item.score_sum / item.scores if item.scores else None)


def spend(totals: Iterable[CaseTotal]) -> Spend:
    """Tokens and money of several cases."""
    found = tuple(totals)
    return Spend(
        input_tokens=sum(item.input_tokens for item in found),
        output_tokens=sum(item.output_tokens for item in found),
        tokens_unknown=sum(item.tokens_unknown for item in found),
        cost_usd=sum(item.cost_usd for item in found),
        cost_unknown=sum(item.cost_unknown for item in found),
        judge_usd=sum(item.judge_usd for item in found),
        judge_unknown=sum(item.judge_unknown for item in found),
    )


def latency(times: Collection[tuple[float, float | None]]) -> Latency:
    """Percentiles of wall times and times to first text."""
    took = [item[0] for item in times]
    first = [item[1] for item in times if item[1] is not None]
    return Latency(percentile(took, 0.5), percentile(took, 0.95), percentile(first, 0.5), percentile(first, 0.95))


def _summary(run: RunRow, totals: Collection[CaseTotal], times: Collection[tuple[float, float | None]]) -> Summary:
    rows = tuple(case_row(item) for item in totals)
    scores = sum(item.scores for item in totals)
    return Summary(
        run=run,
        counts=total(rows),
        rate=rate_of(rows),
        score=sum(item.score_sum for item in totals) / scores if scores else None,
        metrics={},
        repeats=repeats_of(rows),
        cases=tuple(sorted(rows, key=lambda row: row.rank)),
        checks=(),
        faults=Faults({}, {}, {}),
        spend=spend(totals),
        latency=latency(times),
        not_judged=0,
        slices=(),
    )


def _slices(rows: Collection[CaseRow]) -> tuple[Slice, ...]:
    """By agent and by suite."""
    groups: dict[tuple[str, str], list[CaseRow]] = defaultdict(list)
    for row in rows:
        groups["agent", row.variant].append(row)
        groups["suite", row.suite].append(row)
    return tuple(Slice(by, name, total(part), rate_of(part)) for (by, name), part in sorted(groups.items()))
