"""Server-sent events: written once, and read from pieces that are cut anywhere, even inside a character."""

from __future__ import annotations

from typing import Any, Final

from harness.llm.errors import ModelError

from .wire import tidy

MOST_EVENT_BYTES: Final = 8 * 1024 * 1024
"""Largest event of a stream."""


def sse(data: Any, event: str = "") -> bytes:
    """Write one event; data that is text already is not encoded twice."""
    text = data.encode() if isinstance(data, str) else tidy(data)
    head = f"event: {event}\n".encode() if event else b""
    return head + b"data: " + text + b"\n\n"


class EventReader:
    """The data of the events in a stream of bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event that has come to its end.

        Raises:
            ModelError: for an event larger than `MOST_EVENT_BYTES`.
        """
        lines = (self._rest + chunk).split(b"\n") if self._rest else chunk.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MOST_EVENT_BYTES:
            raise ModelError("invalid_reply", f"one event of the stream is larger than {MOST_EVENT_BYTES:,} bytes")
        # Every provider sends an event's data as one line of JSON, so that a line is an event.
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]
