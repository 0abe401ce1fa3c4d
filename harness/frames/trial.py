"""One trial as tables: its checks, its steps, its conversation, what it left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import UserError, nearest
from harness.frozen import frozen
from harness.model import Evidence, Result, Step
from harness.store import RunRow, Store, facts
from harness.text import one_line

from .words import SEVERITIES, cell, check_status, shown

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_SIBLINGS = 200
"""Most trials of a case that are listed beside each other."""

TRIAL_COLUMNS = ("trial", "result", "score", "seconds", "cost_usd", "outcome")
CHECK_COLUMNS = ("result", "check", "expected", "actual", "where", "reason", "severity", "score", "turn", "place")
STEP_COLUMNS = (
    "number", "step", "kind", "name", "agent", "start", "end", "seconds", "result", "tokens", "cost_usd", "input",
    "output", "turn", "failed",
)  # fmt: skip


@frozen
class Found:
    """A trial, with its trace, and the others of its case."""

    run: RunRow
    """Its run."""

    result: Result
    """The trial."""

    siblings: tuple[Result, ...]
    """All trials of the same case and agent variant, this one too, without traces."""


def find_trial(store: Store, query: Mapping[str, str]) -> Found:
    """Find a trial by `run`, `case` and, where those leave a choice, `suite`, `agent` and `trial`.

    Raises:
        UserError: when there is none, with the nearest there is.
    """
    run = store.run(query.get("run") or "latest")
    fitting = store.ask(facts.find, run.id, query)
    chosen = next((trial for trial in fitting if trial.status is not None), None)
    if chosen is None:
        raise _none(store, run, query, planned=bool(fitting))
    same = {"suite": chosen.suite, "case": chosen.case, "agent": chosen.agent}
    siblings = [trial.key for trial in store.ask(facts.find, run.id, same) if trial.status is not None]
    (whole,) = store.results(run.id, traces=True, keys={chosen.key})
    return Found(run, whole, tuple(store.results(run.id, keys=siblings[:MOST_SIBLINGS])))


def _none(store: Store, run: RunRow, query: Mapping[str, str], *, planned: bool) -> UserError:
    """Why there is no such trial, and the nearest there is."""
    wanted = query.get("case", "")
    if planned:
        problem = f"the trials of case {one_line(wanted, 80)!r} in run {run.id} have no result yet"
        return UserError(problem, remedy=f"finish the run: finharness eval --resume {run.id}")
    known = {case.id for case in store.ask(facts.cases, run.id)}
    remedy = nearest(wanted, known) if wanted not in known else "choose one of the case's trials"
    return UserError(f"run {run.id} has no such trial of case {one_line(wanted, 80)!r}", remedy=remedy)


def trial_rows(siblings: Sequence[Result]) -> DataFrame:
    """One row per trial of a case."""
    return _frame(
        TRIAL_COLUMNS,
        [
            {
                "trial": item.job.index,
                "result": shown(item.status),
                "score": item.score,
                "seconds": item.outcome.trace.duration_s,
                "cost_usd": item.outcome.trace.cost_usd,
                "outcome": item.outcome.status,
            }
            for item in siblings
        ],
    )


def check_rows(result: Result) -> DataFrame:
    """One row per check, failed ones first, of those the weightiest."""
    order = ("failed", "errored", "undecided", "passed")
    ranked = sorted(
        result.verdicts, key=lambda verdict: (order.index(check_status(verdict)), SEVERITIES.index(verdict.severity))
    )
    return _frame(
        CHECK_COLUMNS,
        [
            {
                "result": shown(check_status(verdict)),
                "check": one_line(verdict.check, 80),
                "expected": cell(verdict.expected),
                "actual": cell(verdict.actual),
                "where": "; ".join(_place(item) for item in verdict.evidence),
                "reason": cell(verdict.reason),
                "severity": verdict.severity,
                "score": verdict.score,
                "turn": "" if verdict.turn is None else str(verdict.turn + 1),
                "place": one_line(verdict.where, 200),
            }
            for verdict in ranked
        ],
    )


def step_rows(result: Result) -> DataFrame:
    """One row per step, in order, with times in seconds since the trial began."""
    return _frame(
        STEP_COLUMNS, [_step(number, step) for number, step in enumerate(result.outcome.trace.steps, start=1)]
    )


def artifact_rows(result: Result) -> tuple[tuple[str, Any], ...]:
    """What the trial left behind, by name, the structured answer first."""
    trace = result.outcome.trace
    structured = (("structured answer", trace.structured),) if trace.structured is not None else ()
    return (*structured, *sorted(trace.artifacts.items()))


def _place(item: Evidence) -> str:
    span = f"answer {item.span[0]}–{item.span[1]}" if item.span else ""
    parts = (item.step and f"step {item.step}", item.path, span, item.note)
    return one_line(" ".join(part for part in parts if part), 200)


def _step(number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "step": f"{number}. {one_line(step.name or step.kind, 40)}",
        "kind": step.kind,
        "name": one_line(step.name, 80),
        "agent": one_line(step.agent, 80),
        "start": step.t0,
        "end": step.t1,
        "seconds": step.seconds,
        "result": {"ok": "✓ ok", "error": "✗ error"}.get(step.status, "– unfinished"),
        "tokens": step.usage.total if step.usage else None,
        "cost_usd": step.cost_usd,
        "input": cell(dict(step.args)) if step.args else "",
        "output": step.error or cell(step.result),
        "turn": step.turn + 1,
        "failed": step.status != "ok",
    }


def _frame(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))
