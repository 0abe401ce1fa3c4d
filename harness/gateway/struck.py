"""A provider that goes wrong as a case says, so that an agent's own library meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from harness.faults.plan import FaultPlan
from harness.llm.errors import ErrorKind, ModelError
from harness.llm.request import ModelReply
from harness.model import Usage
from harness.model.fault import Fault

from .relay import SaidError
from .upstream import Answer, Order, Upstream
from .wire.wire import tidy

SLOW_S: Final = 30.0
"""How long something slow takes where the case does not say."""

_ERRORS: Final[Mapping[str, tuple[ErrorKind, int, str]]] = {
    "rate_limit": ("rate_limit", 429, "too many requests"),
    "server_error": ("overloaded", 500, "internal server error"),
    "overloaded": ("overloaded", 529, "the provider is overloaded"),
    "timeout": ("timeout", 504, "no reply in time"),
}
_BODIES: Final[Mapping[str, tuple[bytes, str]]] = {
    "malformed": (b'{"id": "x", "content": [{"type": "te', "application/json"),
    "wrong_schema": (b'{"unexpected": true}', "application/json"),
    "invalid_reply": (b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"),
}


class CutError(SaidError):
    """The connection breaks: what was said so far is all that the client gets."""


class Struck:
    """Asks another upstream, except where a fault strikes."""

    def __init__(self, reach: Callable[[], Awaitable[Upstream]], plan: FaultPlan, name: str) -> None:
        """Put faults in front of an upstream.

        Args:
            reach: The way to it; not gone where nothing need be asked.
            plan: What goes wrong.
            name: The model's name, which faults may be meant for.
        """
        self._reach = reach
        self._plan = plan
        self._name = name

    async def open(self, order: Order) -> Answer:
        """See `Upstream`."""
        fault = self._plan.next("gateway", self._name) or self._plan.next("model", self._name)
        if fault is None:
            return await (await self._reach()).open(order)
        if fault.kind in _ERRORS:
            kind, status, said = _ERRORS[fault.kind]
            if fault.kind == "timeout" and fault.real:
                await asyncio.sleep(order.request.timeout_s)
            raise ModelError(kind, said, status=status, retry_after_s=fault.retry_after_s)
        if fault.kind == "slow":
            await self._take(fault)
            return await (await self._reach()).open(order)
        if fault.kind == "empty":
            return Spoiled(order, [_nothing(order)], "invalid_reply")
        if fault.kind in _BODIES:
            body, content_type = _BODIES[fault.kind]
            return Spoiled(order, [body], "invalid_reply", content_type=content_type)
        if fault.kind == "reset":
            return Spoiled(order, [b""], "connection", cut=True)
        return await self._half(order)

    async def _take(self, fault: Fault) -> None:
        seconds = fault.seconds or SLOW_S
        if fault.real:
            await asyncio.sleep(seconds)
        else:
            self._plan.pass_(seconds)

    async def _half(self, order: Order) -> Spoiled:
        """The first half of a reply."""
        answer = await (await self._reach()).open(order)
        try:
            body = b"".join([piece async for piece in answer.pieces()])
        finally:
            await answer.close()
        return Spoiled(order, [body[: len(body) // 2]], "truncated", cut=not order.streaming)


class Spoiled:
    """A reply that is none."""

    headers: Mapping[str, str] = {}
    done = False
    usage = Usage(0, 0, 0)

    def __init__(
        self, order: Order, pieces: list[bytes], kind: ErrorKind, *, cut: bool = False, content_type: str = ""
    ) -> None:
        self._pieces = pieces
        self._error = ModelError(kind, "a fault of the case", status=200)
        self._cut = cut
        usual = order.wire.stream_type if order.streaming else "application/json"
        self.content_type = content_type or usual

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`; ends with the error that the client has to find out for itself."""
        for piece in self._pieces:
            yield piece
        raise (CutError if self._cut else SaidError)(self._error)

    def reply(self) -> ModelReply:
        """There is none."""
        raise self._error

    async def close(self) -> None:
        """Nothing is held."""


def _nothing(order: Order) -> bytes:
    reply = ModelReply("", stop_reason="end", usage=Usage(0, 0, 0))
    if not order.streaming:
        return tidy(order.wire.whole(reply, order.about))
    writer = order.wire.writer(order.about)
    return writer.start() + writer.finish(reply)
