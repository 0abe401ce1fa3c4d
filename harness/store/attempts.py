"""What was begun and may never be begun twice, and the results that a later attempt has replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from harness.errors import StoreError
from harness.model import Job, Result
from harness.model.outcome import INTERRUPTED

from .packing import pack_anything, text_cell, unpack
from .records import verdict_of, verdict_record
from .rows import RESULT_COLUMNS, VERDICT_COLUMNS, decode, verdict_from

_START = (
    "INSERT INTO started (planned, at) SELECT number, ? FROM planned WHERE run = ? AND key = ? ON CONFLICT DO NOTHING"
)
_SET_ASIDE = (
    f"INSERT INTO earlier (planned, {RESULT_COLUMNS}, verdicts, trace)"  # noqa: S608 - no data in it
    f" SELECT r.planned, {', '.join(f'r.{name.strip()}' for name in RESULT_COLUMNS.split(','))}, ?, t.content"
    " FROM results r JOIN traces t ON t.planned = r.planned WHERE r.planned = ?"
)
_VERDICTS = f"SELECT {VERDICT_COLUMNS} FROM verdicts WHERE planned = ? ORDER BY position"  # noqa: S608 - no data in it
_EARLIER = (
    f"SELECT planned, verdicts, trace, {RESULT_COLUMNS} FROM earlier"  # noqa: S608 - no data in it
    " WHERE planned IN (SELECT number FROM planned WHERE run = ?) ORDER BY planned, number"
)
OPEN = "AND EXISTS (SELECT 1 FROM started s WHERE s.planned = p.number)"
"""Planned trials that were begun by an agent whose effects cannot be undone."""


def start(connection: sqlite3.Connection, run: int, keys: Iterable[str], at: str) -> None:
    """Note that trials begin."""
    for key in keys:
        if not connection.execute(_START, (at, run, text_cell(key))).rowcount and not _is_known(connection, run, key):
            raise StoreError(f"the trial {key} was not planned", remedy="begin the run with all of its jobs")


def set_aside(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Keep the results of these trials among the earlier ones, and make room for others."""
    for number in numbers:
        records = [verdict_record(verdict_from(row)) for row in connection.execute(_VERDICTS, (number,))]
        connection.execute(_SET_ASIDE, (pack_anything(records), number))
        for table in ("verdicts", "traces", "results"):
            connection.execute(f"DELETE FROM {table} WHERE planned = ?", (number,))  # noqa: S608 - our names


def retryable(connection: sqlite3.Connection, run: int) -> list[int]:
    """Errored trials that may be run again: not those whose agent may have acted already."""
    rows = connection.execute(
        "SELECT p.number, r.detail FROM planned p JOIN results r ON r.planned = p.number"
        " WHERE p.run = ? AND r.status = 'errored' ORDER BY p.number",
        (run,),
    )
    return [number for number, detail in rows if (unpack(detail).get("error") or [""])[0] != INTERRUPTED]


def earlier(connection: sqlite3.Connection, run: int) -> list[tuple[int, Any, Any, tuple[Any, ...]]]:
    """The results that were replaced: number of the trial, verdicts, trace and result row, oldest first for each trial."""
    return [(row[0], row[1], row[2], tuple(row[3:])) for row in connection.execute(_EARLIER, (run,))]


def earlier_result(job: Job, row: tuple[int, Any, Any, tuple[Any, ...]]) -> Result:
    """Read a row that `earlier` gave."""
    _, verdicts, trace, cells = row
    from dataclasses import replace

    result = decode(job, cells, (), trace)
    return replace(result, verdicts=tuple(verdict_of(record) for record in unpack(verdicts)))


def _is_known(connection: sqlite3.Connection, run: int, key: str) -> bool:
    found = connection.execute("SELECT 1 FROM planned WHERE run = ? AND key = ?", (run, text_cell(key))).fetchone()
    return found is not None
