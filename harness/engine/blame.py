"""Say in one sentence why a trial was ended from outside."""

from __future__ import annotations

import re

from harness.model import Failure

from .flight import Flight
from .member import Stall

_FAULT_LINE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')


def stalled_failure(stall: Stall, now: float) -> Failure:
    """A trial that blocked the event loop until its deadline."""
    seconds = now - stall.since
    return Failure("blocked", f"blocked the event loop for {seconds:.1f} s in {stall.place}", stall.stack)


def late_failure(flight: Flight, *, reacted: bool, fault: str = "") -> list[str]:
    """A trial that took too long, as type, message and traceback."""
    message = f"took longer than its limit of {flight.limit_s:g} s"
    if reacted:
        return ["timeout", message, ""]
    if flight.stuck is not None:
        where, stack = flight.stuck
        return ["timeout", f"{message} and did not end when it was cancelled; it was in {where}", stack]
    place = _FAULT_LINE.search(fault)
    if place is not None:
        where = f"{place['name']} at {place['file']}:{place['line']}"
        return ["blocked", f"blocked its whole process in {where} until its limit of {flight.limit_s:g} s", fault]
    return ["timeout", f"{message} and did not end when it was cancelled", ""]
