"""Run trials on workers: hand them out, and find out who is guilty when a worker dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.errors import HarnessError, Incomplete, Problems
from harness.model import Failure, Job, Outcome
from harness.workspace import Workspace

from .blame import exhausted, interrupted, late_failure
from .deadlines import Deadlines, sentence
from .ending import death, is_quick, outcome_of
from .flight import Flight
from .lanes import Lane, Lanes
from .loadable import exited_while_loading, problem_of, slow_to_load, variant
from .member import Member
from .mishap import noticed
from .options import RunOptions
from .wire import CRASHED, LOST
from .workforce import Workforce, split

if TYPE_CHECKING:
    from .executors import Executor

OnOutcome = Callable[[Job, Outcome, float], None]
"""Called with the job, how it ended and the Unix time of its start."""

OnStart = Callable[[Sequence[Job]], None]
"""Called before trials start that may be run once only; they are not started if it raises."""

_APART_MOST: Final = 8
_ATTEMPTS_MOST: Final = 5
_WORTH_SAYING_S: Final = 1.5
_DEATHS_WHILE_LOADING: Final = 5


class Pool:
    """Everything that one run has in flight."""

    def __init__(
        self,
        workspace: Workspace,
        jobs: Sequence[Job],
        options: RunOptions,
        on_outcome: OnOutcome,
        *,
        on_start: OnStart | None = None,
        executor: Executor | None = None,
        unstored: Callable[[], int] = lambda: 0,
    ) -> None:
        self._options = options
        self._unstored = unstored
        self._on_outcome = on_outcome
        self._on_start = on_start
        self._agents = {name: variant(workspace, name) for name in dict.fromkeys(job.variant for job in jobs)}
        self._lanes = Lanes(jobs, self._agents, options)
        self._force = Workforce(self, workspace, self._agents, self._lanes, limits=options.limits, executor=executor)
        self._deadlines = Deadlines(
            lambda: self._force.members,
            load_timeout_s=options.load_timeout_s,
            on_slow_load=self._slow_to_load,
            on_condemned=self._condemn,
        )
        self._unfinished = len(jobs)
        self._deaths_while_loading = 0
        self._quick = False
        self._stopped = False
        self._open = False
        self.hold = False
        """Set to pause handing out, while scoring or storing is behind."""
        self.warnings: dict[str, None] = {}
        """What a person should know about the agents, once each."""
        self._capacities = split(options.concurrency, options.workers_for(len(self._lanes.shared) or 1))
        self._memory_mb = max((agent.memory_mb or options.memory_mb for agent in self._agents.values()), default=0)
        self._loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # ---- for the run

    async def run(self, *, on_loaded: Callable[[], None] = lambda: None) -> None:
        """Run every job.

        Args:
            on_loaded: Called when all agents are loaded, before the first trial.

        Raises:
            AgentError: when an agent cannot be loaded; nothing was spent.
            Incomplete: when workers cannot be started.
        """
        self._deadlines.start()
        try:
            with noticed(self._fail):
                self._first()
                await self._loaded
                if not self._stopped:
                    on_loaded()
                self._open = True
                self.pump()
                await self._done
        finally:
            self._deadlines.stop()
            await self._force.close()

    def stop(self) -> None:
        """Start nothing more and end what is running; what has been reported is kept."""
        self._stopped = True
        self._lanes.clear()
        for member in list(self._force.members):
            self._force.drop(member)
        for future in (self._loaded, self._done):
            if not future.done():
                future.set_result(None)

    def wind_down(self) -> int:
        """Start nothing more and let what is running end; gives how many trials are left out."""
        left = self._lanes.clear()
        self._unfinished -= left
        if not self._unfinished and not self._done.done():
            self._done.set_result(None)
        return left

    def running(self) -> list[tuple[Job, float]]:
        """Trials in flight with their age in seconds, oldest first."""
        now = time.monotonic()
        flights = [flight for member in self._force.members for flight in member.running.values()]
        return sorted(((item.job, now - item.started) for item in flights), key=lambda pair: -pair[1])

    # ---- handing out

    def pump(self) -> None:
        """Hand out what there is room for."""
        if self._stopped or self.hold or not self._open:
            return
        try:
            self._pump_apart()
            self._pump_shared()
            self._pump_quarantine()
            for member in self._force.here:
                self._give(member, self._lanes.here, member.capacity - member.load)
        except HarnessError as error:  # a trial that may be run once only could not be noted
            self._fail(error)

    def _give(self, member: Member, lane: Lane, most: int, *, ahead: bool = False) -> None:
        most = most if ahead else min(most, self._free())
        flights = self._lanes.take(lane, most) if most > 0 else []
        once = [flight.job for flight in flights if flight.once]
        if once and self._on_start is not None:
            self._on_start(once)
        if flights:
            member.give(flights)

    def _pump_apart(self) -> None:
        lanes = self._lanes
        if lanes.apart and not lanes.shared:
            for member in [item for item in self._force.shared if not item.load]:
                self._force.retire(member)
        most = self._options.concurrency if lanes.process_isolation else _APART_MOST
        members = self._force.apart
        idle = [item for item in members if item.is_ready and not item.load]
        starting = sum(not item.is_ready for item in members)
        while lanes.apart and idle:
            member, following = idle.pop(), lanes.apart[0]
            if member.worn or (member.served and isinstance(following, Flight) and following.alone):
                self._force.retire(member)
                members.remove(member)
            else:
                self._give(member, lanes.apart, 1)
        wanted = min(len(lanes.apart), self._free()) - starting
        while wanted > 0 and len(members) < most and self._room() > 0:
            members.append(self._force.hire(capacity=1, apart=True))
            wanted -= 1

    def _pump_quarantine(self) -> None:
        """Once all else is done, run the quarantined one by one."""
        lanes = self._lanes
        if not lanes.quarantine or lanes.shared or lanes.apart or not self._force.is_idle:
            return
        for member in [*self._force.shared, *self._force.apart]:
            self._force.retire(member)
        flight = lanes.quarantine.popleft()
        flight.alone = True
        lanes.apart.append(flight)
        self._force.hire(capacity=1, apart=True)

    def _pump_shared(self) -> None:
        waiting = self._lanes.shared
        in_the_way = self._force.apart if waiting and not self._lanes.apart else ()
        for member in [*in_the_way, *(item for item in self._force.shared if item.worn)]:
            if member.is_ready and not member.load:
                self._force.retire(member)
        shared = [item for item in self._force.shared if not item.worn]
        for member in shared:
            if waiting and member.is_ready:
                self._give(member, waiting, member.capacity - member.load)
        if waiting and not self._lanes.apart and len(shared) < len(self._capacities):
            capacity = self._capacities[len(shared)]
            if self._room() >= capacity:
                self._force.hire(capacity=capacity, apart=False, memory_mb=self._memory_mb)
        if self._quick and len(waiting) > self._options.concurrency:
            for member in shared:  # a little more than it can run, so that it need not wait for us
                if member.is_ready:
                    self._give(member, waiting, 2 * member.capacity - member.load, ahead=True)

    def _free(self) -> int:
        """How many more trials may be under way: what is not stored yet counts, for it is lost when we are killed."""
        return self._options.concurrency - sum(member.load for member in self._force.members) - self._unstored()

    def _room(self) -> int:
        return self._options.concurrency - self._force.taken()

    # ---- workers coming and going

    def _first(self) -> None:
        """Start the first worker, which also finds out whether every agent can be loaded."""
        if not self._unfinished:
            for future in (self._loaded, self._done):
                future.set_result(None)
        if self._lanes.here:
            self._force.hire_here(self._options.concurrency)
        self._first_worker()

    def _first_worker(self) -> None:
        if self._lanes.shared:
            self._force.hire(capacity=self._capacities[0], apart=False, memory_mb=self._memory_mb)
        elif self._lanes.apart:
            self._force.hire(capacity=1, apart=True)

    def ready(self, problems: Mapping[str, Any]) -> None:
        """A worker has loaded its agents, or could not."""
        self._deaths_while_loading = 0
        errors = [problem_of(given) for given in problems.values()]
        if errors and self._loaded.done():
            self._fail(Incomplete("an agent that was loaded before cannot be loaded again", remedy=str(errors[0])))
        elif errors:
            self._fail(errors[0] if len(errors) == 1 else Problems(errors))
        elif all(item.is_ready for item in self._force.members) and not self._loaded.done():
            self._loaded.set_result(None)

    def warned(self, flight: Flight | None, seconds: float, place: str) -> None:
        """A trial held up its worker for a while."""
        if seconds < _WORTH_SAYING_S or place.startswith(("import ", "from ")):  # a first import is nobody's habit
            return
        who = f"agent {flight.agent!r}" if flight is not None else "an agent"
        self.warnings[
            f"{who} blocked the event loop in {place} ({seconds:.1f} s); await it, or use a plain function"
        ] = None

    def left(self, agent: str, what: str) -> None:
        """An agent left something behind in its worker, which was put right or will be replaced."""
        self.warnings[f"agent {agent!r} {what}"] = None

    # ---- ends

    def ended(self, member: Member, flight: Flight, report: list[Any]) -> None:
        """A trial ended on its own, or because it was cancelled."""
        _, _, status, error, seconds, stdout, events = report
        if flight.cancelled is not None and (status == "cancelled" or seconds > flight.limit_s):
            status, error = "timed_out", late_failure(flight, reacted=True)
        events = flight.events = [*flight.events, *events] if flight.events else events
        if status == "agent_failed" and exhausted(error):
            member.worn = True  # what it has taken it may never give back
            if not flight.once and (not member.apart or member.served > 1):  # others may have used it up
                flight.alone = flight.alone or member.apart
                self._again(flight, Failure(*error))
                return
        self._finish(flight, status, error, events=events, seconds=seconds, stdout=stdout)

    def died(self, member: Member, code: int | None, peak_kb: int) -> None:
        """A worker's process ended."""
        self._force.bury(member)
        if member.doomed or self._stopped:
            return
        if not member.is_ready:
            self._died_loading(code)
            return
        suspects = list(member.running.values())
        self._lanes.put_back(member.backlog)
        if code is None:
            self._parent_lost(suspects)
        elif code == LOST:
            self._machine_lost(member, suspects)
        elif len(suspects) == 1 and not member.served and not member.garbled:
            self._end(suspects[0], "agent_failed", self._death(member, suspects[0], code, peak_kb), member=member)
        else:
            for flight in suspects:
                flight.alone = flight.alone or len(suspects) == 1
                self._again(flight, self._death(member, flight, code, peak_kb), garbled=member.garbled)
        self.pump()

    @staticmethod
    def _death(member: Member, flight: Flight, code: int, peak_kb: int) -> Failure:
        fault = member.link.fault() if member.link is not None else ""
        return death(code, peak_kb, flight.agent, fault)

    def _parent_lost(self, suspects: Sequence[Flight]) -> None:
        """Somebody killed the process that all workers come from: run each suspect with nothing beside it."""
        for flight in suspects:
            if flight.once:
                self._end(flight, "infrastructure_failed", interrupted("its worker was ended with all others"))
            elif flight.quarantined:
                self._end(flight, "agent_failed", death(None, 0, flight.agent, ""))
            else:
                flight.quarantined = True
                self._lanes.quarantine.append(flight)

    def _machine_lost(self, member: Member, suspects: Sequence[Flight]) -> None:
        """The machine that a worker ran on is gone: nobody's guilt, so its trials go where there is room."""
        again = []
        for flight in suspects:
            if flight.once or flight.attempts >= _ATTEMPTS_MOST:
                self._again(flight, Failure("lost", "the machine that it ran on was lost"))
            else:
                again.append(flight)
        if member.apart:
            self._lanes.apart.extendleft(reversed(again))
        else:
            self._lanes.put_back(again)

    def _died_loading(self, code: int | None) -> None:
        self._deaths_while_loading += code != LOST
        ours = code is None or code == CRASHED
        again = code is not None and code < 0 and self._deaths_while_loading < _DEATHS_WHILE_LOADING
        if not self._loaded.done() and not ours and not again:
            self._fail(exited_while_loading(self._agents, code or 0))
        elif self._deaths_while_loading >= _DEATHS_WHILE_LOADING:
            remedy = self._force.log() or "look at the machine's limits"
            self._fail(Incomplete("workers cannot be started", remedy=remedy))
        elif not self._loaded.done():
            self._first_worker()
        else:
            self.pump()

    def _slow_to_load(self, member: Member) -> None:
        self._force.drop(member)
        self._fail(slow_to_load(self._agents, self._options.load_timeout_s))

    def _condemn(self, member: Member, flight: Flight) -> None:
        """Kill a worker that a trial does not leave; tell the guilty trial from the innocent ones."""
        failure, known = sentence(member, flight)
        others = [item for item in member.running.values() if item is not flight or not known]
        self._force.drop(member)
        if known:
            self._end(flight, "timed_out", failure, member=member)
        self._lanes.put_back(member.backlog)
        for innocent in others:
            self._again(innocent, Failure("lost", "its worker had to be killed again and again for other trials"))
        self.pump()

    def _again(self, flight: Flight, cause: Failure, *, garbled: str = "") -> None:
        """Run a trial apart: it was in a worker that died, by its own hand or another's."""
        if flight.once:
            self._end(flight, "infrastructure_failed", interrupted(cause.message))
            return
        if flight.attempts >= _ATTEMPTS_MOST or (garbled and flight.alone):
            problem = Failure("protocol", f"its worker sent {garbled}") if garbled else cause
            self._end(flight, "infrastructure_failed", problem)
            return
        flight.alone = flight.alone or bool(garbled)
        self._lanes.apart.append(flight)

    def _end(self, flight: Flight, status: str, failure: Failure, *, member: Member | None = None) -> None:
        """End a trial whose worker cannot report it."""
        seconds = time.monotonic() - flight.started
        error = [failure.type, failure.message, failure.traceback]
        stdout = member.link.output() if member is not None and member.apart and member.link is not None else ""
        self._finish(flight, status, error, events=flight.events, seconds=seconds, stdout=stdout)

    def _finish(
        self,
        flight: Flight,
        status: str,
        error: Sequence[str] | None,
        *,
        events: list[Any],
        seconds: float,
        stdout: str,
    ) -> None:
        outcome = outcome_of(
            status, error, events,
            budget=flight.job.case.budget, seconds=seconds, attempts=flight.attempts, stdout=stdout, earlier=tuple(flight.earlier),
        )  # fmt: skip
        self._unfinished -= 1
        self._quick = is_quick(outcome)
        if self._options.tapes is not None:
            self._options.tapes.ended(flight.job, outcome.status, flight.taped)
        self._on_outcome(flight.job, outcome, flight.started_at)
        if not self._unfinished and not self._done.done():
            self._done.set_result(None)

    def _fail(self, error: BaseException) -> None:
        for future in (self._loaded, self._done):
            if not future.done():
                future.set_exception(error)
                future.exception()  # one of the two may never be awaited
