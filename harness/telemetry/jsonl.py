"""Traces as a file: one OTLP JSON document per trial and line, for any OpenTelemetry collector to pick up."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from harness.model import RunManifest

from .otlp import document
from .outbox import Parcel, Pause, Receipt


class JsonlTransport:
    """Appends to `.harness/telemetry/<run>.jsonl`, or to one file that the settings name."""

    def __init__(self, root: Path, name: str | None) -> None:
        self._root = root
        self._name = name
        self._files: dict[Path, TextIO] = {}

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:  # noqa: ARG002 - a file needs no waiting
        """Write the parcels, all or with the reason why not all."""
        written = 0
        try:
            for parcel in parcels:
                line = json.dumps(document(parcel.spans, resource(parcel.manifest)), allow_nan=False, sort_keys=True)
                self._file(parcel.manifest).write(f"{line}\n")
                written += len(parcel.spans)
            for file in self._files.values():
                file.flush()
        except OSError as error:
            return Receipt(written, reason=f"{error.filename or 'file'}: {error.strerror}")
        return Receipt(written)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _file(self, manifest: RunManifest) -> TextIO:
        path = self._root / (self._name or f".harness/telemetry/{manifest.id}.jsonl")
        if path not in self._files:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Answers can hold clients' data: for the owner's eyes only.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._files[path] = os.fdopen(descriptor, "a", encoding="utf-8")
        return self._files[path]


def resource(manifest: RunManifest) -> dict[str, str]:
    """What produced the spans, in OpenTelemetry's words."""
    return {"service.name": "finharness", "host.name": manifest.host, "finharness.run": manifest.id}
