"""The tables of the result store, and the steps from each version of them to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

APPLICATION_ID = 0x46494E48
"""`FINH` in the file's header: tells our file from another program's database."""

_FIRST = (
    """CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        started_at TEXT NOT NULL,
        source TEXT NOT NULL,
        status TEXT NOT NULL,
        ended_at TEXT,
        manifest NOT NULL
    )""",
    # One row per content of a case: the same fingerprint may stand at another line of the file in the next run.
    """CREATE TABLE cases (
        number INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL,
        suite NOT NULL,
        id NOT NULL,
        content NOT NULL
    )""",
    """CREATE INDEX cases_by_fingerprint ON cases (fingerprint)""",
    """CREATE TABLE planned (
        number INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (number),
        key NOT NULL,
        case_number INTEGER NOT NULL REFERENCES cases (number),
        variant NOT NULL,
        trial INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        UNIQUE (run, key)
    )""",
    # Ends in the row's number, so a run is read in the order it was planned without sorting.
    """CREATE INDEX planned_by_run ON planned (run)""",
    # Columns without a type hold text, or bytes where the text has no UTF-8 form or is compressed.
    """CREATE TABLE results (
        planned INTEGER PRIMARY KEY REFERENCES planned (number),
        status TEXT NOT NULL,
        score REAL,
        outcome TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        started_at NOT NULL,
        duration_s REAL NOT NULL,
        ttft_s REAL,
        input_tokens INTEGER,
        output_tokens INTEGER,
        cached_tokens INTEGER,
        cost_usd REAL,
        judge_cost_usd REAL,
        answer NOT NULL,
        detail NOT NULL
    )""",
    """CREATE TABLE verdicts (
        planned INTEGER NOT NULL REFERENCES planned (number),
        position INTEGER NOT NULL,
        name NOT NULL,
        passed INTEGER,
        score REAL,
        severity TEXT NOT NULL,
        reason NOT NULL,
        error INTEGER NOT NULL,
        detail,
        PRIMARY KEY (planned, position)
    ) WITHOUT ROWID""",
    """CREATE TABLE traces (planned INTEGER PRIMARY KEY REFERENCES planned (number), content NOT NULL)""",
    """CREATE TABLE baselines (name TEXT PRIMARY KEY, saved_at TEXT NOT NULL, content NOT NULL)""",
    """CREATE TABLE judge_cache (key TEXT PRIMARY KEY, saved_at TEXT NOT NULL, content NOT NULL) WITHOUT ROWID""",
)

_SECOND = (
    # Written before a trial with effects outside its world is handed to its agent: it must never be run twice unasked.
    """CREATE TABLE started (planned INTEGER PRIMARY KEY REFERENCES planned (number), at TEXT NOT NULL)""",
    # Results that a later attempt has taken the place of; nothing that was once accepted is thrown away.
    """CREATE TABLE earlier (
        number INTEGER PRIMARY KEY,
        planned INTEGER NOT NULL REFERENCES planned (number),
        status TEXT NOT NULL,
        score REAL,
        outcome TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        started_at NOT NULL,
        duration_s REAL NOT NULL,
        ttft_s REAL,
        input_tokens INTEGER,
        output_tokens INTEGER,
        cached_tokens INTEGER,
        cost_usd REAL,
        judge_cost_usd REAL,
        answer NOT NULL,
        detail NOT NULL,
        verdicts NOT NULL,
        trace NOT NULL
    )""",
    """CREATE INDEX earlier_by_planned ON earlier (planned)""",
    # What `latest` goes by: `started_at`, but never before a run that was here already when this one began.
    """ALTER TABLE runs ADD COLUMN ordered_at TEXT""",
    """UPDATE runs SET ordered_at = started_at""",
)

_THIRD = (
    # A dashboard finds a case among a hundred thousand trials, and what became of it in other runs.
    """CREATE INDEX cases_by_name ON cases (id, suite)""",
    """CREATE INDEX planned_by_case ON planned (case_number, run)""",
)

_FOURTH = (
    # What pages of a run are made of, written once when it ends: reading a hundred thousand rows takes a second.
    """CREATE TABLE columns (run INTEGER PRIMARY KEY REFERENCES runs (number), content BLOB NOT NULL)""",
    """CREATE INDEX verdicts_open ON verdicts (planned, position) WHERE passed IS NOT 1""",
)

_FIFTH = (
    # Of a run that has ended, how many trials were planned and have a result: nobody needs to count them again.
    """ALTER TABLE runs ADD COLUMN planned INTEGER""",
    """ALTER TABLE runs ADD COLUMN done INTEGER""",
)

MIGRATIONS: Mapping[int, Sequence[str]] = {1: _FIRST, 2: _SECOND, 3: _THIRD, 4: _FOURTH, 5: _FIFTH}
"""Version to the statements that lead to it from the one before; never edited once released, only added to."""


def newest() -> int:
    """The version that this program writes."""
    return max(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of an open file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_foreign(connection: sqlite3.Connection) -> bool:
    """Whether the file is a database of another program; the caller holds no transaction."""
    connection.execute("BEGIN")  # one snapshot: another process may be creating the file at this moment
    try:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return owner != APPLICATION_ID and bool(owner or version_of(connection) or tables)
    finally:
        connection.execute("COMMIT")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest version, all steps or none; the caller holds no transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again inside the lock: another process may have been faster.
        for step in range(version_of(connection) + 1, newest() + 1):
            for statement in MIGRATIONS[step]:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES (?, datetime('now'))", (f"version {step} since",))
            connection.execute(f"PRAGMA user_version = {step}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
