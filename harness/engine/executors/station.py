"""One machine's end of a run on several: starts workers there, and passes on what they say.

It becomes an asynchronous Ray actor. Agents do not run in it but in worker processes that it has forked, exactly as on the
supervisor's own machine: what reaches Ray is JSON that they have written, never an object of theirs.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.engine.environment import worker_environment
from harness.engine.launch import Launcher, WorkerProcess
from harness.version import __version__

from .parcel import unpack
from .tunnel import Mouth

PULSE_S: Final = 1.0
"""A station is heard of at least this often, in seconds."""

_PROBE_S: Final = 0.06


class Station:
    """Takes orders for workers by number, and collects what there is to tell.

    Args:
        orders: `root`, `token` (a file of the workspace and what it says), `hidden`, `keys` and `limits`.
    """

    def __init__(self, orders: Mapping[str, Any]) -> None:
        self._orders = orders
        self._root = str(orders["root"])
        self._folder: str | None = None
        self._launcher: Launcher | None = None
        self._mouth: Mouth | None = None
        self._workers: dict[int, WorkerProcess] = {}
        self._told: list[tuple[Any, ...]] = []
        self._news = asyncio.Event()

    async def arrive(self) -> dict[str, Any]:
        """Say what is installed here, and whether the workspace's files are here too."""
        shares = _says(*self._orders["token"])
        if shares:
            await self._begin(self._orders["hidden"])
        return {"version": __version__, "shares": shares, "pid": os.getpid(), "host": os.uname().nodename}

    async def settle(self, parcel: bytes) -> None:
        """Unpack the workspace, which is not here, into a folder of our own."""
        self._folder = tempfile.mkdtemp(prefix="finharness-workspace-")
        unpack(parcel, Path(self._folder))
        self._root = self._folder
        await self._begin(())

    async def _begin(self, hidden: Sequence[str]) -> None:
        limits = self._orders["limits"]
        if limits is not None and not _is_socket(limits):  # the governor is on another machine
            self._mouth = Mouth(tempfile.mkdtemp(prefix="finharness-limits-"), self._say)
            await self._mouth.open()
        self._launcher = Launcher({**worker_environment(os.environ, (), {}), **self._orders["keys"]}, hidden)

    async def tell(self, orders: Sequence[tuple[Any, ...]]) -> None:
        """Take orders: `spawn`, `send`, `signal`, `kill` and `close` for a worker, `limit` for one that asks the governor."""
        for order in orders:
            self._obey(*order)

    async def hear(self) -> list[tuple[Any, ...]]:
        """Give what there is to tell, as soon as there is something."""
        if not self._told:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), PULSE_S)
        self._news.clear()
        told, self._told = self._told, []
        return told

    async def leave(self) -> None:
        """End every worker and remove what they left."""
        if self._launcher is not None:
            self._launcher.close()
        if self._mouth is not None:
            await self._mouth.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _obey(self, kind: str, number: int, *more: Any) -> None:
        if kind == "limit":
            if self._mouth is not None:
                self._mouth.answer(number, more[0])
            return
        if kind == "spawn":
            assert self._launcher is not None
            self._workers[number] = self._launcher.spawn(_Relay(self, number))
            return
        worker = self._workers.get(number)
        if worker is None:  # it has ended meanwhile
            return
        if kind == "send":
            worker.send(self._local(more[0]))
        elif kind == "signal":
            worker.signal(more[0])
            asyncio.get_running_loop().call_later(_PROBE_S, self._look, number)
        elif kind == "kill":
            worker.kill()
        elif kind == "close":
            self._workers.pop(number).close()

    def _local(self, message: dict[str, Any]) -> dict[str, Any]:
        """The order to load agents, with places as they are here."""
        if "load" not in message:
            return message
        limits = self._orders["limits"] if self._mouth is None else self._mouth.address
        return {"load": {**message["load"], "root": self._root, "limits": limits}}

    def _look(self, number: int) -> None:
        """Tell where a worker's interpreter says that it is."""
        worker = self._workers.get(number)
        if worker is not None:
            self._say("fault", number, worker.fault(), worker.output())

    def _say(self, kind: str, number: int, *more: Any) -> None:
        self._told.append((kind, number, *more))
        self._news.set()

    def heard(self, number: int, messages: list[Any]) -> None:
        """A worker has said something."""
        if any(message[:1] == ["stuck"] for message in messages if isinstance(message, list)):
            self._look(number)
        self._say("heard", number, messages)

    def garbage(self, number: int, problem: str) -> None:
        """A worker has said what is no message."""
        self._say("garbage", number, problem)

    def gone(self, number: int, code: int | None, peak_kb: int) -> None:
        """A worker's process has ended."""
        self._look(number)
        self._workers.pop(number, None)
        self._say("gone", number, code, peak_kb)


def _says(path: str, content: str) -> bool:
    try:
        return Path(path).read_text("ascii") == content
    except (OSError, ValueError):
        return False


def _is_socket(path: str) -> bool:
    return Path(path).is_socket()


class _Relay:
    """Hears one worker for the station."""

    def __init__(self, station: Station, number: int) -> None:
        self._station = station
        self._number = number

    def heard(self, messages: list[Any]) -> None:
        """See `launch.Listener`."""
        self._station.heard(self._number, messages)

    def gone(self, code: int | None, peak_kb: int) -> None:
        """See `launch.Listener`."""
        self._station.gone(self._number, code, peak_kb)

    def garbage(self, problem: str) -> None:
        """See `launch.Listener`."""
        self._station.garbage(self._number, problem)
