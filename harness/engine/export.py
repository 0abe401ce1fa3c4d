"""Pass stored results on to telemetry exporters."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Result, RunManifest
from harness.telemetry import Exporter

from .sink import Running


class Exports:
    """Hands every stored result to every exporter; they neither block nor raise."""

    def __init__(self, manifest: RunManifest, exporters: Sequence[Exporter]) -> None:
        self._manifest = manifest
        self._exporters = exporters

    def begin(self, total: int, running: Running) -> None:
        """Nothing to do."""

    def stored(self, results: Sequence[Result]) -> None:
        """Pass them on."""
        for exporter in self._exporters:
            for result in results:
                exporter.export(self._manifest, result)

    def end(self) -> None:
        """What is left is delivered when the exporters are closed."""
