"""One worker of the pool: what it is running, and whether it still answers."""

from __future__ import annotations

import asyncio
import math
import signal
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from harness.frozen import frozen

from .flight import Flight

SILENT_S: Final = 2.0
"""A worker that says nothing for so long holds the interpreter's lock, or is gone."""


@frozen
class Stall:
    """An event loop that does not go on."""

    trial: int | None
    """Whose code is running."""

    place: str
    """Where."""

    stack: str
    """The agent's frames."""

    since: float
    """Monotonic time."""


class Link(Protocol):
    """A way to a worker: a process, or this one."""

    @property
    def away(self) -> bool:
        """Whether the machine that it runs on has not been heard of for a while."""
        ...

    def send(self, message: Mapping[str, Any]) -> None:
        """Give it a message."""
        ...

    def kill(self) -> None:
        """End it."""
        ...

    def signal(self, number: int) -> None:
        """Signal it."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...

    def fault(self) -> str:
        """What its interpreter wrote when it crashed."""
        ...

    def output(self) -> str:
        """What its only trial has printed so far."""
        ...


class Crew(Protocol):
    """Who decides about members: the pool."""

    def ended(self, member: Member, flight: Flight, report: list[Any]) -> None:
        """A trial ended."""
        ...

    def died(self, member: Member, code: int | None, peak_kb: int) -> None:
        """The worker ended."""
        ...

    def ready(self, problems: Mapping[str, Any]) -> None:
        """The worker has loaded its agents."""
        ...

    def warned(self, flight: Flight | None, seconds: float, place: str) -> None:
        """A trial held up its worker and went on."""
        ...

    def left(self, agent: str, what: str) -> None:
        """An agent left something behind in its worker."""
        ...

    def pump(self) -> None:
        """There may be room for more."""
        ...


class Member:
    """One worker and the trials it was given, in the order it starts them."""

    def __init__(self, crew: Crew, *, capacity: int, apart: bool, here: bool = False) -> None:
        self._crew = crew
        self.capacity = capacity
        self.apart = apart
        self.here = here
        self.link: Link | None = None
        self.is_ready = False
        self.doomed = False
        self.probed = False
        self.worn = False
        self.garbled = ""
        self.served = 0
        self.born = time.monotonic()
        self.heard_at = self.born
        self.stall: Stall | None = None
        self.running: dict[int, Flight] = {}
        self.backlog: deque[Flight] = deque()

    @property
    def load(self) -> int:
        """Trials it has, started or not."""
        return len(self.running) + len(self.backlog)

    def give(self, flights: Iterable[Flight]) -> None:
        """Have it run trials; it starts those beyond its capacity as others end."""
        flights = list(flights)
        now, wall = time.monotonic(), time.time()
        for flight in flights:
            if len(self.running) < self.capacity:
                flight.start(now, wall)
                self.running[flight.number] = flight
            else:
                self.backlog.append(flight)
        if flights:
            self.tell({"run": [flight.spec() for flight in flights]})

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send it a message."""
        assert self.link is not None
        self.link.send(message)

    def probe(self) -> None:
        """Have its interpreter write down where it is; it does so without its lock."""
        self.probed = True
        if self.link is not None:
            self.link.signal(signal.SIGUSR1)

    def next_deadline(self) -> float:
        """Monotonic time of the first deadline among its trials."""
        return min((flight.deadline for flight in self.running.values()), default=math.inf)

    @property
    def is_away(self) -> bool:
        """Whether nothing can be said of it now, because its machine is not heard of; it comes back or is lost."""
        return self.link is not None and self.link.away

    def silent(self, now: float) -> bool:
        """Whether it should have been heard of."""
        return self.is_ready and now - self.heard_at > SILENT_S

    # ---- what it hears from its process

    def heard(self, messages: list[Any]) -> None:
        """Take its messages."""
        if self.doomed:
            return
        self.heard_at = time.monotonic()
        self.probed = False
        try:
            for message in messages:
                self._take(message)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            self.garbage(f"a message that cannot be read ({error})")
            return
        self._crew.pump()

    def garbage(self, problem: str) -> None:
        """It speaks nonsense: end it; whoever ran in it is told apart as after a crash."""
        if self.link is not None:
            self.garbled = problem
            self.link.signal(signal.SIGKILL)

    def gone(self, code: int | None, peak_kb: int) -> None:
        """Its process ended."""
        self._crew.died(self, code, peak_kb)

    def _take(self, message: Any) -> None:
        match message:
            case ["end", number, *_]:
                self._ended(number, message)
            case ["part", number, events]:
                if number in self.running:
                    self.running[number].events += events
                    self.running[number].told(events)
            case ["tape", number, taped]:
                if number in self.running:
                    self.running[number].taped = dict(taped)
            case ["held", number, held]:
                if number in self.running:
                    self.running[number].hold(time.monotonic(), held=bool(held))
            case ["stuck", number, place, stack]:
                if number in self.running:
                    self.running[number].stuck = str(place), str(stack)
            case _:
                self._take_of_all(message)

    def _take_of_all(self, message: Any) -> None:
        """Take what concerns the worker as a whole."""
        match message:
            case ["alive"]:
                pass
            case ["ready", problems]:
                self.is_ready = True
                self._crew.ready(problems)
            case ["stall", number, seconds, place, stack]:
                self.stall = Stall(number, str(place), str(stack), time.monotonic() - seconds)
            case ["flow", number, seconds, place]:
                self._flows_again(number, seconds, str(place))
            case ["left", agent, what, worn]:
                self.worn = self.worn or bool(worn)
                self._crew.left(str(agent), str(what))
            case _:
                raise ValueError("an unknown kind")

    def _ended(self, number: int, message: list[Any]) -> None:
        flight = self.running.pop(number, None)
        if flight is None:
            return
        self.served += 1
        flight.told(message[6])
        if self.backlog:
            following = self.backlog.popleft()
            following.start(time.monotonic(), time.time())
            self.running[following.number] = following
        self._crew.ended(self, flight, message)

    def _flows_again(self, number: int | None, seconds: float, place: str) -> None:
        """Give the innocent the time that they lost."""
        self.stall = None
        for flight in self.running.values():
            if flight.number != number:
                flight.put_off(seconds)
        if number is not None:  # otherwise it was importing the agents: nobody's trial was held up
            self._crew.warned(self.running.get(number), seconds, place)


class Here:
    """The link to a host in the supervisor's own process: for a debugger, and unsafe."""

    away = False

    def __init__(self, member: Member) -> None:
        from . import capture
        from .host import Host

        self._member = member
        self._loop = asyncio.get_running_loop()
        self._heard: list[Any] = []
        self._host = Host(self._say)
        self._restore = capture.install(forward=True)

    def send(self, message: Mapping[str, Any]) -> None:
        """Hand a message over."""
        self._loop.call_soon(self._host.receive, message)

    def kill(self) -> None:
        """Nothing can end code in our own process."""

    def signal(self, number: int) -> None:
        """Nothing to signal."""

    def close(self) -> None:
        """Give the standard streams back."""
        self._restore()

    async def farewell(self) -> None:
        """Close what the agents hold open."""
        await self._host.close()

    def fault(self) -> str:
        """Our own crash could not be read any more."""
        return ""

    def output(self) -> str:
        """It is sent with the end of each trial."""
        return ""

    def _say(self, message: list[Any]) -> None:
        if not self._heard:
            self._loop.call_soon_threadsafe(self._deliver)
        self._heard.append(message)

    def _deliver(self) -> None:
        heard, self._heard = self._heard, []
        self._member.heard(heard)
