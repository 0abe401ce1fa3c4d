"""Runs, suites and cases as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.store import CaseTotal, RunRow, Store
from harness.summary import Counts, Summary
from harness.summary.stored import RunTotals, case_row, summarise_totals, totals_of
from harness.text import one_line

from .places import case_link
from .words import interval_text, rate_text, rounded, shown, status_of, verdict_sentence

if TYPE_CHECKING:
    from pandas import DataFrame

RUN_COLUMNS = ("run", "started", "status", "suites", "planned", "done", "source", "commit")
SUITE_COLUMNS = (
    "suite", "result", "rate", "interval", "low", "high", "passed", "failed", "errored", "undecided", "missing", "cost_usd",
    "cost_unknown", "p50_s", "p95_s", "run", "started", "every", "commit",
)  # fmt: skip
CASE_COLUMNS = (
    "result", "suite", "case", "case_id", "agent", "trials", "failed", "errored", "undecided", "missing", "why", "seconds",
    "cost_usd", "link",
)  # fmt: skip

FLAKY_COLUMNS = ("case", "suite", "agent", "passed", "failed", "rate", "link")
MOST_EXPLAINED: Final = 200
"""Cases whose reason is looked up; the page of the run has all."""


def run_rows(rows: Sequence[RunRow]) -> DataFrame:
    """One row per run."""
    return _frame(
        RUN_COLUMNS,
        (
            {
                "run": row.id,
                "started": _moment(row.manifest.started_at),
                "status": row.status,
                "suites": ", ".join(row.manifest.suites),
                "planned": row.planned,
                "done": row.done,
                "source": row.manifest.source,
                "commit": commit_text(row.manifest.git_commit, dirty=row.manifest.git_dirty),
            }
            for row in rows
        ),
    )


def suite_rows(store: Store, run: RunRow, totals: RunTotals | None = None) -> DataFrame:
    """One row per suite of a run, from totals alone: no result is read."""
    parts = (totals or totals_of(store, run)).by_suite()
    summaries = {suite: summarise_totals([part]) for suite, part in parts.items()}
    return _frame(
        SUITE_COLUMNS, (_suite(suite, summary) for suite, summary in summaries.items() if summary is not None)
    )  # fmt: skip


def latest_parts(runs: Sequence[RunTotals]) -> tuple[RunTotals, ...]:
    """The newest results of each suite; runs come newest first."""
    seen: set[str] = set()
    parts = []
    for item in runs:
        fresh = {case.suite for case in item.cases} - seen
        if fresh:
            parts.append(item.of(fresh))
            seen |= fresh
    return tuple(parts)


def latest(suites: DataFrame) -> DataFrame:
    """The newest row of each suite, of rows of several runs, newest first."""
    ordered = suites.sort_values(["started", "run"], ascending=False, kind="stable")
    return ordered.drop_duplicates("suite").sort_values("suite").reset_index(drop=True)


def total(store: Store, runs: Mapping[str, Sequence[str]]) -> Summary | None:
    """One summary over the named suites of each run; None when there is nothing."""
    return summarise_totals([totals_of(store, store.run(run), checks=True).of(suites) for run, suites in runs.items()])


def case_rows(
    store: Store,
    run: RunRow,
    suites: Iterable[str] | None = None,
    *,
    totals: RunTotals | None = None,
    most: int = MOST_EXPLAINED,
) -> DataFrame:
    """One row per case and agent variant of a run, worst first, with where to look and, for the first of them, why.

    Args:
        store: Where the run is.
        run: The run.
        suites: Suites wanted; by default all.
        totals: The run's totals, where they are at hand.
        most: How many reasons are looked up.
    """
    found = totals or totals_of(store, run)
    part = found if suites is None else found.of(frozenset(suites))
    ranked = sorted(part.cases, key=lambda item: case_row(item).rank)
    open_ones = [item.key for item in ranked if item.failed or item.errored or item.undecided]
    known = store.results(run.id, keys=open_ones[:most]) if open_ones else ()
    why = {result.job.key: verdict_sentence(result) for result in known}
    return _frame(CASE_COLUMNS, (_case(run, item, why.get(item.key, "")) for item in ranked))


def flaky_rows(totals: RunTotals) -> DataFrame:
    """Cases that both passed and failed in one run, the least certain first."""
    found = [item for item in totals.cases if case_row(item).flaky]
    found.sort(key=lambda item: abs(item.passed / (item.passed + item.failed) - 0.5))
    return _frame(FLAKY_COLUMNS, (_flaky(totals.run, item) for item in found))


def _suite(suite: str, summary: Summary) -> dict[str, Any]:
    rate, counts, money = summary.rate, summary.counts, summary.spend
    last = summary.repeats[-1] if summary.repeats else None
    manifest = summary.run.manifest
    return {
        "suite": suite,
        "result": shown(status_of(counts)),
        "rate": None if rate.value is None else rounded(rate.value),
        "interval": interval_text(rate.low, rate.high),
        "low": rate.low,
        "high": rate.high,
        "every": "–" if last is None else f"{rate_text(last.every)} (k = {last.k})",
        **_counts(counts),
        "passed": counts.passed,
        "cost_usd": money.cost_usd + money.judge_usd,
        "cost_unknown": money.cost_unknown + money.judge_unknown,
        "p50_s": summary.latency.p50_s,
        "p95_s": summary.latency.p95_s,
        "run": summary.run.id,
        "started": _moment(manifest.started_at),
        "commit": commit_text(manifest.git_commit, dirty=manifest.git_dirty),
    }


def commit_text(commit: str | None, *, dirty: bool | None) -> str:
    """A commit in ten characters, and whether there were changes besides."""
    return f"{(commit or '')[:10]}{' + changes' if dirty else ''}"


def _case(run: RunRow, item: CaseTotal, why: str) -> dict[str, Any]:
    counts = case_row(item).counts
    status = status_of(counts)
    if not why and status in {"missing", "passed"}:
        why = "no result: the run ended before" if status == "missing" else "every check held"
    return {
        "result": shown(status),
        "suite": item.suite,
        "case": one_line(item.case, 80),
        "case_id": item.case,
        "agent": item.variant,
        "trials": f"{counts.passed} of {counts.planned} passed",
        **_counts(counts),
        "why": why,
        "seconds": item.seconds,
        "cost_usd": None if item.cost_unknown else item.cost_usd,
        "link": case_link(run.id, item),
    }


def _flaky(run: RunRow, item: CaseTotal) -> dict[str, Any]:
    return {
        "case": one_line(item.case, 80),
        "suite": item.suite,
        "agent": item.variant,
        "passed": item.passed,
        "failed": item.failed,
        "rate": item.passed / (item.passed + item.failed),
        "link": case_link(run.id, item),
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("failed", "errored", "undecided", "missing")}


def _moment(text: str) -> Any:
    import pandas as pd

    return pd.to_datetime(text, utc=True, errors="coerce")


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
