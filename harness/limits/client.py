"""Ask the run's governor from any process of the run."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from typing import Any, Final

from harness.errors import HarnessError, Incomplete

from .values import Ask, BudgetSpentError, ClosedError, ImpossibleAskError, Used

_ERRORS: Final[dict[str, type[HarnessError]]] = {
    kind.__name__: kind for kind in (BudgetSpentError, ImpossibleAskError, ClosedError)
}


class Client:
    """One connection to the governor, shared by everything on one event loop; opened at its first use."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    async def ask(self, ask: Ask) -> int:
        """Wait until a call may be made; gives its number. See `Governor.ask`."""
        writer = await self._connected()
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send(writer, {"ask": number, "call": asdict(ask)})
        try:
            granted: int = await future
            return granted
        except asyncio.CancelledError:
            self._send(writer, {"forget": number})
            raise
        finally:
            self._waiting.pop(number, None)

    def sent(self, number: int) -> None:
        """The call is being made now."""
        self._tell({"sent": number})

    def arrived(self, number: int) -> None:
        """Its reply has begun."""
        self._tell({"arrived": number})

    def settle(self, number: int, used: Used) -> None:
        """It has ended."""
        self._tell({"settle": number, "used": asdict(used)})

    async def close(self) -> None:
        """Hang up."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    async def _connected(self) -> asyncio.StreamWriter:
        async with self._opening:
            if self._writer is None:
                try:
                    reader, self._writer = await asyncio.open_unix_connection(self._address)
                except OSError as error:
                    raise _gone(error) from error
                self._listening = asyncio.create_task(self._listen(reader))
            return self._writer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.readline():
                self._hear(json.loads(data))
        except (OSError, ValueError):
            pass
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(_gone(None))

    def _hear(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message.get("granted", message.get("refused", 0)))
        if future is None or future.done():
            return
        if "granted" in message:
            future.set_result(message["granted"])
        else:
            kind = _ERRORS.get(message["error"], Incomplete)
            future.set_exception(kind(message["problem"], remedy=message["remedy"] or "look at the run's limits"))

    def _tell(self, message: dict[str, Any]) -> None:
        if self._writer is not None:
            self._send(self._writer, message)

    @staticmethod
    def _send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(message).encode() + b"\n")


def _gone(error: OSError | None) -> Incomplete:
    said = f" ({error.strerror or error})" if error is not None else ""
    return Incomplete(
        f"the run's limits cannot be asked{said}, so that no call is made", remedy="run the rest with --resume"
    )
