"""What a provider's protocol needs to say for a model to be served under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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


def numbered(reply: ModelReply, prefix: str) -> ModelReply:
    """The reply with an id for each tool call; scripts need not write any."""
    calls = (replace(call, id=call.id or f"{prefix}_{number}") for number, call in enumerate(reply.tool_calls, 1))
    return replace(reply, tool_calls=tuple(calls))


def pieces(text: str, size: int = 12) -> Sequence[str]:
    """Cut a text into the pieces that a stream sends."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def metered(reply: ModelReply, body: dict[str, Any]) -> dict[str, Any]:
    """A reply's body; one of unknown usage says nothing of it."""
    known = reply.usage.input_tokens is not None and reply.usage.output_tokens is not None
    return body if known else {name: item for name, item in body.items() if name != "usage"}
