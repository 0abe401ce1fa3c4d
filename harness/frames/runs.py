"""Runs, suites and cases as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from harness.model import Job, Result
from harness.store import RunRow, Store
from harness.summary import CaseRow, Counts, Summary, summarise
from harness.text import one_line

from .places import trial_link
from .words import interval_text, rounded, shown, status_of, verdict_sentence

if TYPE_CHECKING:
    from pandas import DataFrame

RUN_COLUMNS = ("run", "started", "status", "suites", "planned", "done", "source", "commit")
SUITE_COLUMNS = (
    "suite", "result", "rate", "interval", "low", "high", "passed", "failed", "errored", "undecided", "missing", "cost_usd",
    "cost_unknown", "p50_s", "p95_s", "run", "started",
)  # fmt: skip
CASE_COLUMNS = (
    "result", "suite", "case", "case_id", "agent", "trials", "failed", "errored", "undecided", "missing", "why", "seconds",
    "cost_usd", "link",
)  # fmt: skip

Key = tuple[str, str, str]


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
                "commit": f"{(row.manifest.git_commit or '')[:10]}{' + changes' if row.manifest.git_dirty else ''}",
            }
            for row in rows
        ),
    )


def suite_rows(store: Store, run: RunRow) -> DataFrame:
    """One row per suite of a run, from totals alone: no trace is read."""
    results, missing = _by_suite(store.results(run.id)), _jobs_by_suite(store.missing(run.id))
    suites = dict.fromkeys(chain(results, missing))
    return _frame(
        SUITE_COLUMNS,
        (_suite(suite, summarise(run, results.get(suite, ()), missing.get(suite, ()))) for suite in suites),
    )


def latest(suites: DataFrame) -> DataFrame:
    """The newest row of each suite, of rows of several runs, newest first."""
    ordered = suites.sort_values(["started", "run"], ascending=False, kind="stable")
    return ordered.drop_duplicates("suite").sort_values("suite").reset_index(drop=True)


def total(store: Store, runs: Mapping[str, Sequence[str]]) -> Summary | None:
    """One summary over the named suites of each run; None when there is nothing."""
    if not runs:
        return None
    rows = [store.run(run) for run in runs]
    wanted = [(row, frozenset(runs[row.id])) for row in rows]
    results = (result for row, suites in wanted for result in store.results(row.id) if result.job.case.suite in suites)
    missing = [job for row, suites in wanted for job in store.missing(row.id) if job.case.suite in suites]
    return summarise(rows[0], results, missing)


def case_rows(store: Store, run: RunRow, suites: Iterable[str] | None = None) -> DataFrame:
    """One row per case and agent variant of a run, worst first, with why and where to look."""
    wanted = None if suites is None else frozenset(suites)
    groups: dict[Key, list[Result]] = defaultdict(list)
    for result in store.results(run.id):
        groups[_key(result.job)].append(result)
    missing = store.missing(run.id)
    summary = summarise(run, chain.from_iterable(groups.values()), missing)
    lacking = {_key(job): job for job in missing}
    rows = [(row, (row.suite, row.case, row.variant)) for row in summary.cases if wanted is None or row.suite in wanted]
    return _frame(CASE_COLUMNS, (_case(run, row, groups.get(key, []), lacking.get(key)) for row, key in rows))


def _suite(suite: str, summary: Summary) -> dict[str, Any]:
    rate, counts, spend = summary.rate, summary.counts, summary.spend
    return {
        "suite": suite,
        "result": shown(status_of(counts)),
        "rate": None if rate.value is None else rounded(rate.value),
        "interval": interval_text(rate.low, rate.high),
        "low": rate.low,
        "high": rate.high,
        **_counts(counts),
        "passed": counts.passed,
        "cost_usd": spend.cost_usd + spend.judge_usd,
        "cost_unknown": spend.cost_unknown + spend.judge_unknown,
        "p50_s": summary.latency.p50_s,
        "p95_s": summary.latency.p95_s,
        "run": summary.run.id,
        "started": _moment(summary.run.manifest.started_at),
    }


def _case(run: RunRow, row: CaseRow, results: Sequence[Result], missing: Job | None) -> dict[str, Any]:
    status = status_of(row.counts)
    worst = next((result for result in results if result.status == status), None)
    times = [result.outcome.trace.duration_s for result in results if result.outcome.status == "completed"]
    costs = [result.outcome.trace.cost_usd for result in results]
    job = worst.job if worst else results[0].job if results else missing
    return {
        "result": shown(status),
        "suite": row.suite,
        "case": one_line(row.case, 80),
        "case_id": row.case,
        "agent": row.variant,
        "trials": f"{row.counts.passed} of {row.counts.planned} passed",
        **_counts(row.counts),
        "why": verdict_sentence(worst) if worst else "no result: the run ended before",
        "seconds": sum(times) / len(times) if times else None,
        "cost_usd": None if None in costs else sum(cost or 0.0 for cost in costs),
        "link": trial_link(run.id, job) if job else "",
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("failed", "errored", "undecided", "missing")}


def _by_suite(results: Iterable[Result]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.job.case.suite].append(result)
    return groups


def _jobs_by_suite(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        groups[job.case.suite].append(job)
    return groups


def _key(job: Job) -> Key:
    return job.case.suite, job.case.id, job.variant


def _moment(text: str) -> Any:
    import pandas as pd

    return pd.to_datetime(text, utc=True, errors="coerce")


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
