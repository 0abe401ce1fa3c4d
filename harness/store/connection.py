"""Open the store's file, and turn what SQLite says into an error that a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from harness.errors import HarnessError, StoreError, UserError, os_errors

from . import figures, schema

_BUSY_SECONDS = 30.0

_REMEDIES: tuple[tuple[str, str, str], ...] = (
    ("SQLITE_FULL", "the disk is full", "free some space, then go on with `finharness eval --resume`"),
    ("SQLITE_BUSY", "another process is writing to it and does not finish", "wait for the other run, then try again"),
    ("SQLITE_LOCKED", "another process is writing to it", "wait for the other run, then try again"),
    ("SQLITE_READONLY", "it is read-only", "make the file and its folder writable, or set another `store`"),
    ("SQLITE_CANTOPEN", "it cannot be opened", "make the file and its folder readable and writable"),
    ("SQLITE_PERM", "access is denied", "make the file and its folder readable and writable"),
    ("SQLITE_NOTADB", "it is not a result store", "move the file away, or set another `store` in harness.toml"),
    (
        "SQLITE_CORRUPT",
        "it is damaged",
        "copy it, recover what is left with `sqlite3 FILE .recover`, and move the damaged file away",
    ),
    (
        "SQLITE_IOERR",
        "the disk refuses to read or write",
        "check free space, quota and the disk, then go on with `finharness eval --resume`",
    ),
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explanation(path, error) from error


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Open the file, create it or bring it to the newest version if needed.

    Raises:
        UserError: when there is nothing to read.
        StoreError: when the file cannot be used.
    """
    if readonly and not path.exists():
        raise UserError("no results are stored yet", remedy="run `finharness eval` first", where=str(path))
    with explained(path):
        if not readonly:
            return _writable(path)
        connection = _reading(path)
        try:
            if _usable(connection, path):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        _writable(path).close()
        return _reading(path)


def _writable(path: Path) -> sqlite3.Connection:
    _make_folder(path)
    connection = _open(f"file:{quote(str(path))}?mode=rwc")
    try:
        if not _usable(connection, path):
            _keep_copy(connection, path)
            schema.migrate(connection)
        # A trial costs more than a flush: FULL keeps acknowledged results through a power cut too, not only a kill.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _reading(path: Path) -> sqlite3.Connection:
    connection = _open(f"file:{quote(str(path))}?mode=ro")
    try:
        schema.version_of(connection)
    except sqlite3.OperationalError:
        # A folder that cannot be written holds no side files; without a log the file itself is all there is.
        connection.close()
        if path.with_name(f"{path.name}-wal").exists():
            raise
        return _open(f"file:{quote(str(path))}?mode=ro&immutable=1")
    except BaseException:
        connection.close()
        raise
    return connection


def _open(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    figures.add_functions(connection)
    return connection


def _usable(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has the newest version; false for an older one."""
    if schema.is_foreign(connection):
        raise StoreError(
            "it is a database of another program",
            remedy="set another `store` under [workspace] in harness.toml",
            where=str(path),
        )
    version = schema.version_of(connection)
    if version > schema.newest():
        raise StoreError(
            f"it was written by a newer finharness (store version {version}, this one knows {schema.newest()})",
            remedy="pip install --upgrade finharness",
            where=str(path),
        )
    return version == schema.newest()


def _keep_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Keep the file as it is before it is brought to a newer version."""
    version = schema.version_of(connection)
    if version:
        with closing(sqlite3.connect(path.with_name(f"{path.name}.v{version}.bak"))) as copy:
            connection.backup(copy)


def _make_folder(path: Path) -> None:
    with os_errors(
        StoreError,
        "its folder cannot be made",
        remedy="make the folder writable, or set another `store` under [workspace] in harness.toml",
        where=path,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)


def _explanation(path: Path, error: sqlite3.Error) -> HarnessError:
    name = getattr(error, "sqlite_errorname", None) or ""
    for prefix, problem, remedy in _REMEDIES:
        if name.startswith(prefix):
            return StoreError(f"{problem}{_free(path, prefix)} ({error})", remedy=remedy, where=str(path))
    return StoreError(f"it cannot be used ({error})", remedy="check the file with `finharness doctor`", where=str(path))


def _free(path: Path, prefix: str) -> str:
    if prefix not in {"SQLITE_FULL", "SQLITE_IOERR"}:
        return ""
    try:
        return f", {shutil.disk_usage(path.parent).free / 1e6:,.0f} MB are free"
    except OSError:
        return ""
