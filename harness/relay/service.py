"""The relay as an ASGI application: events of trials over HTTP and WebSocket, and agents to talk to.

    GET  /events?trial=NAME&form=seven|ten     server-sent events, from Last-Event-ID on; gzip where it is accepted
    WS   /ws?trial=NAME&after=N&form=...       the same as messages; takes {"type": "interrupt", "id": ..., "redirect": ...}
    POST /stream {agent, input, ...}           run an agent and hear it; it is stopped when nobody listens any more
    POST /trials {agent, input, ...}           run an agent; GET /events?trial=... hears it
    POST /trials/NAME/interrupt {id, redirect} stop it; asking twice with one id is asking once
    GET  /trials                               what can be heard

It serves this machine alone; see `harness.relay.door`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote

from harness.errors import HarnessError

from .door import headers_of, refusal
from .forms import TenForm, Wire
from .hub import LISTENERS, Channel, Hub, listen
from .sse import PING, Gzip, encoded
from .stage import Stage

if TYPE_CHECKING:
    from harness.workspace import Workspace

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MOST_BODY: Final = 1 << 20
"""Longest request, in bytes."""

SEND_S: Final = 30.0
"""How long one piece may take to be sent to a client that reads slowly, before it is let go."""

TEN_STEP: Final = 16
"""One event is several of the later form; their numbers leave room for them, so that a listener can come back anywhere."""

_PING_S: Final = 15.0


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


class _Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Relay:
    """The application.

    Args:
        hub: Where trials are heard; its own by default.
        workspace: Whose agents can be run; the one of the current folder by default.
        grace_s: How long an agent goes on whose only listener has gone, in case that comes back.
        runs_agents: Whether agents can be run at all.
    """

    def __init__(
        self,
        hub: Hub | None = None,
        *,
        workspace: Workspace | None = None,
        grace_s: float = 5.0,
        runs_agents: bool = True,
    ) -> None:
        self.hub = hub or Hub()
        self.stage = Stage(workspace, self.hub, grace_s=grace_s) if runs_agents else None
        self.raw_bytes = 0
        """Bytes of events before compression."""
        self.sent_bytes = 0
        """Bytes of events as they were sent."""
        self._leaving: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            from .socket import serve

            await serve(self, scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                if self.stage is not None:
                    await self.stage.close()
                for task in self._leaving:
                    task.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        if why := refusal(scope, headers):
            await answer(send, 403, {"error": why})
            return
        asked = _Asked(scope["method"], scope["path"].rstrip("/") or "/", query_of(scope), headers)
        try:
            await self._route(asked, receive, send)
        except Refused as error:
            await answer(send, error.status, {"error": error.problem})
        except HarnessError as error:
            await answer(send, 400, {"error": error.problem, "fix": error.remedy})

    async def _route(self, asked: _Asked, receive: Receive, send: Send) -> None:
        method, path, query = asked.method, asked.path, asked.query
        if (method, path) == ("GET", "/events"):
            channel = self.channel(query)
            await self._stream(channel, asked, receive, send)
        elif (method, path) == ("GET", "/trials"):
            await answer(send, 200, {"trials": [self._known(channel) for channel in self.hub.channels()]})
        elif (method, path) == ("POST", "/trials"):
            channel = self._stage().start(await body_of(receive))
            await answer(send, 201, {"trial": channel.name, "events": f"/events?trial={channel.name}"})
        elif (method, path) == ("POST", "/stream"):
            channel = self._stage().start(await body_of(receive))
            await self._stream(channel, asked, receive, send, stops=True)
        elif method == "POST" and path.startswith("/trials/") and path.endswith("/interrupt"):
            wish = await body_of(receive)
            await answer(send, *self.interrupt(unquote(path[8:-10]), wish))
        elif (method, path) == ("GET", "/"):
            await answer(send, 200, self._about())
        else:
            raise Refused(404, f"there is no {method} {path}")

    def _about(self) -> dict[str, Any]:
        """What it is, who listens, and what compression has saved so far."""
        saved = {"raw_bytes": self.raw_bytes, "sent_bytes": self.sent_bytes}
        ratio = round(self.raw_bytes / self.sent_bytes, 2) if self.sent_bytes else None
        see = ["/events", "/trials", "/stream", "/ws"]
        return {"relay": "finharness", "see": see, "listeners": self.hub.listeners, **saved, "ratio": ratio}

    def _stage(self) -> Stage:
        if self.stage is None:
            raise Refused(403, "this relay shows a run; it starts no agents")
        return self.stage

    def _known(self, channel: Channel) -> dict[str, Any]:
        return {"trial": channel.name, "events": channel.last, "over": channel.is_over, **channel.about}

    def channel(self, query: Mapping[str, str]) -> Channel:
        """The trial that is meant: the only one that runs, where none is named.

        Raises:
            Refused: when there is no such trial, or it is not clear which.
        """
        name = query.get("trial", "")
        known = self.hub.channels()
        found = self.hub.find(name) if name else None
        if not name:
            running = [channel for channel in known if not channel.is_over] or known
            if len(running) == 1:
                return running[0]
            raise Refused(400 if known else 404, f"{len(running)} trials can be heard: name one with ?trial=")
        if found is None:
            raise Refused(404, f"there is no trial {name!r}; GET /trials lists them")
        return found

    def interrupt(self, name: str, wish: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Stop a trial; status and answer. The same wish twice is answered twice and done once."""
        channel = self.hub.find(name)
        if channel is None:
            raise Refused(404, f"there is no trial {name!r}")
        redirect = wish.get("redirect")
        if redirect is not None and not isinstance(redirect, str):
            raise Refused(400, "`redirect` is no text")
        if not channel.interrupt(str(wish.get("id") or f"at-{channel.last}"), redirect):
            return 200, {"trial": name, "interrupted": True, "repeated": True}
        if channel.is_over:
            return 200, {"trial": name, "interrupted": False, "over": True}
        if not self._stage().interrupt(name, redirect):
            raise Refused(409, "this trial belongs to a run, which ends its trials itself")
        return 202, {"trial": name, "interrupted": True, "redirected": redirect is not None}

    # ---- server-sent events

    async def _stream(
        self, channel: Channel, asked: _Asked, receive: Receive, send: Send, *, stops: bool = False
    ) -> None:
        headers, query = asked.headers, asked.query
        if query.get("form", "seven") not in ("seven", "ten"):
            raise Refused(400, "`form` is seven or ten")
        after = number(headers.get("last-event-id") or query.get("after") or "0")
        with self.listening(channel, stops=stops):
            gzip = Gzip() if "gzip" in headers.get("accept-encoding", "") else None
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": _stream_headers(channel, gzipped=gzip is not None),
                }
            )
            wires = self.wires(channel, after, query.get("form", "seven"))
            await _either(_gone(receive), self._pieces(wires, gzip, send))

    async def _pieces(self, wires: AsyncIterator[Wire | None], gzip: Gzip | None, send: Send) -> None:
        """Send what there is; to a client that reads too slowly no more, for it would hold memory for ever."""
        async for wire in wires:
            piece = PING if wire is None else encoded(wire, name=str(wire["type"]), number=wire.get("id", ""))
            made = piece if gzip is None else gzip.piece(piece)
            self.raw_bytes += len(piece)
            self.sent_bytes += len(made)
            try:
                async with asyncio.timeout(SEND_S):  # not wait_for, which forgets to stop when both happen at once
                    await send({"type": "http.response.body", "body": made, "more_body": True})
            except TimeoutError:
                return
        await send({"type": "http.response.body", "body": gzip.end() if gzip is not None else b"", "more_body": False})

    async def wires(self, channel: Channel, after: int, form: str) -> AsyncIterator[Wire | None]:
        """What a listener hears, in the form that it wants."""
        ten = TenForm() if form == "ten" else None
        async for wire in listen(self.hub, channel, 0 if ten else after, ping_s=_PING_S):
            if ten is None or wire is None:
                yield wire
                continue
            if wire["type"] == "gap":
                yield {**wire, "id": wire["id"] * TEN_STEP}
                continue
            about = {key: wire[key] for key in ("session_id", "timestamp", "metadata")}
            made = ten.feed({key: item for key, item in wire.items() if key not in about and key != "id"})
            for place, one in enumerate(made):
                here = wire["id"] * TEN_STEP + place
                if here > after:  # the later form of an event depends on those before it, so that all are read
                    yield {**one, "id": here, **about}

    def listening(self, channel: Channel, *, stops: bool = False) -> _Listening:
        """Count a listener in, and out again."""
        return _Listening(self, channel, stops=stops)

    def left(self, channel: Channel) -> None:
        """The listener for whom a trial was run has gone: it ends, unless somebody listens again soon."""
        task = asyncio.get_running_loop().create_task(self._stop_later(channel))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _stop_later(self, channel: Channel) -> None:
        assert self.stage is not None
        await asyncio.sleep(self.stage.grace_s)
        if not channel.about.get("listeners") and not channel.is_over:
            self.stage.interrupt(channel.name, None)


