"""What answers a request: a provider to which it is passed on, or one of our models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from harness.frozen import frozen
from harness.llm.request import ModelReply, ModelRequest
from harness.model import Usage

from .wire import About, Wire


@frozen
class Order:
    """A request that may be made."""

    wire: Wire
    """Protocol."""

    operation: str
    """Last part of the path."""

    body: Mapping[str, Any]
    """Its JSON."""

    raw: bytes
    """The same as it came."""

    request: ModelRequest
    """What a model sees."""

    streaming: bool
    """Whether a stream is wanted."""

    about: About
    """What the reply says of itself."""

    headers: Mapping[str, str]
    """The client's headers."""

    bound: int | None = None
    """Most tokens to write, where the client has set no bound and one is needed."""


class Answer(Protocol):
    """A reply that has begun."""

    @property
    def content_type(self) -> str:
        """Content type."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The provider's headers that the client is to see."""
        ...

    @property
    def done(self) -> bool:
        """Whether the piece that was given last ends the reply, or comes after its end."""
        ...

    @property
    def usage(self) -> Usage:
        """Tokens, as far as they are known."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body, piece by piece.

        Raises:
            ModelError: when it breaks off.
        """
        ...

    def reply(self) -> ModelReply:
        """The whole reply, once all pieces have come.

        Raises:
            ModelError: when it is none.
        """
        ...

    async def close(self) -> None:
        """Let go of it, finished or not."""
        ...


class Upstream(Protocol):
    """Whatever answers."""

    async def open(self, order: Order) -> Answer:
        """Ask; returns once the reply has begun.

        Raises:
            ModelError: when there is none.
        """
        ...
