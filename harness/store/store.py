"""Write results as they come and read them back: whatever `add` has accepted survives a kill or a power cut."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar

from harness.model import Case, Job, Result, RunManifest

from . import attempts, columns, planned, runs
from .claim import Claim
from .connection import connect, explained
from .replaced import NOTHING, Replaced, by_trial, spent
from .rows import RESULT_COLUMNS, VERDICT_COLUMNS, decode, encode
from .runs import RunRow, RunStatus

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 500
_PAGE_OF_TRACES = 50
_INSERT_RESULT = f"INSERT INTO results (planned, {RESULT_COLUMNS}) VALUES ({', '.join('?' * 15)})"  # noqa: S608 - no data in it
_INSERT_VERDICT = f"INSERT INTO verdicts (planned, {VERDICT_COLUMNS}) VALUES ({', '.join('?' * 9)})"  # noqa: S608 - no data in it
_INSERT_TRACE = "INSERT INTO traces (planned, content) VALUES (?, ?)"
_UNDONE = "AND NOT EXISTS (SELECT 1 FROM results r WHERE r.planned = p.number)"


class Store:
    """The result store of a workspace.

    Several processes may use one file at once; threads may share one object.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._cases: dict[int, Case] = {}

    @classmethod
    def open(cls, path: str | Path, *, readonly: bool = False) -> Store:
        """Open the file; a missing one is created unless `readonly`.

        Raises:
            UserError: when there is nothing to read.
            StoreError: when the file cannot be used.
        """
        place = Path(path)
        return cls(place, connect(place, readonly=readonly))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        with self._lock:
            self._connection.close()

    # ---- writing

    def claim(self, run_id: str) -> Claim:
        """The right to run this run's trials, which one process has at a time; use it in a `with` statement.

        Raises:
            UserError: on entering, when another process has it.
        """
        return Claim(self.path, run_id)

    def begin(self, manifest: RunManifest, jobs: Sequence[Job], *, here: bool = False) -> None:
        """Record a run and all its planned trials.

        Args:
            manifest: The run.
            jobs: Its trials.
            here: Whether it begins now and on this machine, and so is the latest whatever the clocks of others said.

        Raises:
            StoreError: when a run of that id exists, or two jobs have one key.
        """
        rows = planned.case_rows(jobs)
        with self._writing() as connection:
            cases = planned.insert(connection, runs.insert(connection, manifest, here=here), jobs, rows)
        self._cases.update(cases)  # reading the run's results need not decode them again

    def start(self, run_id: str, jobs: Sequence[Job]) -> None:
        """Note, durably once this returns, that trials are about to be handed to agents that may not be run twice.

        Raises:
            StoreError: when the run or a trial was not planned, or nothing can be written; then nothing was.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing() as connection:
            attempts.start(connection, runs.number_of(connection, run_id), [job.key for job in jobs], at)

    def add(self, run_id: str, results: Sequence[Result], *, over_errored: bool = False) -> None:
        """Keep results, durably once this returns; a trial that has a result keeps its first one.

        Args:
            run_id: Exact id of the run.
            results: What to keep.
            over_errored: Whether an errored result gives way to another; it is then kept among the earlier ones.

        Raises:
            StoreError: when the run or a trial was not planned, or nothing can be written; then nothing was.
        """
        encoded = [encode(result) for result in results]
        with self._writing() as connection:
            run = runs.number_of(connection, run_id)
            columns.forget(connection, run)
            fresh = planned.fresh(connection, run, encoded, over_errored=over_errored)
            attempts.set_aside(connection, fresh.replacing)
            rows = fresh.rows
            connection.executemany(_INSERT_RESULT, ((number, *item.result) for number, item in rows.items()))
            connection.executemany(
                _INSERT_VERDICT, ((number, *row) for number, item in rows.items() for row in item.verdicts)
            )
            connection.executemany(_INSERT_TRACE, ((number, item.trace) for number, item in rows.items()))
            attempts.keep(connection, rows)

    def add_earlier(self, run_id: str, results: Sequence[Result]) -> None:
        """Keep results from elsewhere among the earlier ones, durably once this returns: each once, whatever was kept before.

        Raises:
            StoreError: when the run or a trial was not planned, or nothing can be written; then nothing was.
        """
        encoded = [encode(result) for result in results]
        with self._writing() as connection:
            attempts.add_earlier(connection, runs.number_of(connection, run_id), encoded)

    def end(self, run_id: str, status: Literal["complete", "interrupted", "incomplete"]) -> None:
        """Record how a run ended."""
        self._set_status(run_id, status, datetime.now(UTC).isoformat(timespec="seconds"))

    def resume(self, run_id: str) -> tuple[Job, ...]:
        """Take a run up again and say which trials it lacks."""
        self._set_status(run_id, "running", None)
        return self.missing(run_id)

    # ---- reading

    def runs(self, limit: int | None = None) -> tuple[RunRow, ...]:
        """The runs, newest first."""
        with self._reading() as connection:
            return runs.listed(connection, limit)

    def run(self, ref: str = "latest") -> RunRow:
        """Find a run by its id, a beginning of it that fits no other, `latest` or `latest~1`.

        Raises:
            UserError: when none or several fit.
        """
        with self._reading() as connection:
            return runs.find(connection, ref)

    def ask(self, question: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **known: P.kwargs) -> T:
        """Put one of the questions of `harness.store.facts` or `harness.store.figures`: answered by the database, without reading whole results."""
        with self._reading() as connection:
            return question(connection, *args, **known)

    def results(self, run_id: str, *, traces: bool = False, keys: Collection[str] | None = None) -> Iterator[Result]:
        """The results of a run in the order they were planned, read a page at a time.

        Args:
            run_id: Exact id of the run.
            traces: Whether to read whole traces; without, a trace has its totals and the beginning of the answer.
            keys: Trials wanted; by default all.
        """
        with self._reading() as connection:
            run = runs.number_of(connection, run_id)
            wanted = None if keys is None else planned.numbers_of(connection, run, keys)
        last = 0
        while page := self._page(run, last, wanted, traces=traces):
            verdicts = self._verdicts(run, last, page, sparse=wanted is not None)
            last = page[-1][0]
            for row in page:
                job = planned.job_of(self._case(row[1]), row[:5])
                yield decode(job, row[6:], verdicts.get(row[0], ()), row[5])

    def missing(self, run_id: str) -> tuple[Job, ...]:
        """The planned trials that have no result, in the order they were planned."""
        return self._jobs(run_id, _UNDONE)

    def started(self, run_id: str) -> tuple[Job, ...]:
        """The trials that were begun by agents that may not be run twice, and have no result."""
        return self._jobs(run_id, f"{attempts.OPEN} {_UNDONE}")

    def errored(self, run_id: str) -> tuple[Job, ...]:
        """The trials that errored and may be run again."""
        with self._reading() as connection:
            numbers = set(attempts.retryable(connection, runs.number_of(connection, run_id)))
        return tuple(job for number, job in self._numbered(run_id, "") if number in numbers) if numbers else ()

    def earlier(self, run_id: str) -> Iterator[Result]:
        """The results that a later attempt has replaced, in the order of the plan, oldest first."""
        with self._reading() as connection:
            rows = attempts.earlier(connection, runs.number_of(connection, run_id))
        jobs = dict(self._numbered(run_id, "")) if rows else {}
        return (attempts.earlier_result(jobs[row[0]], row) for row in rows)

    def replaced(self, run_id: str) -> Replaced:
        """What the executions have spent that a later attempt has replaced."""
        return sum(self.ask(by_trial, run_id).values(), NOTHING)

    def spent(self, run_id: str) -> tuple[float, int]:
        """Dollars and tokens that a run has used so far, judges and replaced executions included, where they are known."""
        return self.ask(spent, run_id)

    def planned(self, run_id: str) -> tuple[Job, ...]:
        """All planned trials of a run, in order."""
        return self._jobs(run_id, "")

    # ---- inside

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(self.path):
            yield self._connection

    def _set_status(self, run_id: str, status: RunStatus, ended_at: str | None) -> None:
        with self._writing() as connection:
            number = runs.number_of(connection, run_id)
            connection.execute("UPDATE runs SET status = ?, ended_at = ? WHERE number = ?", (status, ended_at, number))
            columns.forget(connection, number)
            if ended_at is not None:
                columns.keep(connection, number, run_id)

    def _case(self, number: int) -> Case:
        case = self._cases.get(number)
        if case is None:
            with self._reading() as connection:
                case = self._cases[number] = planned.case_of(connection, number)
        return case

    def _jobs(self, run_id: str, condition: str) -> tuple[Job, ...]:
        return tuple(job for _, job in self._numbered(run_id, condition))

    def _numbered(self, run_id: str, condition: str) -> list[tuple[int, Job]]:
        statement = f"SELECT {planned.COLUMNS} FROM planned p WHERE p.run = ? {condition} ORDER BY p.number"  # noqa: S608 - no data in it
        with self._reading() as connection:
            rows = connection.execute(statement, (runs.number_of(connection, run_id),)).fetchall()
            return [(row[0], planned.job_of(self._case(row[1]), row)) for row in rows]

    def _page(self, run: int, last: int, wanted: Sequence[int] | None, *, traces: bool) -> list[Any]:
        """The next results after a planned trial: of the run, or of the wanted trials."""
        size = _PAGE_OF_TRACES if traces else _PAGE
        some = [] if wanted is None else [number for number in wanted if number > last][:size]
        trace, join = ("t.content", "JOIN traces t ON t.planned = p.number") if traces else ("NULL", "")
        columns = ", ".join(f"r.{name.strip()}" for name in RESULT_COLUMNS.split(","))
        chosen = "" if wanted is None else f"AND p.number IN ({', '.join('?' * len(some))})"
        statement = (
            f"SELECT {planned.COLUMNS}, {trace}, {columns} FROM planned p JOIN results r ON r.planned = p.number {join}"  # noqa: S608 - no data in it
            f" WHERE p.run = ? AND p.number > ? {chosen} ORDER BY p.number LIMIT ?"
        )
        with self._reading() as connection:
            return connection.execute(statement, (run, last, *some, size)).fetchall()

    def _verdicts(self, run: int, after: int, page: Sequence[Any], *, sparse: bool) -> dict[int, list[Any]]:
        """The verdicts of a page by trial; of sparse ones, what lies between them is not read."""
        numbers = [row[0] for row in page]
        which, values = ("p.number > ? AND p.number <= ?", [after, numbers[-1]])
        if sparse:
            which, values = f"p.number IN ({', '.join('?' * len(numbers))})", numbers
        statement = (
            f"SELECT v.planned, {VERDICT_COLUMNS} FROM planned p JOIN verdicts v ON v.planned = p.number"  # noqa: S608 - no data in it
            f" WHERE p.run = ? AND {which} ORDER BY v.planned, v.position"
        )
        with self._reading() as connection:
            rows = connection.execute(statement, (run, *values)).fetchall()
        return {number: [row[1:] for row in group] for number, group in groupby(rows, key=itemgetter(0))}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
