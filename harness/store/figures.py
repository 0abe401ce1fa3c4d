"""Totals of a run straight from the tables: `store.ask(figures.case_totals, run_id)` reads no result whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from harness.frozen import frozen
from harness.model.verdict import HEURISTIC

from . import runs
from .packing import cell_text, unpack
from .replaced import NOTHING, Replaced, by_case

_SUM = "coalesce(sum({0}), 0)"
_CASES = f"""
    SELECT c.suite, c.id, p.variant, count(*), count(r.planned),
        sum(r.status = 'passed'), sum(r.status = 'failed'), sum(r.status = 'errored'), sum(r.status = 'undecided'),
        sum(CASE WHEN r.status IN ('passed', 'failed') THEN r.score END),
        count(CASE WHEN r.status IN ('passed', 'failed') THEN r.score END),
        sum(CASE WHEN r.outcome = 'completed' THEN r.duration_s END), sum(r.outcome = 'completed'),
        {_SUM.format("r.cost_usd")}, sum(r.planned IS NOT NULL AND r.cost_usd IS NULL),
        {_SUM.format("r.judge_cost_usd")}, sum(r.planned IS NOT NULL AND r.judge_cost_usd IS NULL),
        {_SUM.format("r.input_tokens")}, {_SUM.format("r.output_tokens")},
        sum(r.planned IS NOT NULL AND (r.input_tokens IS NULL OR r.output_tokens IS NULL)),
        min(CASE WHEN r.status = 'failed' THEN p.trial END), min(CASE WHEN r.status = 'errored' THEN p.trial END),
        min(CASE WHEN r.status = 'undecided' THEN p.trial END), min(CASE WHEN r.planned IS NULL THEN p.trial END),
        min(p.trial)
    FROM planned p JOIN cases c ON c.number = p.case_number LEFT JOIN results r ON r.planned = p.number
    WHERE p.run = ? GROUP BY p.case_number, p.variant ORDER BY min(p.number)
"""  # noqa: S608 - no data in it
_CHECKS = """
    SELECT c.suite, v.name, sum(v.error), sum(NOT v.error AND v.passed IS NOT NULL AND NOT v.guess AND v.passed),
        sum(NOT v.error AND v.passed IS NOT NULL AND NOT v.guess AND NOT v.passed),
        sum(NOT v.error AND (v.passed IS NULL OR v.guess)), sum(NOT v.error AND v.guess)
    FROM (
        SELECT p.case_number, w.name, w.passed, w.error,
            CASE WHEN typeof(w.detail) = 'blob' OR instr(w.detail, 'offline-heuristic') THEN is_guess(w.detail) ELSE 0 END AS guess
        FROM planned p JOIN verdicts w ON w.planned = p.number
        WHERE p.run = ? AND (? = 0 OR w.name IN ('llm-rubric', 'not-llm-rubric'))
    ) v JOIN cases c ON c.number = v.case_number
    GROUP BY c.suite, v.name
"""
_TIMES = """
    SELECT c.suite, r.duration_s, r.ttft_s
    FROM planned p JOIN results r ON r.planned = p.number JOIN cases c ON c.number = p.case_number
    WHERE p.run = ? AND r.outcome = 'completed' AND r.duration_s > 0
"""
_NUMBERS = """
    SELECT c.suite, c.id, p.variant, r.cost_usd, r.duration_s, r.input_tokens + r.output_tokens
    FROM planned p JOIN results r ON r.planned = p.number JOIN cases c ON c.number = p.case_number
    WHERE p.run = ? AND r.status IN ('passed', 'failed') ORDER BY p.number
"""
_QUEUES = """
    SELECT p.key FROM planned p JOIN results r ON r.planned = p.number
    WHERE p.run = ? AND r.answer LIKE '{"deliveries":%' ORDER BY p.number LIMIT ?
"""
_FINGERPRINTS = """
    SELECT DISTINCT c.suite, c.id, c.fingerprint FROM planned p JOIN cases c ON c.number = p.case_number WHERE p.run = ?
"""
_STEPS = """
    SELECT c.suite, c.id, p.variant, p.trial, r.status, r.detail
    FROM planned p JOIN results r ON r.planned = p.number JOIN cases c ON c.number = p.case_number
    WHERE p.run = ? AND p.number % ? = 0 ORDER BY p.number
"""


@frozen
class CaseTotal:
    """One case under one agent variant, over all its trials of a run."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    variant: str
    """Agent variant."""

    passed: int
    """Trials that passed."""

    failed: int
    """Trials that failed."""

    errored: int
    """Trials that the harness, a provider or the machine broke."""

    undecided: int
    """Trials that nothing failed and a required check could not decide."""

    missing: int
    """Planned trials without a result."""

    score_sum: float
    """Sum of the scores of decided trials."""

    scores: int
    """Decided trials that have a score."""

    seconds: float | None
    """Mean wall time of completed trials; None when none was."""

    cost_usd: float
    """Price of the agent's model calls, where it is known."""

    cost_unknown: int
    """Trials whose price is not known."""

    judge_usd: float
    """Price of the judges, where it is known."""

    judge_unknown: int
    """Trials whose judges' price is not known."""

    input_tokens: int
    """Tokens read by models, where they are known."""

    output_tokens: int
    """Tokens written by models, where they are known."""

    tokens_unknown: int
    """Trials whose tokens are not known."""

    replaced: Replaced
    """What was spent besides, by executions that another took the place of."""

    worst: int
    """Number of the first trial that ended worst: failed, errored, undecided, missing, else the first of all."""

    @property
    def key(self) -> str:
        """Identity of that trial inside the run."""
        return f"{self.suite}::{self.case}::{self.variant}::{self.worst}"


