"""What was begun and may never be begun twice, and the results that a later attempt has replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import StoreError
from harness.model import Job, Result
from harness.model.outcome import INTERRUPTED

from .packing import pack_anything, text_cell, unpack
from .records import verdict_of, verdict_record
from .rows import RESULT_COLUMNS, VERDICT_COLUMNS, Rows, decode, earlier_row, verdict_from

_START = (
    "INSERT INTO started (planned, at) SELECT number, ? FROM planned WHERE run = ? AND key = ? ON CONFLICT DO NOTHING"
)
_COUNTED = (
    f"SELECT {', '.join(f'r.{name.strip()}' for name in RESULT_COLUMNS.split(','))}, t.content"  # noqa: S608 - no data in it
    " FROM results r JOIN traces t ON t.planned = r.planned WHERE r.planned = ?"
)
_KEEP = f"INSERT INTO earlier (planned, {RESULT_COLUMNS}, verdicts, trace) VALUES ({', '.join('?' * 17)})"  # noqa: S608 - no data in it
_KEPT = f"SELECT {RESULT_COLUMNS}, verdicts, trace FROM earlier WHERE planned = ?"  # noqa: S608 - no data in it
_FIND = "SELECT number FROM planned WHERE run = ? AND key = ?"
_VERDICTS = f"SELECT {VERDICT_COLUMNS} FROM verdicts WHERE planned = ? ORDER BY position"  # noqa: S608 - no data in it
_EARLIER = (
    f"SELECT planned, verdicts, trace, {RESULT_COLUMNS} FROM earlier"  # noqa: S608 - no data in it
    " WHERE planned IN (SELECT number FROM planned WHERE run = ?) ORDER BY planned, started_at, attempts, number"
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
        connection.execute(_KEEP, (number, *_counted(connection, number)))
        for table in ("verdicts", "traces", "results"):
            connection.execute(f"DELETE FROM {table} WHERE planned = ?", (number,))  # noqa: S608 - our names


def keep(connection: sqlite3.Connection, rows: Mapping[int, Rows]) -> None:
    """Keep the executions that these results took the place of, by the number of their trial."""
    connection.executemany(_KEEP, ((number, *row) for number, item in rows.items() for row in item.earlier))


def add_earlier(connection: sqlite3.Connection, run: int, results: Iterable[Rows]) -> None:
    """Keep results from elsewhere among the earlier ones, each once, and none that its trial goes by."""
    for rows in results:
        found = connection.execute(_FIND, (run, text_cell(rows.key))).fetchone()
        if found is None:
            raise StoreError(f"the trial {rows.key} was not planned", remedy="begin the run with all of its jobs")
        row = earlier_row(rows)
        known = [tuple(kept) for kept in connection.execute(_KEPT, found)]
        if connection.execute("SELECT 1 FROM results WHERE planned = ?", found).fetchone():
            known.append(_counted(connection, found[0]))
        if _content(row) not in map(_content, known):
            connection.execute(_KEEP, (*found, *row))


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


def _counted(connection: sqlite3.Connection, number: int) -> tuple[Any, ...]:
    """The result that a trial goes by, as a row of `earlier`."""
    records = [verdict_record(verdict_from(row)) for row in connection.execute(_VERDICTS, (number,))]
    *cells, trace = connection.execute(_COUNTED, (number,)).fetchone()
    return *cells, pack_anything(records), trace


def _content(row: Sequence[Any]) -> tuple[Any, ...]:
    """What a row of `earlier` says, however it is packed."""
    *cells, detail, verdicts, trace = row
    return *cells, unpack(detail), unpack(verdicts), unpack(trace)


def _is_known(connection: sqlite3.Connection, run: int, key: str) -> bool:
    found = connection.execute("SELECT 1 FROM planned WHERE run = ? AND key = ?", (run, text_cell(key))).fetchone()
    return found is not None
