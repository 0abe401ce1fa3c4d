"""Send again what was not delivered: ids are derived, so that nothing arrives twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.frozen import frozen
from harness.workspace import TelemetrySettings

from .exporter import Delivery
from .exporters import transport
from .parcel import Parcel, Pause, Receipt, Transport
from .spool import FOLDER, Spool, read

NETWORKS = ("langfuse", "otlp")
_BATCH = 20


@frozen
class Resent:
    """What became of one file."""

    path: Path
    """The file; it is gone when everything arrived."""

    delivery: Delivery
    """What was delivered of it."""

    broken: int = 0
    """Lines that could not be read; they are beside it, with `.broken` at the end."""


def waiting(root: Path) -> tuple[Path, ...]:
    """Files of what was not delivered, oldest run first."""
    return tuple(sorted((root / FOLDER).glob("*.jsonl"), key=lambda path: path.name.partition("-")[2]))


def exporter_of(path: Path) -> str:
    """The exporter that a file of `waiting` belongs to."""
    return path.name.partition("-")[0]


def resend(
    path: Path,
    name: str,
    settings: TelemetrySettings,
    environ: Mapping[str, str],
    *,
    deadline_s: float,
    keep: bool = False,
) -> Resent | None:
    """Send what a file holds and leave in it what did not arrive; None where the exporter is not configured.

    Args:
        path: File of OTLP/JSON lines.
        name: Exporter to send with.
        settings: Where to.
        environ: Credentials.
        deadline_s: Longest time for it all.
        keep: Whether the file stays as it is: it is somebody's own, and not one of what was not delivered.

    Raises:
        OSError: when the file cannot be read or written.
        HarnessError: for settings that cannot be used.
    """
    open_transport = transport(name, settings, environ)
    if open_transport is None:
        return None
    # Renamed first: a run that ends meanwhile starts a file of its own, and nothing of it is lost.
    taken = path if keep else _taken(path)
    found = read(taken)
    parcels = _whole(found.parcels)
    receipt = _sent(open_transport, parcels, deadline_s)
    if not keep:
        Spool(path.parents[2], name).keep_at(path, receipt.left)
        if found.broken:
            _append(path.with_suffix(".jsonl.broken"), found.broken)
        taken.unlink()
    spans, scores = _counted(parcels)
    return Resent(
        path,
        Delivery(
            name,
            accepted=spans,
            delivered=receipt.spans,
            failed=spans - receipt.spans,
            reason=receipt.reason,
            scores_accepted=scores,
            scores_delivered=receipt.scores,
        ),
        len(found.broken),
    )


def send(
    name: str, parcels: Sequence[Parcel], settings: TelemetrySettings, environ: Mapping[str, str], *, deadline_s: float
) -> Delivery | None:
    """Send parcels that were made anew from stored results; None where the exporter is not configured.

    Raises:
        HarnessError: for settings that cannot be used.
    """
    open_transport = transport(name, settings, environ)
    if open_transport is None:
        return None
    receipt = _sent(open_transport, parcels, deadline_s)
    spans, scores = _counted(parcels)
    return Delivery(
        name,
        spans,
        receipt.spans,
        spans - receipt.spans,
        receipt.reason,
        scores_accepted=scores,
        scores_delivered=receipt.scores,
    )


def _sent(open_transport: Callable[[], Transport], parcels: Sequence[Parcel], deadline_s: float) -> Receipt:
    connected = open_transport()
    pause = Pause(deadline=time.monotonic() + deadline_s)
    total = Receipt()
    try:
        for start in range(0, len(parcels), _BATCH):
            receipt = connected.send(parcels[start : start + _BATCH], pause)
            total = Receipt(
                total.spans + receipt.spans,
                total.scores + receipt.scores,
                total.reason or receipt.reason,
                (*total.left, *receipt.left),
            )
    finally:
        connected.close()
    return total


def _whole(parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
    """Put each trial's spans and scores together, which a file has in lines of their own, and leave out what it has twice."""
    trials: dict[str, Parcel] = {}
    for parcel in parcels:
        trace = (parcel.spans or parcel.scores)[0].trace_id
        known = trials.setdefault(trace, replace(parcel, spans=(), scores=()))
        spans = {span.span_id: span for span in (*known.spans, *parcel.spans)}
        scores = {score.id: score for score in (*known.scores, *parcel.scores)}
        trials[trace] = replace(known, spans=tuple(spans.values()), scores=tuple(scores.values()))
    return tuple(trials.values())


def _counted(parcels: Sequence[Parcel]) -> tuple[int, int]:
    return sum(len(parcel.spans) for parcel in parcels), sum(len(parcel.scores) for parcel in parcels)


def _taken(path: Path) -> Path:
    taken = path.with_name(f"{path.name}.{os.getpid()}.sending")
    path.rename(taken)
    return taken


def _append(path: Path, lines: Sequence[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)
