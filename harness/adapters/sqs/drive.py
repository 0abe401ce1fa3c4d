"""Run one job for each turn of a trial."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.adapters.aws.reach import Reach
from harness.adapters.context import Context
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import Request
from harness.adapters.target import Fault, TargetError
from harness.adapters.wire import Reading, Session
from harness.text import one_line
from harness.workspace import AgentSettings

from .queue import Queue
from .rows import Row, Rows, rows_of
from .settings import Settings

_LETTERS_EVERY: Final = 4
"""Looks at the row between two looks at the dead letters."""


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> JobDrive:
    """Prepare the queue and the table.

    Raises:
        MissingExtra: when boto3 is not installed.
        AgentError: when region, credentials or the table are missing.
    """
    reach = Reach(own, environ, f"agents.{agent.name} (queue {own.place})")
    return JobDrive(own, reach, rows_of(own, agent, root, reach))


class JobDrive:
    """Starts jobs and watches them; shared by all trials of a process."""

    def __init__(self, own: Settings, reach: Reach, rows: Rows) -> None:
        self._own = own
        self._reach = reach
        self._rows = rows
        self._queue = Queue(own, reach)

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        session = Session(where=self._reach.where, environ=self._reach.environ)
        before = await self._queue.ready()

        async def turn_of(request: Request, context: Context, turn: TurnRecord) -> None:
            job = Job(self._own, self._rows, self._queue, self._reach.where)
            values = session.values(request, job=job.id)
            parameters = {"job": job.id, **session.fill(self._own.parameters, values)}
            try:
                row = await job.run(session.fill(self._own.message, values), parameters, context)
            finally:
                with suppress(TargetError):
                    context.recorder.artifact("dead_letters", {"before": before, "after": await self._queue.depth()})
                await job.tidy(parameters)
            Reading(self._own, where=self._reach.where).take(row, context.recorder, turn)

        await run_turns(inputs, first, context, turn_of, metered=False)

    async def close(self) -> None:
        """Close the connections."""
        self._reach.close()


class Job:
    """One job."""

    def __init__(self, own: Settings, rows: Rows, queue: Queue, where: str) -> None:
        self.id = str(uuid.uuid4())
        self._own = own
        self._rows = rows
        self._queue = queue
        self._where = where
        self._seen: list[str] = []

    async def run(self, message: Any, parameters: Mapping[str, Any], context: Context) -> Row:
        """Start it and wait for its end.

        Raises:
            TargetError: when it fails, dies or does not end.
        """
        if self._own.create_sql is not None:
            await self._rows.run(self._own.create_sql, parameters)
        await self._queue.send(message if isinstance(message, str) else json.dumps(message))
        ends = time.monotonic() + self._longest(context)
        for look in range(1, 1 << 30):
            row = await self._looked(parameters, context)
            state = None if row is None else str(row.get(self._own.status))
            if row is not None and state in self._own.done:
                return row
            if row is not None and state in self._own.failed:
                raise self._failed("job_failed", f"the job ended as {state!r}{_reason(row)}", "agent")
            if look % _LETTERS_EVERY == 0 and await self._queue.is_dead(self.id):
                raise self._failed(
                    "dead_letter", f"its message ended in the dead-letter queue; the job is {_shown(state)}", "agent"
                )
            if time.monotonic() + self._own.poll_s >= ends:
                raise self._failed("never_ended", f"the job did not end: it is still {_shown(state)}", "late")
            await asyncio.sleep(self._own.poll_s)
        raise AssertionError("unreachable")  # the loop ends by returning or raising

    async def tidy(self, parameters: Mapping[str, Any]) -> None:
        """Remove what it has left."""
        if self._own.cleanup_sql is not None:
            with suppress(TargetError):
                await self._rows.run(self._own.cleanup_sql, parameters)

    async def _looked(self, parameters: Mapping[str, Any], context: Context) -> Row | None:
        """The row as it is now; each new state is recorded."""
        found = await self._rows.run(self._own.poll_sql, parameters)
        if not found:
            return None
        row = {name: _parsed(item) for name, item in found[0].items()}
        if self._own.status not in row:
            names = ", ".join(sorted(row))
            raise TargetError(
                "database",
                f"the row has no column {self._own.status!r}, only {names}",
                remedy="correct `status`",
                where=self._where,
            )
        state = str(row[self._own.status])
        if not self._seen or self._seen[-1] != state:
            self._seen.append(state)
            context.recorder.artifact("jobs", {**row, "seen": list(self._seen)})
        return row

    def _longest(self, context: Context) -> float:
        left = context.remaining()
        limits = [self._own.wait_s, None if left is None else left - self._own.grace_s]
        return max(0.0, min([limit for limit in limits if limit is not None], default=float("inf")))

    def _failed(self, kind: str, problem: str, fault: Fault) -> TargetError:
        return TargetError(
            kind, problem, remedy=f"look for the job {self.id} in its log", where=self._where, fault=fault
        )


def _parsed(item: Any) -> Any:
    """A column with JSON in it, as data."""
    if isinstance(item, str) and item[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):
            return json.loads(item)
    return item


def _reason(row: Row) -> str:
    told = next((row[name] for name in ("error_message", "error", "message") if row.get(name)), None)
    return "" if told is None else f": {one_line(told if isinstance(told, str) else json.dumps(told), 300)}"


def _shown(state: str | None) -> str:
    return "nowhere: there is no row" if state is None else repr(state)
