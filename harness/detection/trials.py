"""Run trials on the workers as `eval` does, score them, and hand each result over without storing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.engine.allowance import allowance
from harness.engine.options import RunOptions
from harness.engine.pool import Pool
from harness.engine.sink import Sink
from harness.model import Job, Outcome, Result
from harness.registry import Services
from harness.workspace import Workspace

Take = Callable[[Result], None]
"""Called with each result, in the order they end."""

_SLICE = 8
_MOST_WAITING = 256


def run_trials(
    jobs: Sequence[Job],
    workspace: Workspace,
    *,
    options: RunOptions,
    services: Services,
    take: Take,
    sink: Sink | None = None,
) -> None:
    """Run every job and hand over its result.

    Raises:
        AgentError: when an agent or a mutant cannot be loaded; nothing was run.
        Incomplete: when workers cannot be started.
    """
    asyncio.run(_Trials(workspace, services, take, sink).run(jobs, options))


class _Trials:
    """Trials on their way to results."""

    def __init__(self, workspace: Workspace, services: Services, take: Take, sink: Sink | None) -> None:
        self._workspace = workspace
        self._services = services
        self._take = take
        self._sink = sink
        self._waiting: asyncio.Queue[tuple[Job, Outcome]] = asyncio.Queue()
        self._pool: Pool | None = None
        self._error: BaseException | None = None

    async def run(self, jobs: Sequence[Job], options: RunOptions) -> None:
        limits = allowance(self._workspace, {job.variant for job in jobs}, options)
        try:
            await self._run(jobs, replace(options, limits=limits.address if limits else None))
        finally:
            if limits is not None:
                limits.close()

    async def _run(self, jobs: Sequence[Job], options: RunOptions) -> None:
        self._pool = Pool(self._workspace, jobs, options, self._ended)
        scorer = asyncio.create_task(self._score_on())
        try:
            await self._pool.run(on_loaded=lambda: self._begin(len(jobs)))
            rest = asyncio.ensure_future(self._waiting.join())
            await asyncio.wait([rest, scorer], return_when=asyncio.FIRST_COMPLETED)
            rest.cancel()
        finally:
            scorer.cancel()
            await asyncio.gather(scorer, return_exceptions=True)
            if self._sink is not None:
                self._sink.end()
        if self._error is not None:
            raise self._error

    def _begin(self, total: int) -> None:
        if self._sink is not None and self._pool is not None:
            self._sink.begin(total, self._pool.running)

    def _ended(self, job: Job, outcome: Outcome, _started_at: float) -> None:
        self._waiting.put_nowait((job, outcome))
        if self._waiting.qsize() > _MOST_WAITING and self._pool is not None:
            self._pool.hold = True

    async def _score_on(self) -> None:
        from harness.score import score

        done = 0
        while True:
            job, outcome = await self._waiting.get()
            try:
                result = await score(job, outcome, self._services)
                self._take(result)
                if self._sink is not None:
                    self._sink.stored([result])
            except Exception as error:  # noqa: BLE001 - scoring never raises, so this is our bug and must end the run
                self._error = error
                assert self._pool is not None
                self._pool.stop()
                return
            finally:
                self._waiting.task_done()
            done += 1
            if done % _SLICE == 0:  # let the pool hear its workers
                self._go_on()
                await asyncio.sleep(0)

    def _go_on(self) -> None:
        if self._pool is not None and self._pool.hold and self._waiting.qsize() < _MOST_WAITING // 2:
            self._pool.hold = False
            self._pool.pump()
