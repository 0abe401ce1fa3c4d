"""Record what a provider answers, or play it: the traffic itself, readable, so that every library can be replayed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from harness.llm.errors import ModelError
from harness.llm.request import ModelReply
from harness.model import Usage

from .upstream import Answer, Order, Upstream
from .wire import eventstream
from .wire.events import EventReader, sse
from .wire.wire import tidy

CHANNEL: Final = "http"
"""Name of the channel in cassettes."""

_LEFT_OUT: Final = frozenset({"model", "metadata", "user", "stream_options"})


class Tape(Protocol):
    """Where recordings are kept: a trial's deck, or a file of the gateway's own."""

    @property
    def replays(self) -> bool:
        """Whether nobody is asked."""
        ...

    def take(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Play a recording."""
        ...

    def put(self, channel: str, request: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        """Make one."""
        ...


class Taped:
    """Plays recordings in an upstream's place, or records what it answers."""

    def __init__(self, reach: Callable[[], Awaitable[Upstream]], tape: Tape, model: str) -> None:
        """Put a tape before an upstream.

        Args:
            reach: The way to it; not gone where nobody is asked.
            tape: The recordings.
            model: The model, as recordings call it.
        """
        self._reach = reach
        self._tape = tape
        self._model = model

    async def open(self, order: Order) -> Answer:
        """See `Upstream`.

        Raises:
            ReplayMiss: when nothing was recorded for the request.
        """
        asked = canonical(order, self._model)
        if self._tape.replays:
            return Played(order, self._tape.take(CHANNEL, asked))
        try:
            answer = await (await self._reach()).open(order)
        except ModelError as error:
            if error.fault == "agent":  # what was sent brings it about every time
                self._tape.put(CHANNEL, asked, _failure(error))
            raise
        return Recorded(answer, order, lambda reply: self._tape.put(CHANNEL, asked, reply))


class Recorded:
    """A reply that is written down once it was complete."""

    def __init__(self, answer: Answer, order: Order, put: Callable[[Mapping[str, Any]], None]) -> None:
        self._answer = answer
        self._order = order
        self._put = put
        self.content_type = answer.content_type
        self.headers = answer.headers

    @property
    def done(self) -> bool:
        """See `Answer`."""
        return self._answer.done

    @property
    def usage(self) -> Usage:
        """See `Answer`."""
        return self._answer.usage

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        kept: list[bytes] = []
        async for piece in self._answer.pieces():
            kept.append(piece)
            yield piece
        body = b"".join(kept)
        if self._order.streaming:
            self._put({"events": list(_events(self.content_type, body))})
        else:
            self._put({"body": json.loads(body)})

    def reply(self) -> ModelReply:
        """See `Answer`."""
        return self._answer.reply()

    async def close(self) -> None:
        """See `Answer`."""
        await self._answer.close()


class Played:
    """A recorded reply."""

    headers: Mapping[str, str] = {}

    def __init__(self, order: Order, recording: Mapping[str, Any]) -> None:
        if "error" in recording:
            raise _error(recording["error"])
        self._recording = recording
        self._order = order
        self._listener = order.wire.listener(order.request)
        self.content_type = order.wire.stream_type if order.streaming else "application/json"

    @property
    def done(self) -> bool:
        """See `Answer`."""
        return self._listener.finished

    @property
    def usage(self) -> Usage:
        """See `Answer`."""
        return self._listener.usage

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        if not self._order.streaming:
            body = self._recording.get("body")
            if not isinstance(body, Mapping):
                raise ModelError("invalid_reply", "the recording holds no body, and the client wants no stream")
            self._listener.whole(body)
            yield tidy(body)
            return
        for piece in _bytes(self.content_type, self._recording.get("events") or ()):
            self._listener.feed(piece)
            yield piece

    def reply(self) -> ModelReply:
        """See `Answer`."""
        return replace(self._listener.reply(), cache_hit=True)

    async def close(self) -> None:
        """Nothing is held."""


def canonical(order: Order, model: str) -> dict[str, Any]:
    """What a recording is found by: the request without what changes from one run to the next."""
    body = {name: item for name, item in order.body.items() if name not in _LEFT_OUT}
    return {"model": model, "protocol": order.wire.name, "operation": order.operation, **body}


def _events(content_type: str, body: bytes) -> Iterable[list[Any]]:
    """The events of a stream: name and data."""
    if "eventstream" in content_type:
        for frame in eventstream.FrameReader().feed(body):
            payload = json.loads(frame.payload or b"{}")
            yield [frame.headers.get(":event-type", ""), _readable(payload)]
        return
    for block in body.split(b"\n\n"):
        lines = block.split(b"\n")
        names = [line[6:].strip().decode() for line in lines if line.startswith(b"event:")]
        for data in EventReader().feed(block + b"\n"):
            yield [names[0] if names else "", _parsed(data)]


def _bytes(content_type: str, events: Iterable[Any]) -> Iterable[bytes]:
    for name, data in events:
        if "eventstream" not in content_type:
            yield sse(data, name)
        elif name == "chunk" and isinstance(data, Mapping) and "json" in data:
            yield eventstream.event("chunk", {"bytes": base64.b64encode(tidy(data["json"])).decode()})
        else:
            yield eventstream.event(name, data)


def _readable(payload: Any) -> Any:
    """A chunk of InvokeModel's stream holds JSON in base64, which nobody can review."""
    if isinstance(payload, dict) and isinstance(payload.get("bytes"), str):
        try:
            return {"json": json.loads(base64.b64decode(payload["bytes"]))}
        except (ValueError, binascii.Error):
            return payload
    return payload


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _failure(error: ModelError) -> dict[str, Any]:
    return {"error": {"kind": error.kind, "problem": error.problem, "status": error.status}}


def _error(data: Any) -> ModelError:
    known = data if isinstance(data, Mapping) else {}
    return ModelError(known.get("kind", "invalid_reply"), str(known.get("problem", "")), status=known.get("status"))
