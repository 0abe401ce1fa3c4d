"""The stream of agents for the OpenBB Workspace: events with names, such as `copilotMessageChunk`.

Charts and tables become end states under their names; a function call is one that the Workspace would answer, and stays open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import call_of, said
from .scribe import Said


class OpenBBEvents:
    """Reads them."""

    def feed(self, name: str, data: Any) -> Iterator[Said]:
        """What one event means."""
        if not isinstance(data, Mapping):
            return
        if "event" in data and isinstance(data.get("data"), Mapping):  # wrapped once more, as some servers do
            name, data = str(data["event"]), data["data"]
        if name == "copilotMessageChunk":
            yield "text_delta", {"text": said(data.get("delta", ""))}
        elif name == "copilotStatusUpdate":
            yield from _status(data)
        elif name == "copilotFunctionCall":
            call = call_of(data)
            if call is not None:
                yield "tool_call", call
        elif name == "copilotMessageArtifact":
            yield "state", {"name": str(data.get("name") or data.get("uuid") or "artifact"), "value": dict(data)}
        elif name == "copilotCitationCollection":
            yield "state", {"name": "citations", "value": data.get("citations", [])}


def _status(data: Mapping[str, Any]) -> Iterator[Said]:
    message = said(data.get("message", ""))
    if data.get("eventType") == "ERROR":
        yield "error", {"message": message}
    elif message:
        yield "thinking", {"text": message}
    for number, part in enumerate(data.get("artifacts") or ()):
        if isinstance(part, Mapping):
            yield (
                "state",
                {"name": str(part.get("name") or part.get("uuid") or f"artifact {number}"), "value": dict(part)},
            )
