"""What could not be delivered, on disk, until `finharness export telemetry` sends it: OTLP/JSON, one document per line."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.frozen import frozen
from harness.model import RunManifest

from .jsonl import resource
from .otlp import document, events
from .parcel import Parcel
from .reading import read_scores, read_spans

FOLDER = ".harness/telemetry/undelivered"


@frozen
class Spooled:
    """What a spool holds."""

    parcels: tuple[Parcel, ...]
    """Everything that can be read."""

    broken: tuple[str, ...]
    """Lines that cannot, as a killed process leaves them."""


class Spool:
    """One exporter's file for each run."""

    def __init__(self, root: Path, exporter: str) -> None:
        self._folder = root / FOLDER
        self._exporter = exporter

    def keep(self, parcels: Iterable[Parcel]) -> Path | None:
        """Add parcels and return where the last ones are.

        Raises:
            OSError: when they cannot be written; what was before them is.
        """
        path = None
        for parcel in parcels:
            path = self.path(parcel.manifest.id)
            self.keep_at(path, [parcel])
        return path

    def keep_at(self, path: Path, parcels: Sequence[Parcel]) -> None:
        """Add parcels to one file.

        Raises:
            OSError: when they cannot be written.
        """
        if not parcels:
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # One write for each parcel, so that two processes never mix theirs; for the owner's eyes only.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for parcel in parcels:
                _write_all(descriptor, _lines(parcel))
        finally:
            os.close(descriptor)

    def path(self, run: str) -> Path:
        """Where what is left of a run is kept."""
        return self._folder / f"{self._exporter}-{run}.jsonl"


def read(path: Path) -> Spooled:
    """Read a file of spans and scores in OTLP/JSON; metrics are passed over.

    Raises:
        OSError: when it cannot be read.
    """
    parcels: list[Parcel] = []
    broken: list[str] = []
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            try:
                parcels += _parcel(line)
            except (ValueError, RecursionError):
                broken.append(line)
    return Spooled(tuple(parcels), tuple(broken))


def _lines(parcel: Parcel) -> bytes:
    known = resource(parcel.manifest)
    documents = [document(parcel.spans, known)] if parcel.spans else []
    if parcel.scores:
        documents.append(events(parcel.scores, known, time.time_ns()))
    return "".join(f"{json.dumps(item, allow_nan=False)}\n" for item in documents).encode()


def _parcel(line: str) -> Iterator[Parcel]:
    found = json.loads(line)
    if not isinstance(found, dict):
        found = {}
    if "resourceSpans" in found:
        spans, known = read_spans(found)
        if spans:
            yield Parcel(_manifest(known), spans, ())
    elif "resourceLogs" in found:
        scores, known = read_scores(found)
        if scores:
            yield Parcel(_manifest(known), (), scores)
    elif "resourceMetrics" not in found:
        raise ValueError("no OTLP/JSON document")


def _manifest(known: dict[str, str]) -> RunManifest:
    run = known.get("finharness.run", "")
    if not run:
        raise ValueError("the run is not named")
    return RunManifest(id=run, started_at="", host=known.get("host.name", ""))


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
