"""Execute, score, store: every planned trial ends in one stored row, or the run says that it is incomplete."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from harness.errors import HarnessError
from harness.frozen import frozen
from harness.model import Job, Outcome, Result, RunManifest
from harness.registry import Services
from harness.store import Store
from harness.store.place import place_warnings
from harness.suites.digests import changed, changed_words
from harness.telemetry import Scrubber, scrubber
from harness.workspace import Workspace

from .ending import is_quick
from .options import RunOptions
from .pool import Pool
from .sink import Sink

if TYPE_CHECKING:
    from harness.cassettes.library import Library
    from harness.limits.opening import RunLimits

    from .executors import Executor

_BATCH: Final = 128
_BATCH_S: Final = 0.05
_COMMITS: Final = 4
"""Commits while as many trials end as may run at once: those that wait for one hold up others."""
_JUDGED: Final = frozenset({"llm-rubric", "not-llm-rubric"})
_PAUSE: Final = 4.0
"""Times the length of the last commit: how long the next one waits for company."""
_MOST_WAITING: Final = 512
_SCORERS: Final = 16
_SLICE_S: Final = 0.005
_LAST_SCORES_S: Final = 5.0


@frozen
class RunEnd:
    """How a run ended; what it found is in the store."""

    status: Literal["complete", "interrupted", "incomplete"]
    """`complete` when every planned trial has a row."""

    stored: int
    """Rows that were stored."""

    signal: int | None = None
    """Signal that ended it early."""

    warnings: tuple[str, ...] = ()
    """What a person should know about the agents."""

    begun: bool = True
    """Whether the store knows the run; it does not when a signal came while agents were loaded."""


@frozen
class Terms:
    """Under which a run goes on: anew or again, within which limits, on which machines."""

    begin: bool = True
    """Whether the run is new to the store, rather than taken up again; results that errored then give way."""

    limits: RunLimits | None = None
    """The run's limits and budget; by default there are none."""

    executor: Executor | None = None
    """Machines to run on; by default this one."""


class _Ended(NamedTuple):
    job: Job
    outcome: Outcome
    started_at: float


async def run_jobs(
    jobs: Sequence[Job],
    manifest: RunManifest,
    workspace: Workspace,
    store: Store,
    *,
    options: RunOptions,
    services: Services,
    sinks: Sequence[Sink] = (),
    terms: Terms | None = None,
) -> RunEnd:
    """Run every job and store its result before anyone hears of it; the caller has claimed the run.

    Args:
        jobs: What to run.
        manifest: The run that they belong to.
        workspace: Where agents are.
        store: Where results go.
        options: How.
        services: What checks may use.
        sinks: Who hears of stored results.
        terms: Anew or again, within which limits, on which machines; by default anew, without limits, on this one.

    Raises:
        AgentError: when an agent cannot be loaded; nothing was spent and no run recorded.
        StoreError: when results cannot be stored; what was is safe.
        Incomplete: when workers cannot be started.
    """
    terms = Terms() if terms is None else terms
    limits, executor = terms.limits, terms.executor
    if limits is not None:
        options = replace(options, limits=limits.address)
    if executor is not None:
        options = replace(options, workers=options.workers or executor.cpus)
    pool_of = partial(Pool, workspace, jobs, options, executor=executor)
    pipeline = _Pipeline(
        jobs, manifest, store, pool_of,
        services=services, sinks=sinks, scrubber=scrubber(workspace), concurrency=options.concurrency,
    )  # fmt: skip
    pipeline.scorers = max(_SCORERS, options.concurrency)  # as many judged answers wait at once as trials may run
    tapes = options.tapes
    pipeline.tapes = tapes if services.judge is not None else None
    if limits is not None:
        limits.when_spent(pipeline.told_to_wind_down)
    try:
        end = await pipeline.run(begin=terms.begin, budget_s=options.budget_s)
    finally:
        await hang_up(services)
    if tapes is not None:
        tapes.finish(complete=end.status == "complete")
        end = replace(end, warnings=(*end.warnings, *tapes.warnings))
    return replace(end, warnings=(*end.warnings, *map(changed_words, changed(manifest.files, workspace.root))))


async def hang_up(services: Services) -> None:
    """Close what the grading side holds open."""
    close = getattr(services.judge, "close", None)
    if close is not None:
        with suppress(Exception):  # what has been decided stands, however its connection ends
            await close()


