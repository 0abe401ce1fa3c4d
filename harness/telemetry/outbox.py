"""A queue with a thread behind it: the run never waits for what receives its traces, and nothing is lost silently."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any

from harness.model import Result, RunManifest

from . import names
from .exporter import Delivery
from .measures import Measure
from .parcel import Adding, Packing, Parcel, Pause, Receipt, Transport
from .redact import RuleError
from .spool import Spool

QUEUE_LIMIT = 5_000
"""Trials that may wait; more are lost and counted rather than held in memory."""

BATCH_TRIALS = 20
"""Trials that are sent together."""

LINGER_S = 0.5
"""How long a batch waits to fill up."""

_FOR_SPOOL = 0.3
"""Share of the time at the end that is kept for writing down what was not delivered."""


@dataclass
class _Tally:
    spans_in: int = 0
    scores_in: int = 0
    spans_out: int = 0
    scores_out: int = 0
    spans_kept: int = 0
    scores_kept: int = 0
    reason: str = ""
    place: str = ""


class Outbox:
    """An exporter that hands trials to a transport in a thread of its own, started by the first trial."""

    def __init__(
        self,
        name: str,
        open_transport: Callable[[], Transport],
        packer: Packing,
        *,
        spool: Spool | None = None,
        most: int | None = None,
        batch: int = BATCH_TRIALS,
    ) -> None:
        self.name = name
        self._open = open_transport
        self._packer = packer
        self._spool = spool
        self._queue: Queue[Any] = Queue(most or QUEUE_LIMIT)
        self._most = batch
        self._pause = Pause()
        self._tally = _Tally()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None
        self._flying: Sequence[Any] = ()
        self._over = False

    def export(self, manifest: RunManifest, result: Result) -> None:
        """Queue a finished trial."""
        self.put((manifest, result))

    def put(self, item: Any) -> None:
        """Queue something that the packer knows; never blocks and never raises."""
        spans, scores = self._packer.count(item)
        with self._lock:
            self._tally.spans_in += spans
            self._tally.scores_in += scores
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"telemetry-{self.name}", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait(item)
        except Full:
            self._blame("the queue was full")

    def close(self, deadline_s: float) -> Delivery:
        """Deliver what is left, in at most `deadline_s` seconds, and write down what could not be."""
        if self._delivery is None:
            self._finish(deadline_s)
            self._delivery = self._account()
        return self._delivery

    def _finish(self, deadline_s: float) -> None:
        if self._thread is None:
            return
        until = time.monotonic() + deadline_s
        self._pause.deadline = until - (deadline_s * _FOR_SPOOL if self._spool is not None else 0.0)
        self._signal_end()
        self._thread.join(max(0.0, self._pause.deadline - time.monotonic()))
        self._pause.cut.set()
        with self._lock:  # from here on the thread's receipts are not counted any more
            self._over = True
            flying, self._flying = [*self._flying], ()
        if flying or self._queue.qsize() > 1:  # one is the signal to end
            self._blame(f"not delivered within {deadline_s:g} s")
            self._keep_rest(flying, until)

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
                spooled=tally.spans_kept,
                scores_spooled=tally.scores_kept,
                spool=tally.place,
            )

    def _signal_end(self) -> None:
        try:
            self._queue.put_nowait(None)
        except Full:
            self._pause.cut.set()  # the worker looks at this between batches

    def _blame(self, reason: str) -> None:
        with self._lock:
            self._tally.reason = self._tally.reason or reason

    # ---- what is not delivered

    def _keep_rest(self, flying: Sequence[Any], until: float) -> None:
        """Write down what the thread did not get to, while there is time."""
        for item in flying:
            if time.monotonic() < until:
                self._keep(item)
        while time.monotonic() < until:
            try:
                trial = self._queue.get_nowait()
            except Empty:
                return
            if trial is not None:
                self._keep(trial)

    def _keep(self, item: Any) -> None:
        try:
            self._keep_parcels([item if isinstance(item, Parcel) else self._packer.pack(item)])
        except RuleError as error:
            self._blame(str(error))

    def _keep_parcels(self, parcels: Sequence[Parcel]) -> None:
        with self._lock:
            self._write_down(parcels)

    def _write_down(self, parcels: Sequence[Parcel]) -> None:
        """Keep parcels on disk and count them; the lock is held, so that whoever closes finds them either flying or kept."""
        if self._spool is None or not parcels:
            return
        tally = self._tally
        try:
            path = self._spool.keep(parcels)
        except OSError as error:
            tally.reason = tally.reason or f"and not kept either: {error.filename or 'file'}: {error.strerror}"
            return
        tally.spans_kept += sum(len(parcel.spans) for parcel in parcels)
        tally.scores_kept += sum(len(parcel.scores) for parcel in parcels)
        tally.place = "" if path is None else str(path)

    # ---- in the thread

    def _work(self) -> None:
        try:
            transport = self._open()
        except Exception as error:  # noqa: BLE001 - telemetry must never take a run down; the tally says what happened
            self._blame(f"{type(error).__name__}: {error}")
            return
        try:
            while self._turn(transport):
                pass
            transport.finish(self._added_up(), self._pause)
        except Exception as error:  # noqa: BLE001 - as above
            self._blame(f"{type(error).__name__}: {error}")
        finally:
            transport.close()

    def _added_up(self) -> Adding:
        sums = self._packer.sums()
        with self._lock:
            lost = self._tally.spans_in - self._tally.spans_out
        if lost:
            sums.add(Measure(names.DROPPED, lost, ((names.EXPORTER, self.name),), "sum"))
        return sums

    def _turn(self, transport: Transport) -> bool:
        """Send one batch; False when there is nothing more to do."""
        batch: list[Any] = []
        with self._lock:
            if self._over:  # what is left belongs to whoever closed
                return False
            self._flying = batch
        more = self._collect(batch)
        if batch:
            parcels = self._packed(batch)
            with self._lock:
                self._flying = parcels
            self._settle(self._sent(transport, parcels))
        return more and not self._pause.cut.is_set()

    def _sent(self, transport: Transport, parcels: Sequence[Parcel]) -> Receipt:
        try:
            return transport.send(parcels, self._pause)
        except Exception as error:  # noqa: BLE001 - as above
            return Receipt(reason=f"{type(error).__name__}: {error}", left=tuple(parcels))

    def _settle(self, receipt: Receipt) -> None:
        with self._lock:
            if self._over:  # the rest was written down meanwhile
                return
            self._flying = ()
            self._tally.spans_out += receipt.spans
            self._tally.scores_out += receipt.scores
            self._tally.reason = self._tally.reason or receipt.reason
            self._write_down(receipt.left)

    def _packed(self, batch: Sequence[Any]) -> list[Parcel]:
        parcels = []
        for item in batch:
            try:
                parcels.append(self._packer.pack(item))
            except Exception as error:  # noqa: BLE001 - what cannot be cleaned or written must not leave, nor stop the rest
                self._blame(str(error) if isinstance(error, RuleError) else f"{type(error).__name__}: {error}")
        return parcels

    def _collect(self, batch: list[Any]) -> bool:
        """Fill a batch; False when nothing comes after it."""
        item = self._queue.get()
        until = time.monotonic() + LINGER_S
        while item is not None:
            batch.append(item)
            if len(batch) == self._most:
                return True
            try:
                item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return True
        return False
