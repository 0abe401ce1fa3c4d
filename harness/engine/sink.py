"""Who hears of results, once they are stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from harness.model import Job, Result

Running: TypeAlias = Callable[[], Sequence[tuple[Job, float]]]
"""Says which trials are in flight, with their age in seconds, oldest first."""


class Sink(Protocol):
    """A listener: progress display, exporter. What it raises is our bug, so it raises nothing."""

    def begin(self, total: int, running: Running) -> None:
        """The agents are loaded and trials begin."""
        ...

    def stored(self, results: Sequence[Result]) -> None:
        """These results are safe."""
        ...

    def end(self) -> None:
        """No more will come."""
        ...
