"""Look at every trial in flight a few times a second, and end what has taken too long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from harness.model import Failure

from .blame import due, late_failure, stalled_failure
from .flight import Flight
from .member import Member

TICK_S: Final = 0.05
"""Between two looks."""

_LATE_S: Final = 0.25


class Deadlines:
    """Keeps the deadlines of the members' trials.

    Args:
        members: Who works now.
        load_timeout_s: Longest that a worker may load the agents.
        on_slow_load: Called with a worker that loads for longer.
        on_condemned: Called with a worker that a trial does not leave, with that trial.
    """

    def __init__(
        self,
        members: Callable[[], Iterable[Member]],
        *,
        load_timeout_s: float,
        on_slow_load: Callable[[Member], None],
        on_condemned: Callable[[Member, Flight], None],
    ) -> None:
        self._members = members
        self._load_timeout_s = load_timeout_s
        self._on_slow_load = on_slow_load
        self._on_condemned = on_condemned
        self._expected = 0.0
        self._tick: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look."""
        self._expected = time.monotonic() + TICK_S
        self._tick = asyncio.get_running_loop().call_later(TICK_S, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._tick is not None:
            self._tick.cancel()

    def _look(self) -> None:
        now = time.monotonic()
        late = now - self._expected
        self.start()
        if late > _LATE_S:  # we were held up ourselves: first hear what the workers said meanwhile
            return
        for member in list(self._members()):
            if member.is_ready:
                self._look_at(member, now)
            elif now - member.born > self._load_timeout_s:
                self._on_slow_load(member)

    def _look_at(self, member: Member, now: float) -> None:
        if now < member.next_deadline() or member.is_away:
            return
        for flight in list(member.running.values()):
            if member.doomed:
                return
            match due(member, flight, now):
                case "cancel":
                    flight.cancelled = now
                    member.tell({"cancel": [flight.number]})
                case "probe":
                    member.probe()
                    flight.deadline += 2 * TICK_S
                case "condemn":
                    self._on_condemned(member, flight)


def sentence(member: Member, flight: Flight) -> tuple[Failure, bool]:
    """Say what a trial did that its worker has to be killed for, and whether it is known to be the guilty one."""
    stall, fault = member.stall, ""
    others = len(member.running) > 1
    known = not others or flight.cancelled is not None or (stall is not None and stall.trial == flight.number)
    if member.probed and member.link is not None:
        fault = member.link.fault()
    if stall is not None:
        return stalled_failure(stall, time.monotonic()), known
    return Failure(*late_failure(flight, reacted=False, fault=fault)), known
