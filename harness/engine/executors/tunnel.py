"""Let workers of another machine ask this run's governor, so that limits and budget hold for all of them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

_LINE = 1 << 20


class Mouth:
    """The far end: workers connect to it as they would to the governor.

    Args:
        folder: Where its socket is; the folder is its own.
        say: Tells the supervisor `limit`, the number of a connection and a line; an empty line when it is closed.
    """

    def __init__(self, folder: str, say: Callable[..., None]) -> None:
        self._place = Path(folder) / "governor"
        self._say = say
        self._numbers = count(1)
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Where workers connect to."""
        return str(self._place)

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._taken, self._place, limit=_LINE)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers.values():
            writer.close()
        shutil.rmtree(self._place.parent, ignore_errors=True)

    def answer(self, number: int, text: str) -> None:
        """Pass on what the governor says; an empty text when it has hung up."""
        writer = self._writers.get(number)
        if writer is None:
            return
        if text:
            writer.write(text.encode())
        else:
            writer.close()

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        self._writers[number] = writer
        try:
            with suppress(OSError, ValueError):
                while line := await reader.readline():
                    self._say("limit", number, line.decode())
        finally:
            self._say("limit", number, "")
            self._writers.pop(number, None)
            writer.close()


class Tail:
    """The near end: one connection to the governor for each at the far end.

    Args:
        address: The governor.
        say: Tells the station `limit`, the number of a connection and what the governor said.
    """

    def __init__(self, address: str, say: Callable[..., None]) -> None:
        self._address = address
        self._say = say
        self._queues: dict[int, asyncio.Queue[str]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def heard(self, number: int, text: str) -> None:
        """A line of a worker for the governor."""
        if number not in self._queues:
            self._queues[number] = asyncio.Queue()
            self._keep(asyncio.get_running_loop().create_task(self._serve(number, self._queues[number])))
        self._queues[number].put_nowait(text)

    def close(self) -> None:
        """Hang up: what a lost machine has reserved is given back."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, number: int, queue: asyncio.Queue[str]) -> None:
        try:
            reader, writer = await asyncio.open_unix_connection(self._address, limit=_LINE)
        except OSError:
            self._say("limit", number, "")
            return
        back = asyncio.get_running_loop().create_task(self._back(number, reader))
        try:
            while text := await queue.get():
                writer.write(text.encode())
        finally:
            self._queues.pop(number, None)
            back.cancel()
            writer.close()

    async def _back(self, number: int, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):
            while line := await reader.readline():
                self._say("limit", number, line.decode())
        self._say("limit", number, "")

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
