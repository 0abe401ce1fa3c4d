"""What a protocol must say for a model to be served under it, and for a provider's reply to be overheard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

from harness.frozen import frozen
from harness.gateway.refusal import Refusal
from harness.llm.errors import ModelError
from harness.llm.request import DeltaKind, ModelReply, ModelRequest
from harness.model import Usage


class UnreadableError(ValueError):
    """A request that is not one of the protocol's."""


@frozen
class About:
    """What the protocols want to know of a reply besides the reply."""

    id: str
    """Identity of the request; the reply's is made of it."""

    model: str
    """Model as the client named it."""

    created: int = 1
    """Seconds since 1970."""

    wants_usage: bool = True
    """Whether a stream is to end with its usage."""


@frozen
class Failure:
    """A refusal as a protocol says it."""

    status: int
    """HTTP status."""

    body: bytes
    """JSON body."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers besides the content's type and length."""


class Writer(Protocol):
    """A reply written as a stream, piece by piece as it comes."""

    def start(self) -> bytes:
        """What comes before anything is known."""
        ...

    def delta(self, kind: DeltaKind, piece: str) -> bytes:
        """A piece of text or of reasoning."""
        ...

    def finish(self, reply: ModelReply) -> bytes:
        """Tool calls, the reason to stop, usage and the end."""
        ...


class Listener(Protocol):
    """A provider's reply, overheard while it is passed on."""

    @property
    def finished(self) -> bool:
        """Whether a stream has had its last event."""
        ...

    @property
    def begun(self) -> bool:
        """Whether anything of the answer has come."""
        ...

    @property
    def usage(self) -> Usage:
        """Tokens, as far as they are known."""
        ...

    def feed(self, chunk: bytes) -> None:
        """Hear a piece of a stream.

        Raises:
            ModelError: for an error event, or what is no stream of the protocol.
        """
        ...

    def whole(self, body: Mapping[str, Any]) -> None:
        """Hear a reply that comes as one JSON body; raises as `feed` does."""
        ...

    def reply(self) -> ModelReply:
        """The reply.

        Raises:
            ModelError: when it is none: empty, or with a tool call that cannot be read.
        """
        ...


class Wire(Protocol):
    """One protocol."""

    name: str
    """`anthropic`, `openai`, `bedrock` or `invoke`."""

    stream_type: str
    """Content type of a stream."""

    def read(self, body: Mapping[str, Any]) -> ModelRequest:
        """Read a request.

        Raises:
            UnreadableError: when it is none, with the place.
        """
        ...

    def streams(self, operation: str, body: Mapping[str, Any]) -> bool:
        """Whether the client wants a stream."""
        ...

    def whole(self, reply: ModelReply, about: About) -> dict[str, Any]:
        """Write a reply as one JSON body."""
        ...

    def writer(self, about: About) -> Writer:
        """Write a reply as a stream."""
        ...

    def failure(self, refusal: Refusal, request_id: str) -> Failure:
        """Write a refusal."""
        ...

    def broken(self, refusal: Refusal) -> bytes:
        """Write, in the middle of a stream, that it ends here."""
        ...

    def listener(self, request: ModelRequest) -> Listener:
        """Overhear the reply to a request."""
        ...


def tidy(data: Any) -> bytes:
    """Write JSON once, in UTF-8, without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def reading(body: Mapping[str, Any], read: Any) -> ModelRequest:
    """Read with a function that takes what it needs, and say what did not fit."""
    try:
        found: ModelRequest = read(body)
        return found
    except UnreadableError:
        raise
    except KeyError as error:
        raise UnreadableError(f"{error.args[0]!r} is missing") from error
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise UnreadableError(f"the request is not one of this protocol: {error}") from error


def thinking_tokens(thinking: Mapping[str, Any] | None) -> int | None:
    """Read the reasoning that is asked for, as `ModelRequest.thinking` writes it."""
    if thinking is None or thinking.get("type") == "disabled":
        return None
    return int(thinking.get("budget_tokens", 0))


def sound(listener: Listener) -> None:
    """Check a reply before its last event is passed on: what the client then takes for a success must be one.

    Raises:
        ModelError: for a reply that is none; a model's malformed call of a tool is for the agent to see.
    """
    try:
        listener.reply()
    except ModelError as error:
        if error.fault == "provider":
            raise


def counted(number: object, *, name: str, otherwise: int) -> int:
    """Read how many tokens may be written."""
    if number is None:
        return otherwise
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableError(f"{name} must be a whole number of at least 1, not {number!r}")
    return number
