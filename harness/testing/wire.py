"""What a provider's protocol needs to say for a model to be served under it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from harness.llm.request import ModelReply, ModelRequest


class Wire(Protocol):
    """One provider's protocol, seen from the server."""

    name: str
    """The provider in harness.toml that speaks it."""

    stream_type: str
    """Content type of a stream."""

    tail: int
    """How many pieces at the end of a stream say how the reply ended."""

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:
        """Whether the client wants a stream."""
        ...

    def decode(self, path: str, body: Mapping[str, Any]) -> ModelRequest:
        """Read a request."""
        ...

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """Write a reply as one JSON body."""
        ...

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """Write a reply as the pieces of a stream."""
        ...

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Headers and body of an HTTP error."""
        ...

    def error_piece(self, message: str) -> bytes:
        """An error in the middle of a stream: overloaded."""
        ...

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """A reply's body with an empty list, or null, where its content belongs."""
        ...


def thinking_tokens(thinking: Mapping[str, Any] | None) -> int | None:
    """Read the reasoning that is asked for, as `ModelRequest.thinking` writes it."""
    return None if thinking is None else int(thinking.get("budget_tokens", 0))


def pieces(text: str, size: int = 12) -> Sequence[str]:
    """Cut a text into the pieces that a stream sends."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def sse(data: Mapping[str, Any] | str, event: str | None = None) -> bytes:
    """Write one server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data)
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()
