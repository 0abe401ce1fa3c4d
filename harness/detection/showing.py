"""Show how far the trials of mutants are: one line that is rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Final, TextIO

from harness.engine.progress import Tally, duration
from harness.engine.sink import Running
from harness.model import Result

_TERMINAL_S: Final = 0.2
_LOG_S: Final = 10.0


class Showing:
    """The progress of one half: unchanged agents, or mutants."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self._name = name
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._tally = Tally()
        self._last = 0.0

    def begin(self, total: int, running: Running) -> None:
        """Trials begin."""
        self._tally.begin(total, running)
        self._stream.write(f"{self._name}: {total} trials{'' if self._live else chr(10)}")
        self._stream.flush()
        self._last = time.monotonic()

    def stored(self, results: Sequence[Result]) -> None:
        """Count, and write when it is time."""
        self._tally.add(results)
        now = time.monotonic()
        if now - self._last >= (_TERMINAL_S if self._live else _LOG_S):
            self._last = now
            self._write()

    def end(self) -> None:
        """Leave a clean line."""
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _write(self) -> None:
        tally = self._tally
        left = tally.left_s()
        rest = "" if left is None or tally.done >= tally.total else f", about {duration(left)} left"
        text = f"{self._name}: {tally.done} of {tally.total} trials{rest}"
        self._stream.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        self._stream.flush()
