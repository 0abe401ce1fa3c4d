"""Sum up stored runs from their totals alone: no result is read, so that a large run is summed up in a second."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from harness.frozen import frozen
from harness.store import CaseTotal, CheckTotal, RunRow, Store, figures
from harness.store.replaced import NOTHING

from .gather import check_rows, percentile, total
from .shares import rate_of, repeats_of
from .values import CaseRow, CheckRow, Counts, Faults, Latency, Slice, Spend, Summary

Times = Sequence[tuple[str, float, float | None]]
"""Suite, wall time and time to first text of completed trials."""

_JUDGED = ("llm-rubric", "not-llm-rubric")


@frozen
class RunTotals:
    """A run, or some suites of it, as totals."""

    run: RunRow
    """The run."""

    cases: tuple[CaseTotal, ...]
    """One per case and agent variant."""

    times: Times
    """Of every completed trial that has a time."""

    checks: tuple[CheckTotal, ...] = ()
    """One per suite and kind of check: of all, or of those that judges decide."""

    def of(self, suites: Collection[str]) -> RunTotals:
        """The part of some suites."""
        return replace(
            self,
            cases=tuple(item for item in self.cases if item.suite in suites),
            times=[item for item in self.times if item[0] in suites],
            checks=tuple(item for item in self.checks if item.suite in suites),
        )

    def by_suite(self) -> dict[str, RunTotals]:
        """Each suite apart."""
        cases: dict[str, list[CaseTotal]] = defaultdict(list)
        times: dict[str, list[tuple[str, float, float | None]]] = defaultdict(list)
        for case in self.cases:
            cases[case.suite].append(case)
        for item in self.times:
            times[item[0]].append(item)
        return {
            suite: RunTotals(self.run, tuple(found), times[suite], tuple(one for one in self.checks if one.suite == suite))
            for suite, found in cases.items()
        }  # fmt: skip


def totals_of(store: Store, run: RunRow, *, checks: bool = False) -> RunTotals:
    """Read the totals of a run.

    Args:
        store: Where it is.
        run: The run.
        checks: Whether to count all verdicts; without, those that judges decide are counted.
    """
    return RunTotals(
        run, store.ask(figures.case_totals, run.id), store.ask(figures.times, run.id), store.ask(figures.check_totals, run.id, judged=not checks)
    )  # fmt: skip


def summarise_totals(parts: Sequence[RunTotals]) -> Summary | None:
    """Sum up several runs' totals together; None when there are none.

    The figures are those of `summarise`. Left out is what totals do not tell: metrics by name, kinds of faults, and slices by
    tag.
    """
    if not parts:
        return None
    cases = [item for part in parts for item in part.cases]
    rows = tuple(case_row(item) for item in cases)
    scores = sum(item.scores for item in cases)
    checks, open_ones, guessed = _checks([item for part in parts for item in part.checks])
    return Summary(
        run=parts[0].run,
        counts=total(rows),
        rate=rate_of(rows),
        score=sum(item.score_sum for item in cases) / scores if scores else None,
        metrics={},
        repeats=repeats_of(rows),
        cases=tuple(sorted(rows, key=lambda row: row.rank)),
        checks=checks,
        faults=Faults({}, {}, {}),
        spend=spend(cases),
        latency=latency([item for part in parts for item in part.times]),
        not_judged=open_ones,
        heuristic=guessed,
        slices=_slices(rows),
    )


def case_row(item: CaseTotal) -> CaseRow:
    """A case's total as summaries have it."""
    counts = Counts(item.passed, item.failed, item.errored, item.undecided, item.missing)
    return CaseRow(item.suite, item.case, item.variant, counts, item.score_sum / item.scores if item.scores else None)


def spend(cases: Iterable[CaseTotal]) -> Spend:
    """Tokens and money of several cases."""
    found = tuple(cases)
    besides = sum((item.replaced for item in found if item.replaced.executions), NOTHING)
    return Spend(
        input_tokens=sum(item.input_tokens for item in found) + besides.input_tokens,
        output_tokens=sum(item.output_tokens for item in found) + besides.output_tokens,
        tokens_unknown=sum(item.tokens_unknown for item in found),
        cost_usd=sum(item.cost_usd for item in found) + besides.cost_usd,
        cost_unknown=sum(item.cost_unknown for item in found),
        judge_usd=sum(item.judge_usd for item in found) + besides.judge_usd,
        judge_unknown=sum(item.judge_unknown for item in found),
        replaced=besides,
    )


def latency(times: Times) -> Latency:
    """Percentiles of wall times and times to first text."""
    took = [item[1] for item in times]
    first = [item[2] for item in times if item[2] is not None]
    return Latency(percentile(took, 0.5), percentile(took, 0.95), percentile(first, 0.5), percentile(first, 0.95))


def _checks(totals: Iterable[CheckTotal]) -> tuple[tuple[CheckRow, ...], int, int]:
    """Verdicts by kind, and how many claims no judge decided, those among them that were guessed."""
    checks: dict[str, Counter[str]] = defaultdict(Counter)
    for item in totals:
        checks[item.name].update(
            passed=item.passed, failed=item.failed, undecided=item.undecided, broken=item.broken, guessed=item.guessed
        )
    judged: Mapping[str, int] = sum((checks[name] for name in _JUDGED if name in checks), Counter())
    return check_rows(checks), judged.get("undecided", 0), judged.get("guessed", 0)


def _slices(rows: Collection[CaseRow]) -> tuple[Slice, ...]:
    """By agent and by suite."""
    groups: dict[tuple[str, str], list[CaseRow]] = defaultdict(list)
    for row in rows:
        groups["agent", row.variant].append(row)
        groups["suite", row.suite].append(row)
    return tuple(Slice(by, name, total(part), rate_of(part)) for (by, name), part in sorted(groups.items()))