class _Pipeline:
    """One run on its way from outcomes to rows."""

    def __init__(
        self,
        jobs: Sequence[Job],
        manifest: RunManifest,
        store: Store,
        pool_of: Callable[..., Pool],
        *,
        services: Services,
        sinks: Sequence[Sink],
        scrubber: Scrubber,
        concurrency: int,
    ) -> None:
        self.scorers = _SCORERS
        self.tapes: Library | None = None
        self._batch = max(1, min(_BATCH, concurrency // _COMMITS))
        self._scrubber = scrubber
        self._jobs = jobs
        self._manifest = manifest
        self._store = store
        self._services = services
        self._sinks = sinks
        self._unstored: int = 0
        self._pool = pool_of(self._take, on_start=self._start, unstored=lambda: self._unstored)
        self._outcomes: asyncio.Queue[_Ended] = asyncio.Queue()
        self._pending: list[Result] = []
        self._timer: asyncio.TimerHandle | None = None
        self._stored = 0
        self._flush_s = 0.0
        self._begun = False
        self._over_errored = False
        self._signal: int | None = None
        self._error: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._budget_s: float | None = None

    async def run(self, *, begin: bool, budget_s: float | None = None) -> RunEnd:
        """Run to the end, whichever it is."""
        self._budget_s = budget_s
        scorers = [asyncio.create_task(self._score_on()) for _ in range(min(self.scorers, max(1, len(self._jobs))))]
        with self._listening():
            try:
                await self._pool.run(on_loaded=lambda: self._begin(begin=begin))
                await self._last_scores(scorers)
                self._flush()
            finally:
                for scorer in scorers:
                    scorer.cancel()
                await asyncio.gather(*scorers, return_exceptions=True)
                for sink in self._sinks:
                    sink.end()
        if self._error is not None:
            with suppress(HarnessError):
                self._store.end(self._manifest.id, "incomplete")
            raise self._error
        return self._end()

    def told_to_wind_down(self, error: HarnessError) -> None:
        """Start no more trials; called in another thread."""
        with suppress(RuntimeError):  # the run has ended
            self._loop.call_soon_threadsafe(self._wind_down, error.problem)

    def _wind_down(self, why: str) -> None:
        left = self._pool.wind_down()
        more = f"; {left} trials were not started" if left else ""
        self._pool.warnings[f"{why}{more}"] = None

    def _begin(self, *, begin: bool) -> None:
        if begin:
            self._store.begin(self._manifest, self._jobs, here=True)
        self._begun, self._over_errored = True, not begin
        if self._budget_s is not None:
            self._loop.call_later(self._budget_s, self._wind_down, f"the run's {self._budget_s:g} s are used up")
        for sink in self._sinks:
            sink.begin(len(self._jobs), self._pool.running)

    def _end(self) -> RunEnd:
        if not self._begun:
            return RunEnd("interrupted", 0, self._signal, begun=False)
        status: Literal["complete", "interrupted", "incomplete"] = "complete"
        if self._stored < len(self._jobs):
            status = "interrupted" if self._signal is not None else "incomplete"
        self._store.end(self._manifest.id, status)
        warnings = (*self._pool.warnings, *place_warnings(self._store.path))
        return RunEnd(status, self._stored, self._signal, warnings)

    def _start(self, jobs: Sequence[Job]) -> None:
        """Write down what is about to act and must never act twice."""
        self._store.start(self._manifest.id, jobs)

    # ---- outcome to result

    def _take(self, job: Job, outcome: Outcome, started_at: float) -> None:
        self._outcomes.put_nowait(_Ended(job, outcome, started_at))
        self._unstored += not (_judged(job) or is_quick(outcome))  # a judge takes its time, in which agents may go on
        if self._outcomes.qsize() > _MOST_WAITING:
            self._pool.hold = True

    async def _score_on(self) -> None:
        """Score whatever comes; several of these overlap where checks wait for a judge."""
        from harness.score import score

        since = perf_counter()
        while True:
            ended = await self._outcomes.get()
            try:
                started_at = _iso(ended.started_at)
                with self.tapes.grading(ended.job) if self.tapes is not None else nullcontext():
                    result = await score(ended.job, ended.outcome, self._services, started_at=started_at)
                self._keep(result)
            except Exception as error:  # noqa: BLE001 - scoring never raises, storing may: the run must end and say so
                self._fail(error)
            finally:
                self._outcomes.task_done()
            if perf_counter() - since > _SLICE_S:  # let the pool hear its workers
                await asyncio.sleep(0)
                since = perf_counter()

    async def _last_scores(self, scorers: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the scoring of what has ended; after a signal not for long."""
        rest = asyncio.ensure_future(self._outcomes.join())
        while not rest.done():
            limit = _LAST_SCORES_S if self._signal is not None else None
            await asyncio.wait([rest, *scorers], timeout=limit or 1.0, return_when=asyncio.FIRST_COMPLETED)
            if self._error is not None or (limit is not None and not rest.done()):
                rest.cancel()
                return

    # ---- result to row

    def _keep(self, result: Result) -> None:
        self._pending.append(self._scrubber.result(result))
        quick = is_quick(result.outcome)
        self._unstored += _judged(result.job) and not quick
        if len(self._pending) >= (_BATCH if quick else self._batch):
            self._flush()
        elif self._timer is None:  # soon while that is cheap, later when storing is what takes the time
            delay = min(_BATCH_S, _PAUSE * self._flush_s)
            self._timer = asyncio.get_running_loop().call_later(delay, self._flush_on_time)
        if self._pool.hold and self._outcomes.qsize() < _MOST_WAITING // 2:
            self._pool.hold = False
            self._pool.pump()

    def _flush_on_time(self) -> None:
        try:
            self._flush()
        except Exception as error:  # noqa: BLE001 - raised where the run is awaited
            self._fail(error)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending or self._error is not None:
            return
        began = perf_counter()
        batch, self._pending = self._pending, []
        self._store.add(self._manifest.id, batch, over_errored=self._over_errored)
        self._flush_s = perf_counter() - began
        self._stored += len(batch)
        self._unstored -= sum(not is_quick(result.outcome) for result in batch)
        for sink in self._sinks:
            sink.stored(batch)
        self._pool.pump()

    def _fail(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error
            self._pool.stop()

    # ---- signals

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM for the run; only the main thread can."""
        loop = asyncio.get_running_loop()
        taken: list[signal.Signals] = []
        with suppress(ValueError, RuntimeError, NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._interrupted, int(number))
                taken.append(number)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

    def _interrupted(self, number: int) -> None:
        """First: start nothing more, store what is finished. Second: leave at once."""
        if self._signal is not None:
            for sink in self._sinks:
                with suppress(Exception):
                    sink.end()
            os._exit(128 + number)
        self._signal = number
        self._pool.stop()


def _judged(job: Job) -> bool:
    return any(check.type in _JUDGED for check in job.case.checks)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
