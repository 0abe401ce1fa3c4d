"""The runs that a store holds: record one, find one, list them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from harness.errors import HarnessError, StoreError, UserError, nearest
from harness.frozen import frozen
from harness.model import RunManifest
from harness.shape import plain, read

from .packing import pack, unpack

RunStatus: TypeAlias = Literal["running", "complete", "interrupted", "incomplete"]
"""`running` is also what a killed run stays at until it is resumed."""

_COLUMNS = """id, manifest, status, ended_at,
    coalesce(planned, (SELECT count(*) FROM planned p WHERE p.run = runs.number)),
    coalesce(done, (SELECT count(*) FROM planned p JOIN results r ON r.planned = p.number WHERE p.run = runs.number))"""
_NAMED = 5


@frozen
class RunRow:
    """A run as it stands in the store."""

    manifest: RunManifest
    """What was run."""

    status: RunStatus
    """How far it came."""

    ended_at: str | None
    """UTC time, ISO 8601; None while it runs or when it was killed."""

    planned: int
    """Trials that were selected."""

    done: int
    """Trials that have a result."""

    @property
    def id(self) -> str:
        """Identity of the run."""
        return self.manifest.id


def insert(connection: sqlite3.Connection, manifest: RunManifest, *, here: bool) -> int:
    """Record a run that begins and give its number.

    Args:
        connection: To the file, in a transaction.
        manifest: What is run.
        here: Whether it begins now and on this machine: then it is the newest, even where a clock went back.

    Raises:
        StoreError: when there is a run of that id.
    """
    if connection.execute("SELECT 1 FROM runs WHERE id = ?", (manifest.id,)).fetchone():
        raise StoreError(
            f"a run {manifest.id} exists already", remedy=f"go on with it: finharness eval --resume {manifest.id}"
        )
    newest = connection.execute("SELECT max(ordered_at) FROM runs").fetchone()[0] if here else None
    place = max(manifest.started_at, newest or "")
    row = (manifest.id, manifest.started_at, manifest.source, "running", pack(plain(manifest)), place)
    statement = "INSERT INTO runs (id, started_at, source, status, manifest, ordered_at) VALUES (?, ?, ?, ?, ?, ?)"
    return int(connection.execute(statement, row).lastrowid or 0)


def number_of(connection: sqlite3.Connection, run_id: str) -> int:
    """The number of a run.

    Raises:
        UserError: when there is none of that id.
    """
    row = connection.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise not_found(connection, run_id, ())
    return int(row[0])


def listed(connection: sqlite3.Connection, limit: int | None) -> tuple[RunRow, ...]:
    """The runs, newest first."""
    return tuple(_row(item) for item in _select(connection, limit=-1 if limit is None else limit))


def find(connection: sqlite3.Connection, ref: str) -> RunRow:
    """Find a run by its id, a beginning of it that fits no other, `latest` or `latest~1`.

    Raises:
        UserError: when none or several fit.
    """
    word, mark, back = ref.partition("~")
    if word == "latest" and (back.isdecimal() or not mark):
        rows = _select(connection, limit=1, offset=int(back or 0))
    else:
        rows = _select(connection, "WHERE id = ?", (ref,)) or _select(
            connection, "WHERE ? <> '' AND substr(id, 1, ?) = ?", (ref, len(ref), ref)
        )
    if len(rows) != 1:
        raise not_found(connection, ref, [row[0] for row in rows])
    return _row(rows[0])


def not_found(connection: sqlite3.Connection, ref: str, fitting: Sequence[str]) -> HarnessError:
    """Say that a run was not found, and which ones there are."""
    if fitting:
        named = ", ".join(fitting[:_NAMED])
        return UserError(f"{ref!r} is the beginning of {len(fitting)} run ids: {named}", remedy="write more of the id")
    known = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY ordered_at DESC, number DESC LIMIT 50")]
    if not known:
        return UserError("no run is stored yet", remedy="run `finharness eval` first")
    if ref.startswith("latest"):
        return UserError(f"there is no run {ref!r}: {len(known)} stored", remedy="`finharness show` lists them")
    remedy = nearest(ref, known) if len(known) <= _NAMED else nearest(ref, known[:_NAMED])
    return UserError(f"there is no run {ref!r}", remedy=f"{remedy} (`latest` is {known[0]})")


def _select(
    connection: sqlite3.Connection, where: str = "", values: Sequence[Any] = (), *, limit: int = -1, offset: int = 0
) -> list[Any]:
    statement = f"SELECT {_COLUMNS} FROM runs {where} ORDER BY ordered_at DESC, number DESC LIMIT ? OFFSET ?"  # noqa: S608 - no data in it
    return connection.execute(statement, (*values, limit, offset)).fetchall()


def _row(row: Sequence[Any]) -> RunRow:
    _, manifest, status, ended_at, planned, done = row
    return RunRow(read(RunManifest, unpack(manifest)), status, ended_at, planned, done)
