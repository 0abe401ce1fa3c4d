"""What travels: a trial's spans and scores, without secrets, and what became of a batch of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from harness.frozen import frozen
from harness.model import RunManifest

from .measures import Measure
from .scoring import Score
from .span import Attribute, Span


@frozen
class Log:
    """One line of a program's log, or an event where it has a name."""

    time_ns: int
    """Nanoseconds since 1970, UTC."""

    text: str
    """What was said."""

    severity: int = 9
    """OpenTelemetry's number: 9 is INFO, 13 WARN, 17 ERROR."""

    event: str = ""
    """Name, where it is an event."""

    trace_id: str = ""
    """Trace in which it was said."""

    span_id: str = ""
    """Span in which it was said."""

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """Details."""


@frozen
class Parcel:
    """A trial on its way, already without secrets."""

    manifest: RunManifest
    """The run it belongs to."""

    spans: tuple[Span, ...]
    """Its spans."""

    scores: tuple[Score, ...]
    """Its scores."""

    logs: tuple[Log, ...] = ()
    """What a program logged; best effort, not accounted for."""


@frozen
class Receipt:
    """What became of a batch."""

    spans: int = 0
    """Spans that arrived."""

    scores: int = 0
    """Scores that arrived."""

    reason: str = ""
    """Why not all did."""

    left: tuple[Parcel, ...] = ()
    """What did not arrive."""


@dataclass(slots=True)
class Pause:
    """How a transport waits: cut short when the run is over and its deadline has come."""

    cut: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the outcome any more."""

    deadline: float | None = None
    """Moment (monotonic) when waiting ends; None while the run goes on."""

    def remaining(self, most: float) -> float:
        """Seconds that an operation may take."""
        return most if self.deadline is None else max(0.0, min(most, self.deadline - time.monotonic()))

    def wait(self, seconds: float) -> bool:
        """Wait; False when time is up, now or before the wait would end."""
        return self.remaining(seconds) >= seconds and not self.cut.wait(seconds)


class Adding(Protocol):
    """What a run adds up to."""

    def add(self, measure: Measure) -> None:
        """Count one thing more."""

    def document(self, start_ns: int, now_ns: int) -> list[dict[str, Any]]:
        """The `metrics` of an OTLP/JSON document."""


class Packing(Protocol):
    """Makes of what an outbox is given what may leave; runs in the outbox's thread, but for `count`."""

    def count(self, item: Any) -> tuple[int, int]:
        """How many spans and scores it makes of an item."""

    def pack(self, item: Any) -> Parcel:
        """Make them.

        Raises:
            RuleError: when a masking rule fails; the item must then stay.
        """

    def sums(self) -> Adding:
        """What everything packed so far adds up to."""


class Transport(Protocol):
    """Takes batches to their destination; lives in the outbox's thread."""

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:
        """Send, and say what arrived."""

    def finish(self, sums: Adding, pause: Pause) -> None:
        """Send what the run adds up to, once everything else was."""

    def close(self) -> None:
        """Let go of files and connections."""


def leftover(parcels: Sequence[Parcel], *, spans: bool, scores: Collection[str]) -> tuple[Parcel, ...]:
    """The parts of parcels that did not arrive: all spans or none, and the scores of these ids."""
    left = (
        replace(
            parcel,
            spans=parcel.spans if spans else (),
            scores=tuple(score for score in parcel.scores if score.id in scores),
        )
        for parcel in parcels
    )
    return tuple(parcel for parcel in left if parcel.spans or parcel.scores)