class _Listening:
    """One listener, for as long as it listens."""

    def __init__(self, relay: Relay, channel: Channel, *, stops: bool) -> None:
        self._relay, self._channel, self._stops = relay, channel, stops

    def __enter__(self) -> None:
        if self._relay.hub.listeners >= LISTENERS:
            raise Refused(503, f"{LISTENERS} clients listen already")
        self._relay.hub.listeners += 1
        self._channel.about["listeners"] = self._channel.about.get("listeners", 0) + 1
        self._channel.about["stops"] = self._channel.about.get("stops", False) or self._stops

    def __exit__(self, *_: object) -> None:
        self._relay.hub.listeners -= 1
        self._channel.about["listeners"] -= 1
        if self._channel.about["stops"] and not self._channel.about["listeners"] and not self._channel.is_over:
            self._relay.left(self._channel)


async def _either(*ways: Coroutine[Any, Any, None]) -> None:
    """Wait until one of them is through, and end the other."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _stream_headers(channel: Channel, *, gzipped: bool) -> list[tuple[bytes, bytes]]:
    made = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-trial", channel.name.encode("ascii", "replace")),
    ]
    return [*made, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")] if gzipped else made


async def answer(send: Send, status: int, content: Mapping[str, Any]) -> None:
    """Answer with JSON."""
    payload = json.dumps(content, ensure_ascii=False, default=str).encode("utf-8", "replace")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})


async def body_of(receive: Receive) -> dict[str, Any]:
    """A request's JSON object.

    Raises:
        Refused: for anything else.
    """
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the request was not finished")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MOST_BODY:
            raise Refused(413, f"the request is longer than {MOST_BODY >> 20} MiB")
        if not message.get("more_body"):
            break
    try:
        found = json.loads(b"".join(pieces) or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "the request is no JSON") from None
    if not isinstance(found, dict):
        raise Refused(400, "the request is no JSON object")
    return found


def query_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """A request's query."""
    return {name: values[-1] for name, values in parse_qs(scope.get("query_string", b"").decode("latin-1")).items()}


def number(text: str) -> int:
    """The number of an event; 0 for what is none, as for a client that has heard nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


app = Relay()
"""The relay of the current folder's workspace: `uvicorn harness.relay:app`."""
