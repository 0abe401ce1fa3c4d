"""Questions that the database answers by itself, however many results there are: `store.ask(facts.cases, run_id)`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from harness.frozen import frozen
from harness.model import Verdict

from . import runs
from .packing import cell_text, text_cell, unpack
from .rows import VERDICT_COLUMNS, verdict_from

_CASES = "SELECT number, content FROM cases WHERE number IN (SELECT DISTINCT case_number FROM planned WHERE run = ?)"
# The trials of a run are planned at once, so that their numbers follow each other.
_SPAN = "v.planned BETWEEN (SELECT min(number) FROM planned WHERE run = ?1) AND (SELECT max(number) FROM planned WHERE run = ?1)"
_OPEN = (
    "SELECT v.planned, v.name, v.passed, v.severity, v.error FROM verdicts v INDEXED BY verdicts_open"  # noqa: S608 - no data in it
    f" WHERE v.passed IS NOT 1 AND {_SPAN} ORDER BY v.planned, v.position"
)
_SAID = (
    "SELECT DISTINCT v.planned FROM verdicts v INDEXED BY verdicts_open"  # noqa: S608 - no data in it
    f" WHERE v.passed IS NOT 1 AND {_SPAN} AND v.reason LIKE ?2 ESCAPE '!'"
)
_FIND = (
    "SELECT p.number, p.key, c.suite, c.id, p.variant, p.trial, r.status"
    " FROM cases c {join} planned p ON p.case_number = c.number LEFT JOIN results r ON r.planned = p.number"
    " WHERE p.run = ?"
)
_HISTORY = (
    "SELECT runs.id, p.key, r.status, r.score, r.duration_s, r.cost_usd, c.fingerprint, runs.started_at"
    " FROM cases c JOIN planned p ON p.case_number = c.number JOIN results r ON r.planned = p.number"
    " JOIN runs ON runs.number = p.run WHERE c.id = ? AND c.suite = ? AND p.variant = ?"
    " ORDER BY runs.ordered_at DESC, runs.number DESC, p.number LIMIT ?"
)
_MANY = 500


@frozen
class CaseFact:
    """What a list needs to know of a case."""

    number: int
    """Number in the store."""

    suite: str
    """Its suite."""

    id: str
    """Its id."""

    description: str
    """What it is about."""

    tags: Mapping[str, str]
    """Its labels."""

    severity: str
    """Weight of its failure in a gate."""


@frozen
class TrialFact:
    """Where a planned trial stands."""

    number: int
    """Number in the store."""

    key: str
    """Identity inside its run."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    agent: str
    """Agent variant."""

    trial: int
    """Number of the repetition, from 0."""

    status: str | None
    """How it ended; None without a result."""


@frozen
class PastTrial:
    """A trial of the same case and agent variant, in whatever run."""

    run: str
    """Id of the run."""

    key: str
    """Identity inside it."""

    status: str
    """How it ended."""

    score: float | None
    """Its score."""

    seconds: float
    """Wall time."""

    cost_usd: float | None
    """What it cost; None when unknown."""

    fingerprint: str
    """The case's content then."""

    started_at: str
    """When the run began."""


def cases(connection: sqlite3.Connection, run_id: str) -> list[CaseFact]:
    """The cases of a run, by their number."""
    return [_case(*row) for row in connection.execute(_CASES, (runs.number_of(connection, run_id),))]


def open_verdicts(connection: sqlite3.Connection, run_id: str) -> list[tuple[int, str, bool | None, str, bool]]:
    """Number of the trial, check, passed, severity and whether the check broke, for all verdicts of a run that did not pass."""
    rows = connection.execute(_OPEN, (runs.number_of(connection, run_id),))
    return [
        (number, cell_text(name), None if passed is None else bool(passed), severity, bool(error))
        for number, name, passed, severity, error in rows
    ]


def said(connection: sqlite3.Connection, run_id: str, text: str) -> list[int]:
    """The trials of a run in which the reason of a verdict that did not pass has these words, whatever their case."""
    pattern = "".join(f"!{character}" if character in "!%_" else character for character in text)
    return [row[0] for row in connection.execute(_SAID, (runs.number_of(connection, run_id), f"%{pattern}%"))]


def find(
    connection: sqlite3.Connection, run_id: str, wanted: Mapping[str, str], *, limit: int = 20_000
) -> list[TrialFact]:
    """The planned trials of a run that fit all of `case`, `suite`, `agent` and `trial` that are given and not empty."""
    # SQLite keeps the order of a CROSS JOIN: of a case that is known, few trials are looked at, whatever the run's size.
    statement = _FIND.format(join="CROSS JOIN" if wanted.get("case") else "JOIN")
    values = [runs.number_of(connection, run_id)]
    for name, column in (("case", "c.id"), ("suite", "c.suite"), ("agent", "p.variant"), ("trial", "p.trial")):
        if text := wanted.get(name):
            statement += f" AND {column} = ?"
            values.append(int(text) if name == "trial" and text.isdecimal() and len(text) < 18 else text_cell(text))  # type: ignore[arg-type]
    rows = connection.execute(f"{statement} ORDER BY p.number LIMIT ?", (*values, limit))
    return [
        TrialFact(number, cell_text(key), cell_text(suite), cell_text(case), cell_text(agent), trial, status)
        for number, key, suite, case, agent, trial, status in rows
    ]


def history(
    connection: sqlite3.Connection, suite: str, case: str, agent: str, *, limit: int = 200
) -> tuple[PastTrial, ...]:
    """The trials of a case under one agent variant in all runs, newest run first."""
    rows = connection.execute(_HISTORY, (text_cell(case), text_cell(suite), text_cell(agent), limit))
    return tuple(PastTrial(run, cell_text(key), *rest) for run, key, *rest in rows)


def verdicts_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, list[Verdict]]:
    """The verdicts of some trials, by the number of the trial."""
    found: dict[int, list[Verdict]] = {number: [] for number in numbers}
    for part in _parts(numbers):
        marks = ", ".join("?" * len(part))
        statement = (
            f"SELECT planned, {VERDICT_COLUMNS} FROM verdicts WHERE planned IN ({marks}) ORDER BY planned, position"  # noqa: S608 - no data in it
        )
        for number, *row in connection.execute(statement, part):
            found[number].append(verdict_from(row))
    return found


def errors_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Type and message of the failures that ended some trials, by the number of the trial."""
    found: dict[int, tuple[str, str]] = {}
    for part in _parts(numbers):
        marks = ", ".join("?" * len(part))
        for number, detail in connection.execute(
            f"SELECT planned, detail FROM results WHERE planned IN ({marks})",  # noqa: S608 - no data in it
            part,
        ):
            if error := unpack(detail).get("error"):
                found[number] = (error[0], error[1])
    return found


def _case(number: int, content: str | bytes) -> CaseFact:
    record = unpack(content)
    return CaseFact(
        number,
        record.get("suite", ""),
        record["id"],
        record.get("description", ""),
        record.get("tags", {}),
        record.get("severity", "major"),
    )


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[first : first + _MANY] for first in range(0, len(numbers), _MANY))
