"""A model of ours behind any protocol: the workspace's offline model, or a provider through its library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace

from harness.llm import Model
from harness.llm.request import DeltaKind, ModelReply
from harness.model import Usage, fingerprint

from .upstream import Order
from .wire import Writer
from .wire.wire import tidy


class Answers:
    """Asks a model and writes its reply as the client's protocol wants it."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def open(self, order: Order) -> Told | Streamed:
        """See `Upstream`."""
        if not order.streaming:
            reply = named(await self._model.complete(order.request), order)
            return Told(order, reply)
        answer = Streamed(self._model, order)
        await answer.begin()
        return answer


class Told:
    """A reply that came whole."""

    content_type = "application/json"
    headers: Mapping[str, str] = {}
    done = True

    def __init__(self, order: Order, reply: ModelReply) -> None:
        self._order = order
        self._reply = reply

    @property
    def usage(self) -> Usage:
        """See `Answer`."""
        return self._reply.usage

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        yield tidy(self._order.wire.whole(self._reply, self._order.about))

    def reply(self) -> ModelReply:
        """See `Answer`."""
        return self._reply

    async def close(self) -> None:
        """Nothing is held."""


class Streamed:
    """A reply passed on while it is written."""

    headers: Mapping[str, str] = {}

    def __init__(self, model: Model, order: Order) -> None:
        self._order = order
        self._writer: Writer = order.wire.writer(order.about)
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._ask(model))
        self._first: bytes | None = None
        self.content_type = order.wire.stream_type
        self.done = False

    @property
    def usage(self) -> Usage:
        """See `Answer`."""
        finished = self._task.done() and not self._task.cancelled() and self._task.exception() is None
        return self._task.result().usage if finished else Usage()

    async def begin(self) -> None:
        """Wait for the first piece, so that a model that fails at once is an HTTP status and no broken stream."""
        try:
            self._first = await self._queue.get()
        except BaseException:
            await self.close()
            raise
        if self._first is None:
            await self._task

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        piece = self._first
        if piece is not None:
            yield self._writer.start()
        while piece is not None:
            # What has come meanwhile goes out together: one send for many pieces.
            ready = [piece]
            while not self._queue.empty() and (more := self._queue.get_nowait()) is not None:
                ready.append(more)
            yield b"".join(ready)
            if self._task.done() and self._queue.empty():
                break
            piece = await self._queue.get()
        reply = await self._task
        self.done = True
        yield self._writer.finish(reply)

    def reply(self) -> ModelReply:
        """See `Answer`."""
        return self._task.result()

    async def close(self) -> None:
        """Stop asking, where it still goes on."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _ask(self, model: Model) -> ModelReply:
        spoken = False

        async def hear(kind: DeltaKind, piece: str) -> None:
            nonlocal spoken
            spoken = True
            self._queue.put_nowait(self._writer.delta(kind, piece))

        try:
            reply = await model.complete(self._order.request, on_delta=hear)
            if not spoken:  # only calls of tools: the stream begins with nothing
                self._queue.put_nowait(b"")
            return named(reply, self._order)
        finally:
            self._queue.put_nowait(None)


def named(reply: ModelReply, order: Order) -> ModelReply:
    """Give the calls of a reply ids of their own, the same for the same request.

    Offline models number the calls of each reply from one, and a conversation needs them apart.
    """
    if not reply.tool_calls or not all(
        call.id.startswith("call_") and call.id[5:].isdigit() for call in reply.tool_calls
    ):
        return reply
    seen = fingerprint([[message.role, message.text, message.tool_call_id] for message in order.request.messages])[:12]
    calls = tuple(replace(call, id=f"toolu_{seen}_{number}") for number, call in enumerate(reply.tool_calls, 1))
    return replace(reply, tool_calls=calls)
