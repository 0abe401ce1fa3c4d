"""Notice from a second thread when an agent holds up its worker's event loop, and name the place."""

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


class Watchdog:
    """Watches one event loop and reports: `alive`, `stall` (seconds so far) and `flow` (it goes on)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Callable[[list[Any]], None], root: str) -> None:
        self._loop = loop
        self._send = send
        self._root = root
        self._thread_id = threading.get_ident()
        self._beat = time.monotonic()
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
        before, self._beat = self._beat, time.monotonic()
        gap = self._beat - before - _BEAT_S
        if gap >= _STALLED_S:
            self._gap = gap
        if not self._stop.is_set():
            self._loop.call_later(_BEAT_S, self._tick)

    def _watch(self) -> None:
        reported: Holdup | None = None
        since = last_alive = last_report = 0.0
        while not self._stop.wait(_LOOK_S):
            now = time.monotonic()
            stalled = now - self._beat - _BEAT_S
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
