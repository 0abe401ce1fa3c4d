"""Talk to an agent over a WebSocket: one connection for each conversation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from harness.adapters.target import TargetError
from harness.errors import MissingExtra
from harness.text import one_line

from .client import Sent, trust
from .guard import is_loopback, resolved
from .settings import Settings


def library(own: Settings) -> Any:
    """The library's client.

    Raises:
        MissingExtra: when it is not installed.
    """
    try:
        from websockets.asyncio import client
    except ImportError:
        raise MissingExtra(f"the agent at {own.place}", "http") from None
    return client


class Socket:
    """One connection."""

    def __init__(self, connection: Any, own: Settings, where: str) -> None:
        self._connection = connection
        self._own = own
        self._where = where
        self._left = own.max_answer_kb << 10

    @classmethod
    async def opened(cls, own: Settings, sent: Sent, *, where: str) -> Socket:
        """Connect.

        Raises:
            TargetError: when the agent cannot be reached, must not be, or is no WebSocket.
        """
        client = library(own)
        from websockets.exceptions import InvalidHandshake, InvalidStatus

        parts = urlsplit(sent.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
        home = is_loopback(urlsplit(own.url).hostname or "")
        addresses = await resolved(host, port, loopback=home, private=own.private, where=where)
        known: dict[str, Any] = {"server_hostname": host, "ssl": trust()} if parts.scheme == "wss" else {}

        # Wherever it redirects to, nobody has allowed that.
        once: Any = type("Once", (client.connect,), {"process_redirect": lambda _, error: error})
        try:
            connection = await once(
                sent.url,
                host=addresses[0],
                port=port,
                additional_headers={name: text for name, text in sent.headers.items() if name != "Accept"},
                open_timeout=own.connect_s,
                close_timeout=0.2,
                ping_interval=None,
                max_size=own.max_answer_kb << 10,
                proxy=None,
                **known,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            problem = f"it answers {status} where a WebSocket was expected"
            raise TargetError(f"http_{status}", problem, remedy="correct `url`", where=where) from None
        except (OSError, TimeoutError, InvalidHandshake) as error:
            told = one_line(str(error), 300) or type(error).__name__
            raise TargetError(
                "unreachable", f"it cannot be reached: {told}", remedy="start the agent, or correct `url`", where=where
            ) from None
        return cls(connection, own, where)

    async def say(self, text: str) -> None:
        """Send a message.

        Raises:
            TargetError: when the connection is gone.
        """
        from websockets.exceptions import ConnectionClosed

        self._left = self._own.max_answer_kb << 10
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            raise self._failed("no_answer", "it closed the connection between two turns") from None

    async def messages(self) -> AsyncIterator[Any]:
        """What it says, as JSON where it is that, until it closes the connection.

        Raises:
            TargetError: when it breaks off or says too much.
        """
        from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

        while True:
            try:
                message = await self._received()
            except ConnectionClosedOK:
                return
            except ConnectionClosedError as error:
                told = one_line(str(error), 200)
                raise self._failed("broken_off", f"it broke off in the middle of its answer ({told})") from None
            self._left -= len(message)
            if self._left < 0:
                raise self._failed("output", f"its answer is longer than {self._own.max_answer_kb} KiB")
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            try:
                yield json.loads(text)
            except (ValueError, RecursionError):
                yield text

    async def close(self) -> None:
        """Hang up."""
        with suppress(Exception):
            await self._connection.close()

    async def _received(self) -> Any:
        import asyncio

        if self._own.idle_s is None:
            return await self._connection.recv()
        try:
            return await asyncio.wait_for(self._connection.recv(), self._own.idle_s)
        except TimeoutError:
            raise self._failed("silent", f"it said nothing for {self._own.idle_s:g} s") from None

    def _failed(self, kind: str, problem: str) -> TargetError:
        return TargetError(kind, problem, remedy="look into its log", where=self._where, fault="agent")
