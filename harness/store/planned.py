"""The planned trials of a run and the cases they belong to."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import StoreError
from harness.frozen import frozen
from harness.model import Case, Job
from harness.shape import plain, read

from .packing import Cell, cell_text, pack, text_cell, unpack
from .rows import Rows

COLUMNS = "p.number, p.case_number, p.variant, p.trial, p.seed"
"""What `job_of` needs, in its order."""

_INSERT = "INSERT INTO planned (run, key, case_number, variant, trial, seed) VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_CASE = (
    "INSERT INTO cases (digest, fingerprint, suite, id, content) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_FIND = (
    "SELECT p.number, r.status FROM planned p LEFT JOIN results r ON r.planned = p.number WHERE p.run = ? AND p.key = ?"
)


def case_rows(jobs: Iterable[Job]) -> Mapping[int, tuple[Cell, ...]]:
    """Encode each case once, by the identity of its object."""
    return {identity: _case_row(case) for identity, case in {id(job.case): job.case for job in jobs}.items()}


def insert(
    connection: sqlite3.Connection, run: int, jobs: Sequence[Job], rows: Mapping[int, tuple[Cell, ...]]
) -> dict[int, Case]:
    """Record the planned trials of a run and the cases that are new; returns the cases by their number.

    Raises:
        StoreError: when two jobs have one key.
    """
    connection.executemany(_INSERT_CASE, rows.values())
    find = "SELECT number FROM cases WHERE digest = ?"
    numbers = {identity: connection.execute(find, row[:1]).fetchone()[0] for identity, row in rows.items()}
    try:
        connection.executemany(
            _INSERT,
            (
                (run, text_cell(job.key), numbers[id(job.case)], text_cell(job.variant), job.index, job.seed)
                for job in jobs
            ),
        )
    except sqlite3.IntegrityError as error:
        keys = [job.key for job in jobs]
        twice = next((key for position, key in enumerate(keys) if key in keys[:position]), "?")
        raise StoreError(f"the trial {twice} is planned twice", remedy="give the cases different ids") from error
    return {numbers[id(job.case)]: job.case for job in jobs}


@frozen
class Fresh:
    """Results that the store is to take."""

    rows: dict[int, Rows]
    """By the number of their trial."""

    replacing: tuple[int, ...]
    """Trials among them whose result is to be set aside first."""


def fresh(connection: sqlite3.Connection, run: int, results: Iterable[Rows], *, over_errored: bool) -> Fresh:
    """The results whose trial has none yet, or only an errored one that may be replaced; of several the first.

    Raises:
        StoreError: for a trial that was not planned.
    """
    found: dict[int, Rows] = {}
    replacing: list[int] = []
    for rows in results:
        row = connection.execute(_FIND, (run, text_cell(rows.key))).fetchone()
        if row is None:
            raise StoreError(f"the trial {rows.key} was not planned", remedy="begin the run with all of its jobs")
        number, status = row
        if number in found or (status is not None and not (over_errored and status == "errored")):
            continue
        found[number] = rows
        if status is not None:
            replacing.append(number)
    return Fresh(found, tuple(replacing))


def numbers_of(connection: sqlite3.Connection, run: int, keys: Iterable[str]) -> list[int]:
    """The numbers of those trials that have a result, in the order they were planned."""
    rows = (connection.execute(_FIND, (run, text_cell(key))).fetchone() for key in keys)
    return sorted(row[0] for row in rows if row is not None and row[1] is not None)


def case_of(connection: sqlite3.Connection, number: int) -> Case:
    """Read a case."""
    content = connection.execute("SELECT content FROM cases WHERE number = ?", (number,)).fetchone()[0]
    case: Case = read(Case, unpack(content))
    return case


def job_of(case: Case, row: Sequence[Any]) -> Job:
    """Read a planned trial."""
    _, _, variant, trial, seed = row
    return Job(case, cell_text(variant), trial, seed)


def _case_row(case: Case) -> tuple[Cell, ...]:
    try:
        content = pack(plain(case))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"the case {case.id} cannot be stored: {error}", remedy="use finite JSON data only", where=str(case.where)
        ) from error
    digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
    return digest, case.fingerprint, text_cell(case.suite), text_cell(case.id), content
