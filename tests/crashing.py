"""A connection that dies before or after any statement, as a process does that is killed there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

from harness.store import connection


class CrashError(BaseException):
    """Stands in for the end of the process: nothing in the product may catch it and go on."""


class Statements:
    """Counts the statements of all connections, and calls something at one of them."""

    def __init__(self, at: int | None = None, then: Callable[[], None] | None = None) -> None:
        self.seen = 0
        self.at = at
        self.then = then

    def step(self) -> None:
        """A moment at which a process can die: twice per statement, before it and after."""
        if self.seen == self.at and self.then is not None:
            self.seen += 1
            self.then()
        self.seen += 1


def crash() -> None:
    """End as a kill would, as far as one process can show it."""
    raise CrashError


@contextmanager
def counted(statements: Statements):
    """Have every connection that is opened meanwhile count its statements."""

    class Counting(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            statements.step()
            cursor = super().execute(sql, parameters)
            statements.step()
            return cursor

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
            def each() -> Iterable[Any]:
                for row in parameters:
                    statements.step()
                    yield row

            statements.step()
            cursor = super().executemany(sql, each())
            statements.step()
            return cursor

    plain = connection.sqlite3.connect

    def connect(*args: Any, **known: Any) -> sqlite3.Connection:
        return plain(*args, **known, factory=Counting)

    connection.sqlite3.connect = connect
    try:
        yield
    finally:
        connection.sqlite3.connect = plain
