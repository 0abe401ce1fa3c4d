"""Show how a run is going: a live display on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, TextIO

from harness import logs
from harness.model import Result
from harness.text import one_line

from .sink import Running, Sink

_LINE_S: Final = 10.0
_REDRAW_S: Final = 0.25
_SLOW_S: Final = 5.0
_SLOW_SHOWN: Final = 3
_STATUSES: Final = ("passed", "failed", "errored", "undecided")
_COLOURS: Final = {"passed": "green", "failed": "red", "errored": "yellow", "undecided": "yellow"}


class Tally:
    """Counts of a run under way."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.total = 0
        self.started = time.monotonic()
        self.running: Running = tuple

    def begin(self, total: int, running: Running) -> None:
        """Trials begin."""
        self.total, self.running, self.started = total, running, time.monotonic()

    def add(self, results: Sequence[Result]) -> None:
        """Results were stored."""
        self.counts.update(result.status for result in results)

    @property
    def done(self) -> int:
        """Results so far."""
        return self.counts.total()

    def left_s(self) -> float | None:
        """Seconds that the rest will take at the pace so far; None at the beginning."""
        if not self.done:
            return None
        return (time.monotonic() - self.started) / self.done * (self.total - self.done)

    def words(self) -> str:
        """The counts in one line."""
        shown = [f"{self.counts[status]} {status}" for status in _STATUSES if self.counts[status] or status == "passed"]
        left = self.left_s()
        rest = f", about {duration(left)} left" if left is not None and self.done < self.total else ""
        return f"{self.done} of {self.total}: {', '.join(shown)}{rest}"

    def slow(self) -> list[str]:
        """The oldest trials in flight, when they are old."""
        old = [(job, age) for job, age in self.running() if age >= _SLOW_S]
        return [f"{one_line(job.key, 70)} {duration(age)}" for job, age in old[:_SLOW_SHOWN]]


def duration(seconds: float) -> str:
    """Write seconds as a person does."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


class Lines:
    """Writes a line every ten seconds."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._tally = Tally()
        self._last = time.monotonic()

    def begin(self, total: int, running: Running) -> None:
        """Trials begin."""
        self._tally.begin(total, running)
        self._last = time.monotonic()

    def stored(self, results: Sequence[Result]) -> None:
        """Count, and write when it is time."""
        self._tally.add(results)
        now = time.monotonic()
        if now - self._last >= _LINE_S:
            self._last = now
            if logs.on():
                logs.emit("info", "RUN_PROGRESS", self._tally.words(), done=self._tally.done, trials=self._tally.total)
                return
            self._stream.write(f"{self._tally.words()}\n")
            self._stream.flush()

    def end(self) -> None:
        """The report follows; nothing to say."""


class Live:
    """Redraws a few lines at the bottom of a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._tally = Tally()
        self._timer: asyncio.TimerHandle | None = None
        self._live = RichLive(
            console=Console(file=stream or sys.stderr, no_color=bool(os.environ.get("NO_COLOR")), highlight=False),
            get_renderable=self._picture,
            auto_refresh=False,  # its own thread would look at trials while they change
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, total: int, running: Running) -> None:
        """Trials begin."""
        self._tally.begin(total, running)
        self._live.start()
        self._redraw()

    def stored(self, results: Sequence[Result]) -> None:
        """Count."""
        self._tally.add(results)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._timer is not None:
            self._timer.cancel()
        self._live.stop()

    def _redraw(self) -> None:
        self._live.refresh()
        with suppress(RuntimeError):  # without an event loop there is nothing that could change meanwhile
            self._timer = asyncio.get_running_loop().call_later(_REDRAW_S, self._redraw)

    def _picture(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        tally = self._tally
        words = Text()
        for status in _STATUSES:
            if tally.counts[status]:
                words.append(f"{tally.counts[status]} {status}  ", style=_COLOURS[status])
        words.append(f"{len(tally.running())} running")
        left = tally.left_s()
        rest = "" if left is None else f"  about {duration(left)} left"
        head = Text(f"{tally.done}/{tally.total}{rest}", style="bold")
        bar = ProgressBar(total=max(1, tally.total), completed=tally.done, width=40)
        slow = [Text(f"  still running: {item}", style="dim") for item in tally.slow()]
        return Group(head, bar, words, *slow)


def progress(stream: TextIO | None = None) -> Sink:
    """The display that suits where standard error goes."""
    target = stream or sys.stderr
    return Live(target) if target.isatty() and not logs.on() and os.environ.get("TERM") != "dumb" else Lines(target)
