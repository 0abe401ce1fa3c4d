"""Agents in service, as tables: requests, success, durations, tokens and money, budgets, queues, alarms, telemetry, audit, users."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.alarms import alarm_rows, budget_rows
from harness.audit import audit_page
from harness.errors import HarnessError
from harness.frozen import frozen
from harness.store import NumbersRow, RunRow, Store, figures
from harness.summary.gather import percentile
from harness.summary.stored import RunTotals, spend
from harness.text import one_line
from harness.workspace import Workspace

from .places import link_to
from .words import shown

if TYPE_CHECKING:
    from pandas import DataFrame

SERVICE_COLUMNS = (
    "agent",
    "model",
    "requests",
    "success",
    "failed",
    "errored",
    "p50_s",
    "p95_s",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "judge_usd",
    "unknown",
)
DURATION_COLUMNS = ("agent", "p50_s", "p95_s", "requests")
SPEND_COLUMNS = ("position", "run", "label", "agents_usd", "judges_usd", "tokens", "requests")
ALARM_COLUMNS = ("state", "alarm", "agent", "value", "threshold", "samples", "reason", "gates", "what")
BUDGET_COLUMNS = ("state", "share", "usd", "spent_usd")
QUEUE_COLUMNS = ("result", "case", "agent", "delivered", "again", "crashed", "dead", "left", "problems", "jobs", "link")
SPOOL_COLUMNS = ("exporter", "run", "kilobytes")
COUNT_COLUMNS = ("name", "count")
MOST_ALARMED: Final = 20_000
"""Results of a run that alarms are worked out for while somebody waits."""

MOST_QUEUES: Final = 200
"""Trials with queues that are read."""

LARGEST_LOG: Final = 512 << 20
"""Largest audit log that is verified while somebody waits, in bytes."""

_STATES: Final[Mapping[str, str]] = {"ALARM": "✗ alarm", "INSUFFICIENT_DATA": "? too little data", "OK": "✓ ok"}


def service_rows(store: Store, totals: RunTotals) -> DataFrame:
    """One row per agent variant of a run: how often it was asked, how it did, how long it took, what it cost."""
    took: dict[str, list[float]] = defaultdict(list)
    numbers: list[NumbersRow] = store.ask(figures.numbers, totals.run.id)
    for row in numbers:
        took[row.variant].append(row.seconds)
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for item in totals.cases:
        groups[item.variant].update(
            passed=item.passed, failed=item.failed, errored=item.errored, undecided=item.undecided,
            read=item.input_tokens, written=item.output_tokens, unknown=item.cost_unknown + item.judge_unknown,
        )  # fmt: skip
    money: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for item in totals.cases:
        money[item.variant][0] += item.cost_usd + item.replaced.cost_usd
        money[item.variant][1] += item.judge_usd + item.replaced.judge_usd
    models = totals.run.manifest.models
    return _frame(
        SERVICE_COLUMNS,
        (
            _service(agent, models.get(agent, ""), count, took[agent], money[agent])
            for agent, count in sorted(groups.items())
        ),
    )


def duration_rows(services: DataFrame) -> DataFrame:
    """How long requests took, by agent."""
    return services.dropna(subset=["p50_s"])[list(DURATION_COLUMNS)].reset_index(drop=True)


def spend_rows(runs: Sequence[RunTotals]) -> DataFrame:
    """What each run cost, oldest first; runs come newest first."""
    return _frame(
        SPEND_COLUMNS,
        (
            {
                "position": position,
                "run": item.run.id,
                "label": f"{item.run.manifest.started_at[5:16].replace('T', ' ')}|{item.run.id[-6:]}",
                "agents_usd": money.cost_usd,
                "judges_usd": money.judge_usd,
                "tokens": money.input_tokens + money.output_tokens,
                "requests": item.run.done,
            }
            for position, item in enumerate(reversed(runs))
            for money in [spend(item.cases)]
        ),
    )


@frozen
class Alarmed:
    """Alarms and budget of a run."""

    alarms: DataFrame
    """One row per rule and agent, alarms first."""

    budget: DataFrame
    """One row per part of the budget; empty without one."""

    problem: str = ""
    """Why there are none."""


def alarmed(workspace: Workspace, store: Store, run: RunRow) -> Alarmed:
    """Hold a run against the alarm rules."""
    nothing = _frame(ALARM_COLUMNS, ()), _frame(BUDGET_COLUMNS, ())
    if run.done > MOST_ALARMED:
        return Alarmed(*nothing, problem=f"the run has {run.done:,} results: finharness alarms check {run.id}")
    try:
        results, earlier = list(store.results(run.id)), list(store.earlier(run.id))
        found = alarm_rows(workspace, results, earlier=earlier)
        budget = budget_rows(workspace, results, earlier=earlier)
    except HarnessError as error:
        return Alarmed(*nothing, problem=f"{error.problem}: {error.remedy}")
    rows = [
        {**row, "state": _STATES.get(row["state"], row["state"]), "reason": one_line(row["reason"], 300)}
        for row in found
    ]
    parts = [{**row, "state": "✗ reached" if row["reached"] else "✓ below"} for row in budget]
    return Alarmed(_frame(ALARM_COLUMNS, rows), _frame(BUDGET_COLUMNS, parts))


def queue_rows(store: Store, run: RunRow) -> DataFrame:
    """One row per trial that worked off a queue: deliveries, repeats, dead letters and what was left."""
    keys = store.ask(figures.queue_trials, run.id, MOST_QUEUES)
    found = store.results(run.id, traces=True, keys=keys) if keys else ()
    return _frame(QUEUE_COLUMNS, (row for result in found if (row := _queue(run.id, result)) is not None))


def spool_rows(workspace: Workspace) -> DataFrame:
    """Telemetry that was not delivered and waits on disk, a row for each exporter and run."""
    from harness.telemetry.resend import exporter_of, waiting

    return _frame(
        SPOOL_COLUMNS,
        (
            {
                "exporter": one_line(exporter_of(path), 40),
                "run": one_line(path.stem.partition("-")[2], 80),
                "kilobytes": path.stat().st_size / 1024,
            }
            for path in waiting(workspace.root)
        ),
    )


@frozen
class Audited:
    """The audit log: whether it holds, and what it counts."""

    page: Mapping[str, Any]
    """What `harness.audit.audit_page` says."""

    invoked: Mapping[str, int] = field(default_factory=dict)
    """Invocations by agent."""

    users: Mapping[str, int] = field(default_factory=dict)
    """Entries by user, under pseudonyms."""

    failed: Mapping[str, int] = field(default_factory=dict)
    """Failures by agent."""


def audit_key(workspace: Workspace, environ: Mapping[str, str] | None = None) -> bytes | None:
    """The key that the log's entries are signed with, where there is one."""
    known = (os.environ if environ is None else environ).get(workspace.audit.key_env, "")
    return known.encode() or None


