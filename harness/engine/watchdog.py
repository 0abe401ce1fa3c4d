"""Notice from a second thread when an agent holds up its worker's event loop, and name the place.

A loop that stands still is not always held up by the code that it is in: on a crowded machine it may only wait for a processor.
What the kernel says of that wait is not counted, and neither is time in which this thread was not let run either.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, NamedTuple

from .frames import describe
from .trial import number_here

_BEAT_S: Final = 0.1
_LOOK_S: Final = 0.2
_STALLED_S: Final = 0.5
_ALIVE_S: Final = 0.5


class Holdup(NamedTuple):
    """Who holds up the loop, and where."""

    trial: int | None
    """Trial whose code is running; None when that cannot be told."""

    place: str
    """As `time.sleep at agents/x.py:12`."""

    stack: str
    """The agent's frames."""


class Wait:
    """How long a thread has been ready to run and was not let: the kernel counts it, where there is such a count."""

    def __init__(self, thread: int) -> None:
        self._path = f"/proc/self/task/{thread}/schedstat"
        self._is_known = True

    def seconds(self) -> float:
        """Seconds since the thread began; 0 where nobody counts."""
        if not self._is_known:
            return 0.0
        try:
            with open(self._path, encoding="ascii") as file:  # noqa: PTH123 - read ten times a second
                return int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            self._is_known = False
            return 0.0


class Watchdog:
    """Watches one event loop and reports: `alive`, `stall` (seconds so far) and `flow` (it goes on)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[list[Any]], None], root: str) -> None:
        self._loop = loop
        self._send = send
        self._root = root
        self._thread_id = threading.get_ident()
        self._wait = Wait(threading.get_native_id())
        self._beat = time.monotonic()
        self._waited = 0.0
        self._starved = 0.0
        self._gap = 0.0
        self._stop = threading.Event()
        self.each_look: Callable[[], None] = lambda: None
        """Called on every look, in the watchdog's thread."""

    def start(self) -> None:
        """Begin to watch the loop of this thread."""
        self._tick()
        threading.Thread(target=self._watch, daemon=True, name="watchdog").start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()

    def _tick(self) -> None:
        gap = self._held_up(time.monotonic())
        if gap >= _STALLED_S:
            self._gap = gap
        self._beat, self._waited, self._starved = time.monotonic(), self._wait.seconds(), 0.0
        if not self._stop.is_set():
            self._loop.call_later(_BEAT_S, self._tick)

    def _held_up(self, now: float) -> float:
        """Seconds that the loop is late for which the machine is not to blame."""
        late = now - self._beat - _BEAT_S
        return late - max(self._wait.seconds() - self._waited, self._starved) if late >= _STALLED_S else 0.0

    def _watch(self) -> None:
        reported: Holdup | None = None
        since = last_alive = last_report = 0.0
        looked = time.monotonic()
        while not self._stop.wait(_LOOK_S):
            now = time.monotonic()
            self._starved += max(0.0, now - looked - 2 * _LOOK_S)
            looked = now
            stalled = self._held_up(now)
            if stalled >= _STALLED_S and (reported is None or now - last_report >= _STALLED_S):
                reported = self._holdup() or reported or Holdup(None, "an unknown place", "")
                since, last_report = self._beat, now
                self._send(["stall", reported.trial, round(stalled, 2), reported.place, reported.stack])
            elif reported is not None and self._beat > since:
                self._send(["flow", reported.trial, round(self._gap, 2), reported.place])
                reported = None
            if now - last_alive >= _ALIVE_S:
                self._send(["alive"])
                last_alive = now
            self.each_look()

    def _holdup(self) -> Holdup | None:
        frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 - the documented way to see another thread
        if frame is None:
            return None
        return Holdup(_trial_of(frame), *describe(frame, self._root))


def _trial_of(frame: FrameType | None) -> int | None:
    """Read the trial's number from the context that the loop is running a callback in."""
    while frame is not None:
        if frame.f_code.co_name == "_run" and "/asyncio/" in frame.f_code.co_filename:
            handle = frame.f_locals.get("self")
            context = getattr(handle, "_context", None)
            number = None if context is None else context.get(number_here)
            if number is not None:
                return int(number)
        frame = frame.f_back
    return None
