"""Tell what a run's trials do, while they do it: on a port of this machine, or into a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from harness.errors import ConfigError, os_errors
from harness.model import Event, Job, Result
from harness.text import one_line

from .hub import Channel, Hub
from .sse import encoded, text

if TYPE_CHECKING:
    from harness.gateway.hosting import Serving
    from harness.telemetry import Redactor


class Broadcast:
    """A listener of a run: `heard` while trials go on, `stored` when they are graded."""

    def __init__(self, hub: Hub | None = None) -> None:
        self.hub = hub or Hub()
        self._attempts: dict[str, int] = {}

    def heard(self, job: Job, attempt: int, events: Sequence[Any]) -> None:
        """A trial recorded something."""
        channel = self.hub.open(job.key, case=job.case.id, suite=job.case.suite, agent=job.variant, source="run")
        if self._attempts.setdefault(job.key, attempt) != attempt:
            self._attempts[job.key] = attempt
            channel.again()
        channel.tell(Event(offset, kind, data) for offset, kind, data in events)
        self.told(channel)

    def begin(self, total: int, running: object) -> None:
        """Trials begin."""

    def stored(self, results: Sequence[Result]) -> None:
        """Trials are over and graded: their streams end, with what came of them."""
        for result in results:
            channel = self.hub.open(result.job.key, case=result.job.case.id, agent=result.job.variant, source="run")
            error = result.outcome.error
            if error is not None and not channel.is_over:
                channel.fail(one_line(error.message, 500))
            channel.end(**_came_of(result))
            self._attempts.pop(result.job.key, None)
            self.told(channel)

    def end(self) -> None:
        """No more will come: what was under way ends without a verdict."""
        for channel in self.hub.channels():
            if not channel.is_over:
                channel.end(status="interrupted")
                self.told(channel)

    def told(self, channel: Channel) -> None:
        """Something new is on a channel."""

    def close(self) -> None:
        """Tell no more."""


def _came_of(result: Result) -> dict[str, Any]:
    trace = result.outcome.trace
    useful = next((turn.useful_ttft_s for turn in trace.turns if turn.ttft_s is not None), None)
    made: Mapping[str, Any] = {
        "status": result.status, "outcome": result.outcome.status, "score": result.score, "ttft_s": trace.ttft_s,
        "useful_ttft_s": useful, "duration_s": trace.duration_s,
    }  # fmt: skip
    return {name: item for name, item in made.items() if item is not None}


class FileBroadcast(Broadcast):
    """Writes every event to a file: JSON lines, or server-sent events for a name in `.sse`. Credentials are taken out."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._places: dict[str, int] = {}
        self._is_sse = path.suffix == ".sse"
        with os_errors(
            ConfigError,
            f"{path} cannot be written",
            remedy="name a port, or a file in a folder that is there",
            where="--stream",
        ):
            self._file: TextIO = path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1)
        self._clean = _redactor()

    def told(self, channel: Channel) -> None:
        """Write what is new."""
        while True:
            _, wires = channel.after(self._places.get(channel.name, 0))
            for wire in wires:
                line = (
                    encoded(wire, name=wire["type"], number=wire["id"]).decode() if self._is_sse else f"{text(wire)}\n"
                )
                self._file.write(self._clean.text(line))
                self._places[channel.name] = wire["id"]
            if not wires:
                break
        if channel.is_over:
            self._places[channel.name] = channel.last

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _redactor() -> Redactor:
    from harness.telemetry.redact import Redactor
    from harness.telemetry.rules import CREDENTIALS

    return Redactor(os.environ, CREDENTIALS)


class PortBroadcast(Broadcast):
    """Serves the run on a port of this machine, in a thread of its own."""

    def __init__(self, port: int) -> None:
        super().__init__()
        from harness.gateway.hosting import Serving

        from .service import Relay

        self._serving: Serving = Serving(Relay(self.hub, runs_agents=False), port=port, websockets=True)
        self.url = self._serving.url
        """Where it is."""

    def close(self) -> None:
        """Stop serving; who still listens hears the end first."""
        self._serving.close()


def broadcast_to(target: str) -> Broadcast:
    """A broadcast to a port, for a number, or to a file.

    Raises:
        ConfigError: when neither can be had.
        MissingExtra: when the server's libraries are not installed.
    """
    if target.isascii() and target.isdigit():
        if int(target) > 65_535:
            raise ConfigError(
                f"{target} is no port", remedy="name one from 1024 to 65535, or 0 for any", where="--stream"
            )
        return PortBroadcast(int(target))
    return FileBroadcast(Path(target))
