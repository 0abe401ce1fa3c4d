"""What a run leaves for operators beside its results: the audit log, and JSON lines where those are wanted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness import logs
from harness.errors import HarnessError
from harness.model import Result, RunManifest

from .sink import Running, Sink

if TYPE_CHECKING:
    from harness.workspace import Workspace


def recorders(workspace: Workspace, manifest: RunManifest, environ: Mapping[str, str] | None = None) -> list[Sink]:
    """The sinks that a workspace's settings and the command line ask for.

    Raises:
        ConfigError: for a masking rule that cannot be used.
    """
    made: list[Sink] = []
    if workspace.audit.enabled:
        made.append(AuditSink(workspace, manifest, os.environ if environ is None else environ))
    if logs.on():
        made.append(LogSink(manifest))
    return made


class AuditSink:
    """Adds the entries of every stored trial to the workspace's audit log, a batch at a time."""

    def __init__(self, workspace: Workspace, manifest: RunManifest, environ: Mapping[str, str]) -> None:
        from harness.audit import AuditLog, Pseudonyms
        from harness.telemetry.masking import redactor

        settings = workspace.audit
        self._manifest = manifest
        self._where = settings.file
        self._pseudonyms = Pseudonyms(environ.get(settings.pseudonym_key_env, "").encode())
        self._clean = redactor(environ, workspace.telemetry.redact, workspace.root).text
        key = environ.get(settings.key_env, "")
        self._log = AuditLog(workspace.audit_log, key=key, service="finharness", sync=settings.sync)
        self._lost = 0
        self._reason = ""

    def begin(self, total: int, running: Running) -> None:
        """Nothing to do."""

    def stored(self, results: Sequence[Result]) -> None:
        """Write what these trials did."""
        from harness.audit import trial_entries

        try:
            made = [
                self._cleaned(list(trial_entries(self._manifest, one, pseudonyms=self._pseudonyms))) for one in results
            ]
            self._log.extend([entry for entries in made for entry in entries])
        except Exception as error:  # noqa: BLE001 - results are safe; the run goes on and says what is missing
            self._lost += len(results)
            self._reason = self._reason or (error.problem if isinstance(error, HarnessError) else str(error))

    def end(self) -> None:
        """Say what is missing."""
        self._log.close()
        if self._lost:
            import sys

            from harness.text import one_line

            words = f"audit: {self._lost} trials are not in {self._where}: {one_line(self._reason, 400)}"
            if logs.on():
                logs.emit("error", "AUDIT_INCOMPLETE", words)
            else:
                sys.stderr.write(
                    f"{words}\n  fix: mend the log, then: finharness audit export --run {self._manifest.id}\n"
                )
            self._lost = 0

    def _cleaned(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without secrets and personal data; nearly all have nothing to clean, so they are looked at once."""
        from harness.audit.entry import cleaned

        details = [entry.get("details") for entry in entries]
        whole = "\x1f".join(_texts(details))
        if self._clean(whole) == whole:
            return entries
        return [
            {**entry, "details": cleaned(entry["details"], self._clean)} if "details" in entry else entry
            for entry in entries
        ]


class LogSink:
    """Says in JSON lines when a run begins and ends, and what became of each trial."""

    def __init__(self, manifest: RunManifest) -> None:
        self._run = manifest.id
        self._counts: dict[str, int] = {}
        self._ended = False

    def begin(self, total: int, running: Running) -> None:  # noqa: ARG002 - a sink's signature
        """Trials begin."""
        logs.emit("info", "RUN_STARTED", run=self._run, trials=total)

    def stored(self, results: Sequence[Result]) -> None:
        """A line for each trial, with the id of its trace."""
        from harness.telemetry.span import trace_id

        for result in results:
            self._counts[result.status] = self._counts.get(result.status, 0) + 1
            error = result.outcome.error
            logs.emit(
                "info" if result.status == "passed" else "error" if result.status == "errored" else "warning",
                "TRIAL_COMPLETED",
                run=self._run,
                trace_id=trace_id(self._run, result.job.key),
                suite=result.job.case.suite,
                case=result.job.case.id,
                agent=result.job.variant,
                trial=result.job.index,
                status=result.status,
                outcome=result.outcome.status,
                duration_seconds=round(result.outcome.trace.duration_s, 6),
                cost_usd=result.outcome.trace.cost_usd,
                error_type=error.type if error else None,
            )

    def end(self) -> None:
        """The run is over."""
        if not self._ended:
            self._ended = True
            logs.emit("info", "RUN_COMPLETED", run=self._run, **self._counts)


def _texts(rest: list[Any]) -> list[str]:
    """All text in JSON-plain data, which is used up."""
    found: list[str] = []
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            found += item.keys()
            rest += item.values()
        elif isinstance(item, list | tuple):
            rest += item
    return found
