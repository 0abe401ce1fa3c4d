"""Traces as a file: OTLP/JSON documents, one per line, for any OpenTelemetry collector to pick up."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from harness.model import RunManifest

from .otlp import Document, document, events, logs, metrics
from .parcel import Adding, Parcel, Pause, Receipt


class JsonlTransport:
    """Appends to `.harness/telemetry/<run>.jsonl`, or to one file that the settings name."""

    def __init__(self, root: Path, name: str | None) -> None:
        self._root = root
        self._name = name
        self._files: dict[Path, int] = {}
        self._started_ns = time.time_ns()
        self._last: RunManifest | None = None

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:  # noqa: ARG002 - a file needs no waiting
        """Write the parcels, all or with the reason why not all."""
        spans = scores = 0
        try:
            for parcel in parcels:
                known = resource(parcel.manifest)
                if parcel.spans:
                    self._write(parcel.manifest, document(parcel.spans, known))
                if parcel.logs:
                    self._write(parcel.manifest, logs(parcel.logs, known))
                spans += len(parcel.spans)
                if parcel.scores:
                    self._write(parcel.manifest, events(parcel.scores, known, _when(parcel)))
                scores += len(parcel.scores)
                self._last = parcel.manifest
        except OSError as error:
            return Receipt(spans, scores, reason=f"{error.filename or 'file'}: {error.strerror}")
        return Receipt(spans, scores)

    def finish(self, sums: Adding, pause: Pause) -> None:  # noqa: ARG002 - as above
        """Write what the run adds up to as the last line."""
        found = sums.document(self._started_ns, time.time_ns())
        if found and self._last is not None:
            self._write(self._last, metrics(found, resource(self._last)))

    def close(self) -> None:
        """Close the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def _write(self, manifest: RunManifest, item: Document) -> None:
        # Sorted, so that two runs' lines can be compared; in one write, so that two processes never mix theirs.
        data = f"{json.dumps(item, allow_nan=False, sort_keys=True)}\n".encode()
        descriptor = self._file(manifest)
        while data:
            data = data[os.write(descriptor, data) :]

    def _file(self, manifest: RunManifest) -> int:
        path = self._root / (self._name or f".harness/telemetry/{manifest.id}.jsonl")
        if path not in self._files:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Answers can hold clients' data: for the owner's eyes only.
            self._files[path] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self._files[path]


def _when(parcel: Parcel) -> int:
    return parcel.spans[0].end_ns if parcel.spans else time.time_ns()


def resource(manifest: RunManifest) -> dict[str, str]:
    """What produced the spans, in OpenTelemetry's words."""
    return {"service.name": "finharness", "host.name": manifest.host, "finharness.run": manifest.id}
