"""Run trials on workers: hand them out, keep their deadlines, and find out who is guilty when a worker dies."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from harness.errors import HarnessError, Incomplete, Problems
from harness.model import Failure, Job, Outcome
from harness.workspace import Workspace

from .blame import due, late_failure, stalled_failure
from .ending import death, outcome_of
from .environment import worker_environment
from .flight import Flight
from .lanes import Lanes
from .launch import Launcher
from .loadable import exited_while_loading, loadable, problem_of, slow_to_load, variant
from .member import Here, Member
from .options import RunOptions
from .wire import CRASHED

OnOutcome = Callable[[Job, Outcome, float], None]
"""Called with the job, how it ended and the Unix time of its start."""

_TICK_S: Final = 0.05
_LATE_S: Final = 0.25
_APART_MOST: Final = 8
_ATTEMPTS_MOST: Final = 5
_WORTH_SAYING_S: Final = 1.5
_DEATHS_WHILE_LOADING: Final = 3


class Pool:
    """The workers of one run."""

    def __init__(self, workspace: Workspace, jobs: Sequence[Job], options: RunOptions, on_outcome: OnOutcome) -> None:
        self._workspace = workspace
        self._options = options
        self._on_outcome = on_outcome
        self._agents = {name: variant(workspace, name) for name in dict.fromkeys(job.variant for job in jobs)}
        self._lanes = Lanes(jobs, self._agents, options)
        self._members: set[Member] = set()
        self._dying: set[Member] = set()
        self._launcher: Launcher | None = None
        self._unfinished = len(jobs)
        self._deaths_while_loading = 0
        self._stopped = False
        self._tick: asyncio.TimerHandle | None = None
        self._expected = 0.0
        self.hold = False
        """Set to pause handing out, while scoring or storing is behind."""
        self.warnings: dict[str, None] = {}
        """What a person should know about the agents, once each."""
        self._capacities = _split(options.concurrency, options.workers_for(len(self._lanes.shared) or 1))
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
        self._expected = time.monotonic() + _TICK_S
        self._tick = asyncio.get_running_loop().call_later(_TICK_S, self._look)
        try:
            self._first()
            await self._loaded
            if not self._stopped:
                on_loaded()
            self.pump()
            await self._done
        finally:
            self._tick.cancel()
            self.close()

    def stop(self) -> None:
        """Start nothing more and end what is running; what has been reported is kept."""
        self._stopped = True
        self._lanes.clear()
        for member in list(self._members):
            self._drop(member)
        for future in (self._loaded, self._done):
            if not future.done():
                future.set_result(None)

    def running(self) -> list[tuple[Job, float]]:
        """Trials in flight with their age in seconds, oldest first."""
        now = time.monotonic()
        flights = [flight for member in self._members for flight in member.running.values()]
        return sorted(((item.job, now - item.started) for item in flights), key=lambda pair: -pair[1])

    def close(self) -> None:
        """End all workers."""
        for member in [*self._members, *self._dying]:
            if member.link is not None:
                member.doomed = True
                member.link.close()
        self._members.clear()
        if self._launcher is not None:
            self._launcher.close()
            self._launcher = None

    # ---- handing out

    def pump(self) -> None:
        """Hand out what there is room for."""
        if self._stopped or self.hold or not self._loaded.done():
            return
        self._pump_apart()
        self._pump_shared()
        self._pump_quarantine()
        for member in self._members:
            if isinstance(member.link, Here) and self._lanes.here:
                member.give(self._lanes.take(self._lanes.here, member.capacity - member.load))

    def _pump_apart(self) -> None:
        if self._lanes.apart and not self._lanes.shared:
            for member in [item for item in self._members if not item.apart and not item.load]:
                if not isinstance(member.link, Here):
                    self._retire(member)
        most = self._options.concurrency if self._lanes.process_isolation else _APART_MOST
        members = [item for item in self._members if item.apart]
        idle = [item for item in members if item.is_ready and not item.load]
        starting = sum(not item.is_ready for item in members)
        while self._lanes.apart and idle:
            member = idle.pop()
            following = self._lanes.apart[0]
            if member.served and isinstance(following, Flight) and following.alone:
                self._retire(member)
                members.remove(member)
                continue
            member.give(self._lanes.take(self._lanes.apart, 1))
        wanted = len(self._lanes.apart) - starting
        while wanted > 0 and len(members) < most and self._room() > 0:
            members.append(self._spawn(capacity=1, apart=True))
            wanted -= 1

    def _pump_quarantine(self) -> None:
        """Once all else is done, run the quarantined one by one."""
        if (
            not self._lanes.quarantine
            or self._lanes.shared
            or self._lanes.apart
            or any(item.load for item in self._members)
        ):
            return
        for member in [item for item in self._members if not isinstance(item.link, Here)]:
            self._retire(member)
        flight = self._lanes.quarantine.popleft()
        flight.alone = True
        self._lanes.apart.append(flight)
        self._spawn(capacity=1, apart=True)

    def _pump_shared(self) -> None:
        shared = [item for item in self._members if not item.apart and not isinstance(item.link, Here)]
        for member in shared:
            if self._lanes.shared and member.is_ready:
                member.give(self._lanes.take(self._lanes.shared, member.capacity - member.load))
        waiting = len(self._lanes.shared)
        if waiting and not self._lanes.apart and len(shared) < len(self._capacities):
            capacity = self._capacities[len(shared)]
            if self._room() >= capacity:
                self._spawn(capacity=capacity, apart=False)
        for member in shared:  # a little more than it can run, so that it need not wait for us
            ahead = 2 * member.capacity
            if member.is_ready and len(self._lanes.shared) > self._options.concurrency:
                member.give(self._lanes.take(self._lanes.shared, ahead - member.load))

    def _room(self) -> int:
        taken = (item.load if isinstance(item.link, Here) else item.capacity for item in self._members)
        return self._options.concurrency - sum(taken)

    # ---- workers coming and going

    def _first(self) -> None:
        """Start the first worker, which also finds out whether every agent can be loaded."""
        if not self._unfinished:
            self._loaded.set_result(None)
            self._done.set_result(None)
        if self._lanes.here:
            self._spawn_here()
        self._first_worker()

    def _first_worker(self) -> None:
        if self._lanes.shared:
            self._spawn(capacity=self._capacities[0], apart=False)
        elif self._lanes.apart:
            self._spawn(capacity=1, apart=True)

    def _spawn(self, *, capacity: int, apart: bool) -> Member:
        if self._launcher is None:
            self._launcher = Launcher(worker_environment(os.environ, self._agents.values(), self._workspace.models))
        member = Member(self, capacity=capacity, apart=apart)
        member.link = self._launcher.spawn(member)
        self._enlist(member, here=False)
        return member

    def _spawn_here(self) -> None:
        member = Member(self, capacity=self._options.concurrency, apart=False)
        member.link = Here(member)
        self._enlist(member, here=True)

    def _enlist(self, member: Member, *, here: bool) -> None:
        wanted = {name: item for name, item in self._agents.items() if (self._lanes.isolation(name) == "none") is here}
        member.tell(loadable(self._workspace, wanted, member.capacity))
        self._members.add(member)

    def _retire(self, member: Member) -> None:
        self._members.discard(member)
        member.doomed = True
        if member.link is not None:
            member.link.close()

    def _drop(self, member: Member) -> None:
        """End a worker by force; its trials are somebody else's business by now."""
        self._members.discard(member)
        self._dying.add(member)
        member.doomed = True
        if member.link is not None:
            member.link.kill()

    def ready(self, problems: Mapping[str, Any]) -> None:
        """A worker has loaded its agents, or could not."""
        errors = [problem_of(given) for given in problems.values()]
        if errors and self._loaded.done():
            self._fail(Incomplete("an agent that was loaded before cannot be loaded again", remedy=str(errors[0])))
        elif errors:
            self._fail(errors[0] if len(errors) == 1 else Problems(errors))
        elif all(item.is_ready for item in self._members) and not self._loaded.done():
            self._loaded.set_result(None)

    def warned(self, flight: Flight | None, seconds: float, place: str) -> None:
        """A trial held up its worker for a while."""
        if seconds < _WORTH_SAYING_S or place.startswith(("import ", "from ")):  # a first import is nobody's habit
            return
        who = f"agent {flight.agent!r}" if flight is not None else "an agent"
        self.warnings[
            f"{who} blocked the event loop in {place} ({seconds:.1f} s); await it, or use a plain function"
        ] = None

    # ---- ends

    def ended(self, flight: Flight, report: list[Any]) -> None:
        """A trial ended on its own, or because it was cancelled."""
        _, _, status, error, seconds, stdout, events = report
        if flight.cancelled is not None and (status == "cancelled" or seconds > flight.limit_s):
            status, error = "timed_out", late_failure(flight, reacted=True)
        self._finish(
            flight, status, error, events=[*flight.events, *events] if flight.events else events, seconds=seconds,
            stdout=stdout,
        )  # fmt: skip

    def died(self, member: Member, code: int | None, peak_kb: int) -> None:
        """A worker's process ended."""
        self._dying.discard(member)
        if member.doomed or self._stopped:
            return
        self._members.discard(member)
        if not member.is_ready:
            self._died_loading(code)
            return
        suspects = list(member.running.values())
        self._lanes.put_back(member.backlog)
        fault = member.link.fault() if member.link is not None else ""
        if len(suspects) == 1 and not member.served and code is not None and not member.garbled:
            self._end(suspects[0], "agent_failed", death(code, peak_kb, suspects[0].agent, fault))
        elif code is None:
            self._parent_lost(suspects)
        else:
            for flight in suspects:
                flight.alone = flight.alone or len(suspects) == 1
                self._again(flight, death(code, peak_kb, flight.agent, fault), garbled=member.garbled)
        self.pump()

    def _parent_lost(self, suspects: Sequence[Flight]) -> None:
        """Somebody killed the process that all workers come from: run each suspect with nothing beside it."""
        for flight in suspects:
            if flight.quarantined:
                self._end(flight, "agent_failed", death(None, 0, flight.agent, ""))
            else:
                flight.quarantined = True
                self._lanes.quarantine.append(flight)

    def _died_loading(self, code: int | None) -> None:
        self._deaths_while_loading += 1
        if not self._loaded.done() and code is not None and code != CRASHED:
            self._fail(exited_while_loading(self._agents, code))
        elif self._deaths_while_loading >= _DEATHS_WHILE_LOADING:
            log = self._launcher.log() if self._launcher is not None else ""
            self._fail(Incomplete("workers cannot be started", remedy=log.strip() or "look at the machine's limits"))
        elif not self._loaded.done():
            self._first_worker()
        else:
            self.pump()

    def _again(self, flight: Flight, cause: Failure, *, garbled: str = "") -> None:
        """Run a trial apart: it was in a worker that died, by its own hand or another's."""
        if flight.attempts >= _ATTEMPTS_MOST or (garbled and flight.alone):
            problem = Failure("protocol", f"its worker sent {garbled}") if garbled else cause
            self._end(flight, "infrastructure_failed", problem)
            return
        flight.alone = flight.alone or bool(garbled)
        flight.events = []
        self._lanes.apart.append(flight)

    def _end(self, flight: Flight, status: str, failure: Failure) -> None:
        """End a trial whose worker cannot report it."""
        seconds = time.monotonic() - flight.started
        error = [failure.type, failure.message, failure.traceback]
        self._finish(flight, status, error, events=flight.events, seconds=seconds, stdout="")

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
            budget=flight.job.case.budget, seconds=seconds, attempts=flight.attempts, stdout=stdout,
        )  # fmt: skip
        self._unfinished -= 1
        self._on_outcome(flight.job, outcome, flight.started_at)
        if not self._unfinished and not self._done.done():
            self._done.set_result(None)

    def _fail(self, error: HarnessError) -> None:
        for future in (self._loaded, self._done):
            if not future.done():
                future.set_exception(error)
                future.exception()  # one of the two may never be awaited

    # ---- deadlines

    def _look(self) -> None:
        now = time.monotonic()
        late = now - self._expected
        self._expected = now + _TICK_S
        self._tick = asyncio.get_running_loop().call_later(_TICK_S, self._look)
        if late > _LATE_S:  # we were held up ourselves: first hear what the workers said meanwhile
            return
        for member in list(self._members):
            if member.is_ready:
                self._look_at(member, now)
            elif now - member.born > self._options.load_timeout_s:
                self._drop(member)
                self._fail(slow_to_load(self._agents, self._options.load_timeout_s))

    def _look_at(self, member: Member, now: float) -> None:
        for flight in list(member.running.values()):
            if member.doomed:
                return
            match due(member, flight, now):
                case "cancel":
                    flight.cancelled = now
                    member.tell({"cancel": [flight.number]})
                case "probe":
                    member.probe()
                    flight.deadline += 2 * _TICK_S
                case "condemn":
                    self._condemn(member, flight, now)

    def _condemn(self, member: Member, flight: Flight, now: float) -> None:
        """Kill a worker that a trial does not leave; tell the guilty trial from the innocent ones."""
        stall, others = member.stall, [item for item in member.running.values() if item is not flight]
        known = not others or flight.cancelled is not None or (stall is not None and stall.trial == flight.number)
        fault = member.link.fault() if member.probed and member.link is not None else ""
        self._drop(member)
        if not known:
            others.append(flight)
        elif stall is not None:
            self._end(flight, "timed_out", stalled_failure(stall, now))
        else:
            self._end(flight, "timed_out", Failure(*late_failure(flight, reacted=False, fault=fault)))
        self._lanes.put_back(member.backlog)
        for innocent in others:
            self._again(innocent, Failure("lost", "its worker had to be killed again and again for other trials"))
        self.pump()


def _split(total: int, parts: int) -> list[int]:
    base, more = divmod(total, parts)
    return [base + (index < more) for index in range(parts)]
