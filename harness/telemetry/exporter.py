"""What every exporter promises, and what it says at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Protocol

from harness.frozen import frozen
from harness.model import Result, RunManifest


@frozen
class Delivery:
    """What became of the spans and scores that an exporter was given."""

    name: str
    """Exporter."""

    accepted: int = 0
    """Spans it was given."""

    delivered: int = 0
    """Spans that the other side took."""

    failed: int = 0
    """Spans that are lost, or not known to have arrived."""

    reason: str = ""
    """Why some are lost, in a few words."""

    scores_accepted: int = 0
    """Scores it was given."""

    scores_delivered: int = 0
    """Scores that the other side took."""

    spooled: int = 0
    """Spans that did not arrive and can be sent again."""

    scores_spooled: int = 0
    """Scores that did not arrive and can be sent again."""

    spool: str = ""
    """File that holds them."""

    @property
    def complete(self) -> bool:
        """Whether everything arrived."""
        return self.delivered == self.accepted and self.scores_delivered == self.scores_accepted


class Exporter(Protocol):
    """A place where finished trials go besides the store."""

    name: str
    """As harness.toml writes it."""

    def export(self, manifest: RunManifest, result: Result) -> None:
        """Take a finished trial; never blocks and never raises."""

    def close(self, deadline_s: float) -> Delivery:
        """Deliver what is left, in at most `deadline_s` seconds, and account for everything."""


_REMOTE = {"langfuse", "otlp"}


def describe(deliveries: Iterable[Delivery]) -> tuple[str, ...]:
    """Write a line about each exporter that lost something or sends over a network; the others are silent."""
    return tuple(_line(item) for item in deliveries if item.accepted and (not item.complete or item.name in _REMOTE))


def _line(item: Delivery) -> str:
    parts = [f"{item.delivered} of {item.accepted} spans"]
    if item.scores_accepted:
        parts.append(f"{item.scores_delivered} of {item.scores_accepted} scores")
    line = f"telemetry: {', '.join(parts)} delivered to {item.name}"
    line = f"{line} ({item.reason})" if item.reason else line
    if not item.spooled and not item.scores_spooled:
        return line
    scores = f", {item.scores_spooled} scores" if item.scores_accepted else ""
    return f"{line}; {item.spooled} spans{scores} kept, send them with: finharness export telemetry"


def close_all(exporters: Sequence[Exporter], deadline_s: float) -> tuple[Delivery, ...]:
    """Close exporters at the same time: together they take no longer than one of them may."""
    found: dict[int, Delivery] = {}

    def close(number: int, exporter: Exporter) -> None:
        found[number] = exporter.close(deadline_s)

    threads = [Thread(target=close, args=item, daemon=True) for item in enumerate(exporters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tuple(found[number] for number in sorted(found))
