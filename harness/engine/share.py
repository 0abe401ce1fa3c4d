"""Run jobs in the background of a program that is busy with something else, such as pytest."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime

from harness.errors import Incomplete
from harness.model import Job, Outcome, Result
from harness.registry import Services
from harness.workspace import Workspace

from .options import RunOptions
from .pool import Pool
from .run import hang_up


class Share:
    """Jobs that run at once, all of them, in an event loop of their own; each result can be waited for."""

    def __init__(self, jobs: Sequence[Job], workspace: Workspace, options: RunOptions, services: Services) -> None:
        self._jobs = jobs
        self._workspace = workspace
        self._options = options
        self._services = services
        self._results: dict[str, Future[Result]] = {job.key: Future() for job in jobs}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: Pool | None = None
        self._scoring: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="finharness", daemon=True)
        self._thread.start()

    def wait(self, key: str) -> Result:
        """The result of a job.

        Raises:
            HarnessError: when the jobs could not be run.
        """
        return self._results[key].result()

    def finished(self) -> list[Result]:
        """The results that are there."""
        done = [future for future in self._results.values() if future.done() and future.exception() is None]
        return [future.result() for future in done]

    def stop(self) -> None:
        """End what is still running, and wait until it has ended."""
        loop, pool = self._loop, self._pool
        if loop is not None and pool is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # it ended on its own meanwhile
                loop.call_soon_threadsafe(pool.stop)
        self._thread.join()

    def _run(self) -> None:
        problem: BaseException = Incomplete("the trial was not run", remedy="run it again")
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - whoever waits must learn of it
            problem = error
        for future in self._results.values():
            if not future.done():
                future.set_exception(problem)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pool = Pool(self._workspace, self._jobs, self._options, self._ended)
        await self._pool.run()
        if self._scoring:
            await asyncio.wait(self._scoring)
        await hang_up(self._services)

    def _ended(self, job: Job, outcome: Outcome, started_at: float) -> None:
        task = asyncio.get_running_loop().create_task(self._score(job, outcome, started_at))
        self._scoring.add(task)
        task.add_done_callback(self._scoring.discard)

    async def _score(self, job: Job, outcome: Outcome, started_at: float) -> None:
        from harness.score import score

        started = datetime.fromtimestamp(started_at, UTC).isoformat(timespec="milliseconds")
        try:
            self._results[job.key].set_result(await score(job, outcome, self._services, started_at=started))
        except Exception as error:  # noqa: BLE001 - scoring never raises; were it to, the item that waits must fail
            self._results[job.key].set_exception(error)
