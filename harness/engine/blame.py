"""Decide when a trial must be ended from outside, and say in one sentence why it was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from harness.model import Failure
from harness.model.outcome import INTERRUPTED

from .flight import Flight
from .member import Member, Stall

_CANCEL_GRACE_S: Final = 0.4

_FAULT_LINE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>\S+)')


def due(member: Member, flight: Flight, now: float) -> Literal["wait", "cancel", "probe", "condemn"]:
    """What a trial's deadline asks for: telling it to end, looking where it is, or ending its whole worker."""
    if now < flight.deadline or flight.is_held(now):
        return "wait"
    silent, stall = member.silent(now), member.stall
    if stall is not None and stall.trial not in {None, flight.number}:
        return "wait"  # held up by another trial, whose own deadline will come
    if flight.cancelled is None and stall is None and not silent:
        return "cancel"
    if flight.cancelled is not None and now - flight.cancelled <= _CANCEL_GRACE_S:
        return "wait"
    known = stall is not None or flight.stuck is not None or member.probed
    return "condemn" if known else "probe"


def stalled_failure(stall: Stall, now: float) -> Failure:
    """A trial that blocked the event loop until its deadline."""
    seconds = now - stall.since
    return Failure("blocked", f"blocked the event loop for {seconds:.1f} s in {stall.place}", stall.stack)


def exhausted(error: Sequence[str] | None) -> bool:
    """Whether a trial failed because its process had no memory or no threads left, which others may have used up."""
    return error is not None and (error[0] == "MemoryError" or "can't start new thread" in error[1])


def interrupted(why: str) -> Failure:
    """A trial that was under way, may have acted already, and so is not run a second time."""
    return Failure(INTERRUPTED, f"it was under way and may have acted, so it is not run again: {why}")


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
