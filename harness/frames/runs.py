"""Runs, suites and cases as tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from harness.store import RunRow, Store
from harness.summary import Counts, Summary
from harness.summary.stored import summarise_totals, totals_of
from harness.text import one_line

from .glance import Glance, glance, summarise_glances
from .places import link_to
from .run import STATUS_ORDER, RunFacts, run_facts
from .run_tables import CASE_COLUMNS, case_page, grouped
from .words import interval_text, rate_text, rounded, shown, status_of

if TYPE_CHECKING:
    from pandas import DataFrame

RUN_COLUMNS = ("run", "started", "status", "suites", "planned", "done", "source", "commit")
SUITE_COLUMNS = (
    "suite", "result", "rate", "interval", "low", "high", "passed", "failed", "errored", "undecided", "missing", "cost_usd",
    "cost_unknown", "p50_s", "p95_s", "run", "started", "every", "commit",
)  # fmt: skip
__all__ = [
    "CASE_COLUMNS", "FLAKY_COLUMNS", "RUN_COLUMNS", "SUITE_COLUMNS", "case_rows", "flaky_groups", "flaky_rows", "groups_of", "latest", "latest_parts",
    "open_groups", "run_rows", "suite_rows", "total",
]  # fmt: skip

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


def suite_rows(store: Store, run: RunRow, known: Glance | None = None) -> DataFrame:
    """One row per suite of a run, from its sums alone: no result is read."""
    found = known or glance(store, run)
    summaries = {suite: summarise_glances([found.of([suite])]) for suite in found.parts}
    return _frame(
        SUITE_COLUMNS, (_suite(suite, summary) for suite, summary in summaries.items() if summary is not None)
    )


def latest_parts(runs: Sequence[Glance]) -> tuple[Glance, ...]:
    """The newest results of each suite; runs come newest first."""
    seen: set[str] = set()
    parts = []
    for item in runs:
        fresh = set(item.parts) - seen
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


def case_rows(store: Store, run: RunRow, *, most: int = MOST_EXPLAINED) -> DataFrame:
    """One row per case and agent variant of a run, worst first, with where to look and why."""
    known = run_facts(store, run)
    return case_page(store, known, grouped(known.trials), size=most)


def groups_of(known: RunFacts, suites: Collection[str]) -> DataFrame:
    """The cases of some suites, one row per case and agent variant."""
    groups = grouped(known.trials)
    if {case.suite for case in known.cases.values()} <= set(suites):
        return groups
    return groups[groups["case"].isin([number for number, case in known.cases.items() if case.suite in suites])]


def open_groups(groups: DataFrame) -> DataFrame:
    """Those that did not pass."""
    return groups[groups["rank"] < STATUS_ORDER.index("passed")]


def flaky_groups(groups: DataFrame) -> DataFrame:
    """Those that both passed and failed, the least certain first, with their rate."""
    found = groups[(groups["passed"] > 0) & (groups["failed"] > 0)]
    rates = found["passed"] / (found["passed"] + found["failed"])
    return found.assign(rate=rates).loc[(rates - 0.5).abs().sort_values(kind="stable").index]


def flaky_rows(known: RunFacts, groups: DataFrame) -> DataFrame:
    """Rows of `flaky_groups` with the way to the worst trial of each."""
    return _frame(FLAKY_COLUMNS, (_flaky(known, row) for row in groups.to_dict("records")))


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


def _flaky(known: RunFacts, row: Mapping[Any, Any]) -> dict[str, Any]:
    case, agent = known.cases[row["case"]], str(row["agent"])
    return {
        "case": one_line(case.id, 80),
        "suite": one_line(case.suite, 80),
        "agent": agent,
        "passed": row["passed"],
        "failed": row["failed"],
        "rate": row["rate"],
        "link": link_to(known.run.id, case.suite, case.id, known.variants[agent], known.trial_of(row["worst"])),
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("failed", "errored", "undecided", "missing")}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    made = pd.DataFrame(list(rows), columns=list(columns))
    return made.astype({"started": "datetime64[us, UTC]"}) if "started" in columns else made
