"""Run the SQL of jobs: in a file of SQLite, through the RDS Data API, or in a function of the workspace."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from harness.adapters.aws.reach import Reach
from harness.adapters.target import TargetError
from harness.errors import AgentError
from harness.llm.threads import in_thread
from harness.text import one_line
from harness.workspace import AgentSettings, load_target

from .settings import Settings

Row: TypeAlias = dict[str, Any]

_LOCKED_S = 10.0


class Rows(Protocol):
    """Where jobs are rows."""

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement with named parameters, never text put together; gives the rows it found."""
        ...


def rows_of(own: Settings, agent: AgentSettings, root: Path, reach: Reach) -> Rows:
    """The table of an agent.

    Raises:
        AgentError: when it is not there.
    """
    if own.rows == "sqlite":
        file = root / (own.database or "")
        if not file.is_file():
            raise AgentError(f"there is no database {own.database!r}", remedy="correct `database`", where=reach.where)
        return SqliteRows(file, reach.where)
    if own.rows == "rds-data":
        return DataApiRows(own, reach)
    if not agent.target:
        raise AgentError(
            'rows = "function" needs a target', remedy='add target = "agents/jobs.py:execute"', where=reach.where
        )
    function = load_target(root, agent.target)
    if not callable(function):
        raise AgentError(f"{agent.target} is no function", remedy="write `execute(sql, parameters)`", where=reach.where)
    return FunctionRows(function, reach.where)


class SqliteRows:
    """A file of SQLite."""

    def __init__(self, file: Path, where: str) -> None:
        self._file = file
        self._where = where

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement; see `Rows`."""
        import sqlite3

        def execute() -> list[Row]:
            with closing(sqlite3.connect(self._file, timeout=_LOCKED_S)) as connection, connection:
                connection.row_factory = sqlite3.Row
                return [dict(row) for row in connection.execute(sql, _bindable(parameters))]

        try:
            return await in_thread(execute)
        except sqlite3.Error as error:
            raise _refused(str(error), sql, self._where) from None


class DataApiRows:
    """A database behind the RDS Data API."""

    def __init__(self, own: Settings, reach: Reach) -> None:
        self._own = own
        self._reach = reach

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement; see `Rows`."""
        used = [{"name": name, "value": data_api_value(item)} for name, item in parameters.items() if f":{name}" in sql]
        reply = await self._reach.ask(
            lambda: self._reach.client("rds-data").execute_statement(
                resourceArn=self._own.resource_arn,
                secretArn=self._own.secret_arn,
                database=self._own.database,
                sql=sql,
                parameters=used,
                formatRecordsAs="JSON",
            )
        )
        return [dict(row) for row in json.loads(reply.get("formattedRecords") or "[]")]


class FunctionRows:
    """A function of the workspace, plain or asynchronous, that runs SQL wherever the table is."""

    def __init__(self, function: Callable[..., Any], where: str) -> None:
        self._function = function
        self._where = where

    async def run(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one statement; see `Rows`."""
        try:
            if inspect.iscoroutinefunction(self._function):
                found = await self._function(sql, dict(parameters))
            else:
                found = await in_thread(lambda: self._function(sql, dict(parameters)))
        except Exception as error:
            raise _refused(f"{type(error).__name__}: {error}", sql, self._where) from error
        rows = [] if found is None else found
        if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
            raise _refused("the function gave no list of mappings", sql, self._where)
        return [dict(row) for row in rows]


def _refused(told: str, sql: str, where: str) -> TargetError:
    return TargetError(
        "database",
        f"the database refuses {one_line(sql, 80)!r}: {one_line(told, 300)}",
        remedy="correct the SQL",
        where=where,
    )


def _bindable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    plain = (str, int, float, type(None))
    return {name: item if isinstance(item, plain) else json.dumps(item) for name, item in parameters.items()}


def data_api_value(item: Any) -> dict[str, Any]:
    """A parameter as the Data API takes it."""
    match item:
        case None:
            return {"isNull": True}
        case bool():
            return {"booleanValue": item}
        case int():
            return {"longValue": item}
        case float():
            return {"doubleValue": item}
        case str():
            return {"stringValue": item}
    return {"stringValue": json.dumps(item)}
