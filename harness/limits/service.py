"""Let every process of a run ask one governor, over a socket that only its user can open."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from harness.errors import HarnessError

from .governor import Governor
from .values import Ask, Used

_START_S: Final = 10.0
_USED: Final = frozenset(item.name for item in fields(Used))


class Service:
    """A governor in a thread of its own, so that it answers at once whatever else the run is busy with."""

    def __init__(self, make: Callable[[], Governor]) -> None:
        """Start it.

        Args:
            make: Makes the governor, in the thread's event loop; what it raises is raised here.
        """
        self._make = make
        self._folder = Path(tempfile.mkdtemp(prefix="finharness-limits-"))
        self.address = str(self._folder / "governor")
        """Where clients connect."""
        self.governor: Governor | None = None
        """The governor itself, once started; read its purse when the run has ended."""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._problem: BaseException | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="finharness-limits", daemon=True)
        self._thread.start()
        self._ready.wait(_START_S)
        if self._problem is not None:
            self.close()
            raise self._problem

    def close(self) -> None:
        """End it; whoever still waits is refused."""
        end = self._end
        if end is not None and self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(end.set)
        self._thread.join(_START_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised where the service is started
            self._problem = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        self.governor = self._make()
        talks: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            assert self.governor is not None
            talks.add(task)
            try:
                await _Talk(self.governor, reader, writer).run()
            finally:
                talks.discard(task)

        server = await asyncio.start_unix_server(talk, self.address)
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await self.governor.close()


class _Talk:
    """One client: its calls end as lost when it goes away."""

    def __init__(self, governor: Governor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._governor = governor
        self._reader = reader
        self._writer = writer
        self._granted: dict[int, int] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            while data := await self._reader.readline():
                self._take(json.loads(data))
        except (OSError, ValueError):
            pass  # it went away in the middle of a line
        finally:
            for task in self._asking.values():
                task.cancel()
            for number in self._granted.values():
                self._governor.settle(number, Used("lost"))
            self._writer.close()

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"ask": int() as id_, "call": dict() as call}:
                self._asking[id_] = asyncio.create_task(self._ask(id_, Ask(**call)))
            case {"sent": int() as id_} if id_ in self._granted:
                self._governor.sent(self._granted[id_])
            case {"arrived": int() as id_} if id_ in self._granted:
                self._governor.arrived(self._granted[id_])
            case {"settle": int() as id_, "used": dict() as used} if id_ in self._granted:
                known = {name: item for name, item in used.items() if name in _USED}
                self._governor.settle(self._granted.pop(id_), Used(**known))
            case {"forget": int() as id_}:
                task = self._asking.pop(id_, None)
                if task is not None:
                    task.cancel()
                elif id_ in self._granted:
                    self._governor.settle(self._granted.pop(id_), Used("lost", 0, 0, 0))

    async def _ask(self, id_: int, ask: Ask) -> None:
        try:
            self._granted[id_] = await self._governor.ask(ask)
            answer: dict[str, Any] = {"granted": id_}
        except (HarnessError, OSError) as error:
            problem, remedy = getattr(error, "problem", str(error)), getattr(error, "remedy", None)
            answer = {"refused": id_, "error": type(error).__name__, "problem": problem, "remedy": remedy}
        finally:
            self._asking.pop(id_, None)
        self._writer.write(json.dumps(answer).encode() + b"\n")