@frozen
class CheckTotal:
    """One kind of check in one suite of a run."""

    suite: str
    """Suite."""

    name: str
    """As suites write it."""

    passed: int
    """Verdicts that held."""

    failed: int
    """Verdicts that did not."""

    undecided: int
    """Verdicts that could not be reached, or were guessed."""

    broken: int
    """Verdicts that could not be reached because the check itself failed."""

    guessed: int
    """Of the undecided ones, those that the offline heuristic had a guess at."""


@frozen
class NumbersRow:
    """What one decided trial took."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    variant: str
    """Agent variant."""

    cost_usd: float | None
    """Price of the agent's model calls."""

    seconds: float
    """Wall time."""

    tokens: int | None
    """Tokens read and written."""


@frozen
class StepsRow:
    """The step analysis of one trial."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    variant: str
    """Agent variant."""

    trial: int
    """Number of the trial, from 0."""

    status: str
    """How it ended."""

    steps: dict[str, Any]
    """The `steps` section of its result; docs/steps.md defines every key."""


def add_functions(connection: sqlite3.Connection) -> None:
    """Teach a connection what the statements here need."""
    connection.create_function("is_guess", 1, _is_guess, deterministic=True)


def case_totals(connection: sqlite3.Connection, run_id: str) -> tuple[CaseTotal, ...]:
    """One total per case and agent variant, in the order they were planned."""
    besides = by_case(connection, run_id)
    rows = connection.execute(_CASES, (runs.number_of(connection, run_id),))
    return tuple(_case(row, besides.get((row[0], row[1], row[2]), NOTHING)) for row in rows)


def check_totals(connection: sqlite3.Connection, run_id: str, *, judged: bool = False) -> tuple[CheckTotal, ...]:
    """One total per suite and kind of check: of all, or of those that judges decide."""
    rows = connection.execute(_CHECKS, (runs.number_of(connection, run_id), judged))
    return tuple(
        CheckTotal(cell_text(suite), cell_text(name), passed, failed, undecided, broken, guessed)
        for suite, name, broken, passed, failed, undecided, guessed in rows
    )


def times(connection: sqlite3.Connection, run_id: str) -> list[tuple[str, float, float | None]]:
    """Suite, wall time and time to first text of every completed trial that has a time."""
    names: dict[str | bytes, str] = {}
    found = []
    for suite, took, first in connection.execute(_TIMES, (runs.number_of(connection, run_id),)):
        name = names.get(suite)
        if name is None:
            name = names[suite] = cell_text(suite)
        found.append((name, took, first))
    return found


def numbers(connection: sqlite3.Connection, run_id: str) -> list[NumbersRow]:
    """Cost, time and tokens of every decided trial, in order."""
    return [
        NumbersRow(cell_text(suite), cell_text(case), cell_text(variant), cost, took, tokens)
        for suite, case, variant, cost, took, tokens in connection.execute(
            _NUMBERS, (runs.number_of(connection, run_id),)
        )
    ]


def queue_trials(connection: sqlite3.Connection, run_id: str, most: int) -> tuple[str, ...]:
    """Identities of trials whose answer tells what a queue delivered."""
    rows = connection.execute(_QUEUES, (runs.number_of(connection, run_id), most))
    return tuple(cell_text(row[0]) for row in rows)


def fingerprints(connection: sqlite3.Connection, run_id: str) -> dict[tuple[str, str], str]:
    """What each case of a run asked and checked, by suite and id."""
    rows = connection.execute(_FINGERPRINTS, (runs.number_of(connection, run_id),))
    return {(cell_text(suite), cell_text(case)): fingerprint for suite, case, fingerprint in rows}


def steps(connection: sqlite3.Connection, run_id: str, one_in: int = 1) -> list[StepsRow]:
    """The step analysis of every trial, or of one in so many."""
    rows = connection.execute(_STEPS, (runs.number_of(connection, run_id), one_in))
    return [
        StepsRow(cell_text(suite), cell_text(case), cell_text(variant), trial, status, unpack(detail).get("steps", {}))
        for suite, case, variant, trial, status, detail in rows
    ]


def _case(row: Sequence[Any], besides: Replaced) -> CaseTotal:
    suite, case, variant, planned, done, passed, failed, errored, undecided, score, scores, seconds, timed = row[:13]
    cost, cost_unknown, judge, judge_unknown, read, written, unknown = row[13:20]
    return CaseTotal(
        suite=cell_text(suite),
        case=cell_text(case),
        variant=cell_text(variant),
        passed=passed or 0,
        failed=failed or 0,
        errored=errored or 0,
        undecided=undecided or 0,
        missing=planned - done,
        score_sum=score or 0.0,
        scores=scores,
        seconds=seconds / timed if timed else None,
        cost_usd=cost,
        cost_unknown=cost_unknown,
        judge_usd=judge,
        judge_unknown=judge_unknown,
        input_tokens=read,
        output_tokens=written,
        tokens_unknown=unknown,
        replaced=besides,
        worst=next(at for at in row[20:] if at is not None),
    )


def _is_guess(detail: str | bytes | None) -> bool:
    """Whether a verdict was the offline heuristic's."""
    return detail is not None and bool(unpack(detail).get("labels", {}).get("judge") == HEURISTIC)