def audited(path: Path, key: bytes | None = None) -> Audited:
    """Verify an audit log and count what is in it."""
    if path.is_file() and path.stat().st_size > LARGEST_LOG:
        return Audited(
            {"state": "none", "words": "the log is too large to verify here", "remedy": "finharness audit verify"}
        )
    page = audit_page(path, key)
    if page["state"] == "none":
        return Audited(page)
    counts: dict[str, Counter[str]] = {"invoked": Counter(), "users": Counter(), "failed": Counter()}
    with path.open("rb") as file:
        for line in file:
            _count(line, counts)
    return Audited(page, **counts)


def count_rows(counts: Mapping[str, int]) -> DataFrame:
    """Counts, the largest first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return _frame(COUNT_COLUMNS, ({"name": one_line(name, 80), "count": number} for name, number in ranked))


def entry_rows(rows: Sequence[Mapping[str, str]]) -> DataFrame:
    """Entries of an audit log, as text."""
    names = ("time", "event", "agent", "job_id", "user", "details")
    return _frame(names, ({name: one_line(str(row.get(name, "")), 400) for name in names} for row in rows))


def _service(agent: str, model: str, count: Counter[str], took: list[float], money: list[float]) -> dict[str, Any]:
    decided = count["passed"] + count["failed"]
    return {
        "agent": agent,
        "model": one_line(model, 60),
        "requests": decided + count["errored"] + count["undecided"],
        "success": count["passed"] / decided if decided else None,
        "failed": count["failed"],
        "errored": count["errored"],
        "p50_s": percentile(took, 0.5),
        "p95_s": percentile(took, 0.95),
        "input_tokens": count["read"],
        "output_tokens": count["written"],
        "cost_usd": money[0],
        "judge_usd": money[1],
        "unknown": count["unknown"],
    }


def _queue(run: str, result: Any) -> dict[str, Any] | None:
    told = result.outcome.trace.structured
    if not isinstance(told, Mapping):
        try:
            told = json.loads(result.outcome.trace.answer)
        except (ValueError, RecursionError):
            return None
    deliveries = [item for item in told.get("deliveries", ()) if isinstance(item, Mapping)]
    jobs = result.outcome.trace.artifacts.get("jobs")
    states = (
        Counter(str(item.get("status")) for item in jobs if isinstance(item, Mapping))
        if isinstance(jobs, list | tuple)
        else Counter()
    )
    case = result.job.case
    return {
        "result": shown(result.status),
        "case": one_line(case.id, 80),
        "agent": result.job.variant,
        "delivered": len(deliveries),
        "again": sum(int(item.get("receives") or 1) > 1 for item in deliveries),
        "crashed": sum(item.get("outcome") == "crashed" for item in deliveries),
        "dead": len(told.get("dead", ())),
        "left": told.get("left", 0),
        "problems": one_line("; ".join(map(str, told.get("problems", ()))), 300),
        "jobs": one_line(", ".join(f"{number} {state}" for state, number in states.items()), 120),
        "link": link_to(run, case.suite, case.id, result.job.variant, result.job.index),
    }


def _count(line: bytes, counts: Mapping[str, Counter[str]]) -> None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return
    if not isinstance(entry, dict):
        return
    event, agent = entry.get("event"), str(entry.get("agent") or "")
    if event in {"AGENT_STARTED", "AGENT_INVOKED", "PLANNER_STARTED"} and agent:
        counts["invoked"][agent] += 1
    if event == "AGENT_FAILED" and agent:
        counts["failed"][agent] += 1
    if event in {"ANALYSIS_TRIGGERED", "USER_LOGIN"} and entry.get("user"):
        counts["users"][str(entry["user"])] += 1


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
