"""The relay over WebSocket: events out, interruptions in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import HarnessError

from .door import headers_of, refusal
from .forms import Wire
from .hub import Channel
from .service import SEND_S, Receive, Refused, Send, number, query_of
from .sse import text

if TYPE_CHECKING:
    from .service import Relay

_POLICY, _TOO_SLOW, _GONE = 1008, 1013, 1000


async def serve(relay: Relay, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Serve one connection."""
    await receive()  # the request to connect
    query = query_of(scope)
    try:
        if scope["path"].rstrip("/") != "/ws" or refusal(scope, headers_of(scope)):
            await send({"type": "websocket.close", "code": _POLICY})  # before it is accepted: HTTP 403
            return
        channel, first = _channel(relay, query)
    except (Refused, HarnessError) as error:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": text({"type": "error", "error": str(error)})})
        await send({"type": "websocket.close", "code": _POLICY})
        return
    await send({"type": "websocket.accept"})
    await _converse(relay, channel, _Line(query, receive, send), first=first)


def _channel(relay: Relay, query: Mapping[str, str]) -> tuple[Channel, bool]:
    """The trial to hear: an agent that is asked for in the query is run."""
    if query.get("agent"):
        if relay.stage is None:
            raise Refused(403, "this relay shows a run; it starts no agents")
        return relay.stage.start({"agent": query["agent"], "input": query.get("input")}), True
    return relay.channel(query), False


class _Line(NamedTuple):
    """A connection that was accepted."""

    query: Mapping[str, str]
    receive: Receive
    send: Send


async def _converse(relay: Relay, channel: Channel, line: _Line, *, first: bool) -> None:
    query, receive, send = line
    with relay.listening(channel, stops=first):
        wires = relay.wires(channel, number(query.get("after", "0")), query.get("form", "seven"))
        hearing = asyncio.ensure_future(_hear(relay, channel, receive, send))
        telling = asyncio.ensure_future(_tell(wires, send))
        try:
            await asyncio.wait([hearing, telling], return_when=asyncio.FIRST_COMPLETED)
            if telling.done() and not hearing.done():
                error = telling.exception()
                code = _TOO_SLOW if isinstance(error, TimeoutError) else _POLICY if error else _GONE
                await asyncio.wait_for(send({"type": "websocket.close", "code": code}), SEND_S)
        except (OSError, TimeoutError, RuntimeError):  # it has gone meanwhile
            return
        finally:
            for task in (hearing, telling):
                task.cancel()
            await asyncio.gather(hearing, telling, return_exceptions=True)


async def _tell(wires: AsyncIterator[Wire | None], send: Send) -> None:
    async for wire in wires:
        if wire is not None:
            piece = text(wire)
            async with asyncio.timeout(SEND_S):
                await send({"type": "websocket.send", "text": piece})


async def _hear(relay: Relay, channel: Channel, receive: Receive, send: Send) -> None:
    """Take what the client says until it goes."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        said = _read(message.get("text") or message.get("bytes") or "")
        await send({"type": "websocket.send", "text": text(_answer(relay, channel, said))})


def _answer(relay: Relay, channel: Channel, said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("type") != "interrupt":
        problem = 'only {"type": "interrupt", "id": ..., "redirect": ...} is understood'
        return {"type": "refused", "status": 400, "error": problem}
    try:
        status, content = relay.interrupt(channel.name, said)
    except Refused as error:
        return {"type": "refused", "status": error.status, "error": str(error)}
    return {"type": "ack", "status": status, **content}


def _read(said: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
