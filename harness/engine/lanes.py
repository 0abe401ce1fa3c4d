"""Who waits for what kind of worker, in which order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from harness.model import Job
from harness.workspace import AgentSettings, Isolation

from .flight import Flight, limit_of
from .options import RunOptions

if TYPE_CHECKING:
    from harness.cassettes.library import Library

Lane: TypeAlias = "deque[Job | Flight]"
"""Jobs in order; those that were started before are flights."""


class Lanes:
    """Every trial that has not been given to a worker."""

    def __init__(self, jobs: Sequence[Job], agents: Mapping[str, AgentSettings], options: RunOptions) -> None:
        self._agents = agents
        self._options = options
        self._numbers = count(1)
        self.shared: Lane = deque()
        """For workers that run many at once."""
        self.apart: Lane = deque()
        """For workers that run one at a time."""
        self.here: Lane = deque()
        """For this process."""
        self.quarantine: deque[Flight] = deque()
        """To be run one by one with nothing beside them."""
        for job in jobs:
            self._of(job.variant).append(job)
        self.process_isolation = bool(self.apart)

    def isolation(self, agent: str) -> Isolation:
        """Where trials of an agent run; those that may be run once only have a process each, so that guilt is certain."""
        settings = self._agents[agent]
        chosen = (None if self._options.isolation_overrides else settings.isolation) or self._options.isolation
        return "process" if chosen == "shared" and settings.side_effects == "live" else chosen

    @property
    def tapes(self) -> Library | None:
        """What is recorded or played, where anything is."""
        return self._options.tapes

    def take(self, lane: Lane, most: int) -> list[Flight]:
        """Take the next ones out of a lane."""
        taken: list[Flight] = []
        while lane and len(taken) < most:
            item = lane.popleft()
            taken.append(item if isinstance(item, Flight) else self._flight(item))
        return taken

    def put_back(self, flights: Iterable[Flight]) -> None:
        """Have trials that were never started wait again, before all others."""
        for flight in reversed(list(flights)):
            self._of(flight.agent).appendleft(flight)

    def clear(self) -> int:
        """Let nobody wait any longer; gives how many did."""
        waited = len(self.shared) + len(self.apart) + len(self.here) + len(self.quarantine)
        for lane in (self.shared, self.apart, self.here, self.quarantine):
            lane.clear()
        return waited

    def _flight(self, job: Job) -> Flight:
        settings = self._agents[job.variant]
        once, tapes = settings.side_effects == "live", self._options.tapes
        return Flight(
            next(self._numbers),
            job,
            job.variant,
            limit_of(job.case, settings, self._options),
            tape=None if tapes is None else tapes.spec(job),
            memory_mb=settings.memory_mb or self._options.memory_mb,
            once=once,
            alone=once,
            listener=self._options.listener,
        )

    def _of(self, agent: str) -> Lane:
        return {"shared": self.shared, "process": self.apart, "none": self.here}[self.isolation(agent)]
