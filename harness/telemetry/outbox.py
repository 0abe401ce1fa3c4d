"""A queue with a thread behind it: the run never waits for what receives its traces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import Protocol

from harness.model import Result, RunManifest

from .exporter import Delivery
from .redact import Redactor
from .scoring import Score, scores
from .span import Span
from .tree import count, spans

QUEUE_LIMIT = 5_000
"""Trials that may wait; more are lost and counted rather than held in memory."""

BATCH_TRIALS = 20
"""Trials that are sent together."""

LINGER_S = 0.5
"""How long a batch waits to fill up."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A trial on its way, already without secrets."""

    manifest: RunManifest
    """The run it belongs to."""

    spans: tuple[Span, ...]
    """Its spans."""

    scores: tuple[Score, ...]
    """Its scores."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch."""

    spans: int = 0
    """Spans that arrived."""

    scores: int = 0
    """Scores that arrived."""

    reason: str = ""
    """Why not all did."""


class Transport(Protocol):
    """Takes batches to their destination; lives in the outbox's thread."""

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:
        """Send, and say what arrived."""

    def close(self) -> None:
        """Let go of files and connections."""


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


@dataclass
class _Tally:
    spans_in: int = 0
    scores_in: int = 0
    spans_out: int = 0
    scores_out: int = 0
    reason: str = ""


class Outbox:
    """An exporter that hands trials to a transport in a thread of its own, started by the first trial."""

    def __init__(
        self, name: str, open_transport: Callable[[], Transport], redactor: Redactor, *, with_scores: bool = False
    ) -> None:
        self.name = name
        self._open = open_transport
        self._redactor = redactor
        self._with_scores = with_scores
        self._queue: Queue[tuple[RunManifest, Result] | None] = Queue(QUEUE_LIMIT)
        self._pause = Pause()
        self._tally = _Tally()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None

    def export(self, manifest: RunManifest, result: Result) -> None:
        """Queue a finished trial."""
        with self._lock:
            self._tally.spans_in += count(result)
            self._tally.scores_in += len(scores(manifest, result)) if self._with_scores else 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"telemetry-{self.name}", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait((manifest, result))
        except Full:
            self._blame("the queue was full")

    def close(self, deadline_s: float) -> Delivery:
        """Deliver what is left, in at most `deadline_s` seconds; what arrives later is not counted any more."""
        if self._delivery is None:
            self._finish(deadline_s)
            self._delivery = self._account()
        return self._delivery

    def _finish(self, deadline_s: float) -> None:
        if self._thread is None:
            return
        self._pause.deadline = time.monotonic() + deadline_s
        self._signal_end()
        self._thread.join(deadline_s)
        self._pause.cut.set()
        if self._thread.is_alive():
            self._blame(f"not delivered within {deadline_s:g} s")

    def _account(self) -> Delivery:
        with self._lock:
            tally = self._tally
            return Delivery(
                self.name,
                accepted=tally.spans_in,
                delivered=tally.spans_out,
                failed=tally.spans_in - tally.spans_out,
                reason=tally.reason,
                scores_accepted=tally.scores_in,
                scores_delivered=tally.scores_out,
            )

    def _signal_end(self) -> None:
        try:
            self._queue.put_nowait(None)
        except Full:
            self._pause.cut.set()  # the worker looks at this between batches

    def _blame(self, reason: str) -> None:
        with self._lock:
            self._tally.reason = self._tally.reason or reason

    def _work(self) -> None:
        try:
            transport = self._open()
        except Exception as error:  # noqa: BLE001 - telemetry must never take a run down; the tally says what happened
            self._blame(f"{type(error).__name__}: {error}")
            return
        try:
            while self._turn(transport):
                pass
        finally:
            transport.close()

    def _turn(self, transport: Transport) -> bool:
        """Send one batch; False when there is nothing more to do."""
        batch, more = self._collect()
        if batch:
            try:
                receipt = transport.send([self._parcel(*item) for item in batch], self._pause)
            except Exception as error:  # noqa: BLE001 - as above
                receipt = Receipt(reason=f"{type(error).__name__}: {error}")
            with self._lock:
                self._tally.spans_out += receipt.spans
                self._tally.scores_out += receipt.scores
                self._tally.reason = self._tally.reason or receipt.reason
        return more and not self._pause.cut.is_set()

    def _collect(self) -> tuple[list[tuple[RunManifest, Result]], bool]:
        batch: list[tuple[RunManifest, Result]] = []
        item = self._queue.get()
        until = time.monotonic() + LINGER_S
        while item is not None:
            batch.append(item)
            if len(batch) == BATCH_TRIALS:
                return batch, True
            try:
                item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return batch, True
        return batch, False

    def _parcel(self, manifest: RunManifest, result: Result) -> Parcel:
        cleaned = tuple(self._redactor.span(span) for span in spans(manifest, result))
        kept = tuple(self._redactor.score(score) for score in scores(manifest, result)) if self._with_scores else ()
        return Parcel(manifest, cleaned, kept)
