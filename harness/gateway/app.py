"""The gateway as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from harness.text import one_line
from harness.version import __version__

from .doors import Doors
from .exchange import Exchange
from .office import Office
from .refusal import Refusal
from .routing import Route, route, wire_of
from .usage import Entry, now
from .values import Plan
from .wire.wire import tidy

Scope: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]

MOST_REQUEST_BYTES: Final = 32 * 1024 * 1024
"""Largest request; the providers' own limit."""

_BODY_S: Final = 60.0
_JSON: Final = "application/json"


class Gateway:
    """Serves models to agents in any language: an ASGI 3 application.

    with serving(Gateway(office, doors)) as address:
        anthropic.Anthropic(base_url=f"{address}/t/my-trial", api_key=key)
    """

    def __init__(self, office: Office, doors: Doors, *, on_close: Callable[[], Awaitable[None]] | None = None) -> None:
        """Make it.

        Args:
            office: What all requests have in common.
            doors: Who is let in.
            on_close: Awaited when the server ends.
        """
        self.office = office
        self.doors = doors
        self._on_close = on_close
        self._numbers = 0
        self._mark = f"{time.time_ns() // 1_000_000:x}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request; see the ASGI specification."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1008})

    async def close(self) -> None:
        """Let go of all connections to providers."""
        await self.office.directory.close()
        if self._on_close is not None:
            await self._on_close()
        self.office.log.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        path = _path(scope)
        says = _Says(send)
        entry = Entry(self._next(), now())
        found = route(scope["method"], path, anthropic="anthropic-version" in headers)
        wire = found.wire if found is not None else wire_of(path)
        try:
            self.doors.guard(headers)
            found = self._known(found, scope["method"], path)
            if found.kind == "health":
                await says.json({"status": "ok", "version": __version__})
                return
            plan = self._plan(found, headers, entry)
            if found.kind == "ask":
                await self._ask(Exchange(self.office, found, entry, plan, says, headers), receive)
            else:
                await says.json(self._told(found, plan))
        except Refusal as refusal:
            failure = wire.failure(refusal, entry.id)
            entry.status, entry.reason, entry.message = failure.status, refusal.kind, refusal.message
            entry.outcome = "refused"
            if found is not None and found.kind == "ask":
                self.office.log.write(entry)
            await says.whole(failure.status, _JSON, failure.headers, failure.body)
        await says.end()

    @staticmethod
    def _known(found: Route | None, method: str, path: str) -> Route:
        if found is None:
            raise Refusal("not_found", f"{method} {one_line(path, 100)} is nothing that the gateway serves")
        return found

    def _plan(self, found: Route, headers: Mapping[str, str], entry: Entry) -> Plan:
        entry.protocol, entry.trial = found.wire.name, found.trial
        plan = self.doors.plan(headers)
        entry.entity, entry.tenant = plan.entity, plan.tenant
        entry.flow.append("authenticate")
        return plan

    async def _ask(self, exchange: Exchange, receive: Receive) -> None:
        """Serve a request while watching whether the client is still there."""
        raw = await _body(receive)
        work = asyncio.ensure_future(exchange.run(raw, _parsed(raw)))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not work.done():  # what was asked of the provider is not wanted any more
                work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    def _told(self, found: Route, plan: Plan) -> dict[str, Any]:
        if found.kind == "trial":
            return {"trial": found.trial, "events": self.office.trials.events(plan.entity, found.trial)}
        names = [name for name in self.office.directory.names() if plan.allows(name)]
        if found.wire.name == "anthropic":
            models = [
                {"type": "model", "id": n, "display_name": n, "created_at": "1970-01-01T00:00:00Z"} for n in names
            ]
            ends = {"first_id": names[0], "last_id": names[-1]} if names else {"first_id": None, "last_id": None}
            return {"data": models, "has_more": False, **ends}
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "finharness"} for name in names]
        return {"object": "list", "data": listed}

    def _next(self) -> str:
        self._numbers += 1
        return f"req_{self._mark}_{self._numbers}"


class _Says:
    """ASGI's way to answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_open = False
        self._is_cut = False

    async def begin(self, status: int, content_type: str, headers: Mapping[str, str]) -> None:
        self._is_open = True
        sent = [(b"content-type", content_type.encode("latin-1", "replace"))]
        sent += [(name.encode("latin-1"), text.encode("latin-1", "replace")) for name, text in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": sent})

    async def piece(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def whole(self, status: int, content_type: str, headers: Mapping[str, str], body: bytes) -> None:
        await self.begin(status, content_type, {**headers, "content-length": str(len(body))})
        self._is_open = False
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def json(self, data: Mapping[str, Any]) -> None:
        await self.whole(200, _JSON, {}, tidy(data))

    def cut(self) -> None:
        self._is_cut = True

    async def end(self) -> None:
        if self._is_open and not self._is_cut:
            self._is_open = False
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _path(scope: Scope) -> str:
    """The path as it was sent, for a model's id may hold an escaped slash; a server that does not say it has undone it."""
    raw = scope.get("raw_path")
    if raw is None:
        return str(scope["path"])
    sent = bytes(raw).decode("latin-1").partition("?")[0]
    return sent if "/model/" in sent else unquote(sent)


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal("bad_request", "the request ended before its body did")
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > MOST_REQUEST_BYTES:
                    raise Refusal("too_large", f"a request may have {MOST_REQUEST_BYTES:,} bytes")
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError as error:
        raise Refusal("timeout", f"the request's body did not come within {_BODY_S:g} s", final=True) from error


def _parsed(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal("bad_request", f"the request's body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refusal("bad_request", "the request's body is no JSON object")
    return found


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
