"""What was spent by executions that another took the place of: it counts for the run, and for no trial."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from typing import Any, Final, Self

from harness.frozen import frozen
from harness.model import Result

from . import runs

_SUMS: Final = """
    count(*), coalesce(sum(e.input_tokens), 0), coalesce(sum(e.output_tokens), 0),
    sum(e.input_tokens IS NULL OR e.output_tokens IS NULL), coalesce(sum(e.cost_usd), 0.0), sum(e.cost_usd IS NULL),
    coalesce(sum(e.judge_cost_usd), 0.0), sum(e.judge_cost_usd IS NULL)
"""
# There are few of them in a store, and many planned trials: the few are looked at first.
_OF_RUN: Final = "FROM earlier e CROSS JOIN planned p ON p.number = e.planned"
_BY_CASE: Final = (
    f"SELECT c.suite, c.id, p.variant, {_SUMS} {_OF_RUN} JOIN cases c ON c.number = p.case_number"
    " WHERE p.run = ? GROUP BY p.case_number, p.variant"
)
_BY_TRIAL: Final = f"SELECT e.planned, {_SUMS} {_OF_RUN} WHERE p.run = ? GROUP BY e.planned"


_USED: Final = (
    "coalesce(cost_usd, 0.0) + coalesce(judge_cost_usd, 0.0) AS usd,"
    " coalesce(input_tokens, 0) + coalesce(output_tokens, 0) AS tokens"
)
_MINE: Final = "planned IN (SELECT number FROM planned WHERE run = ?)"
_SPENT: Final = f"SELECT {_USED} FROM results WHERE {_MINE} UNION ALL SELECT {_USED} FROM earlier WHERE {_MINE}"  # noqa: S608 - no data in it


@frozen
class Replaced:
    """Executions that others took the place of: retried after a fault, or lost with a process that another ended."""

    executions: int = 0
    """How many."""

    input_tokens: int = 0
    """Read by models, where it is known."""

    output_tokens: int = 0
    """Written by models, where it is known."""

    tokens_unknown: int = 0
    """Executions whose tokens are not known."""

    cost_usd: float = 0.0
    """Spent by agents, where it is known."""

    cost_unknown: int = 0
    """Executions whose cost is not known."""

    judge_usd: float = 0.0
    """Spent by judges, where it is known."""

    judge_unknown: int = 0
    """Executions whose judges' cost is not known."""

    def __add__(self, other: Self) -> Replaced:
        return Replaced(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(Replaced)))

    @property
    def usd(self) -> float:
        """Agents and judges."""
        return self.cost_usd + self.judge_usd


NOTHING: Final = Replaced()
"""No execution was replaced."""


def by_case(connection: sqlite3.Connection, run_id: str) -> dict[tuple[Any, Any, Any], Replaced]:
    """By suite, case and agent variant, as the tables have them."""
    rows = connection.execute(_BY_CASE, (runs.number_of(connection, run_id),))
    return {(suite, case, variant): Replaced(*sums) for suite, case, variant, *sums in rows}


def by_trial(connection: sqlite3.Connection, run_id: str) -> dict[int, Replaced]:
    """By the number of the trial."""
    rows = connection.execute(_BY_TRIAL, (runs.number_of(connection, run_id),))
    return {number: Replaced(*sums) for number, *sums in rows}


def spent(connection: sqlite3.Connection, run_id: str) -> tuple[float, int]:
    """Dollars and tokens that a run has used so far, judges and replaced executions included, where they are known."""
    run = runs.number_of(connection, run_id)
    total = f"SELECT total(usd), total(tokens) FROM ({_SPENT})"  # noqa: S608 - no data in it
    usd, tokens = connection.execute(total, (run, run)).fetchone()
    return float(usd), int(tokens)


def of_result(result: Result) -> Replaced:
    """What the executions had spent that a fresh result took the place of; one from the store does not tell."""
    found = NOTHING
    for attempt in result.outcome.earlier:
        trace = attempt.outcome.trace
        found += Replaced(
            executions=1,
            input_tokens=trace.usage.input_tokens or 0,
            output_tokens=trace.usage.output_tokens or 0,
            tokens_unknown=int(trace.usage.total is None),
            cost_usd=trace.cost_usd or 0.0,
            cost_unknown=int(trace.cost_usd is None),
        )
    return found
