"""A worker process: an event loop that runs trials and talks to the supervisor over one socket."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import socket
import sys
import threading
from typing import Any, Final, NoReturn

from . import capture
from .host import Host
from .watchdog import Watchdog
from .wire import CRASHED, Lines, line

_CHUNK: Final = 1 << 20
_FAREWELL_S: Final = 0.5


class Worker:
    """One worker's connection, loop and watchdog."""

    def __init__(self, connection: socket.socket, place: str) -> None:
        self._socket = connection
        self._lines = Lines()
        self._lock = threading.Lock()
        self._out: list[bytes] = []
        self._flushing = False
        self._loop = asyncio.new_event_loop()
        self._main = threading.get_ident()
        self._host = Host(self.send, place=place)
        self._watchdog: Watchdog | None = None

    def run(self) -> None:
        """Serve until the supervisor is gone."""
        asyncio.set_event_loop(self._loop)
        self._loop.add_reader(self._socket.fileno(), self._read)
        self._loop.set_exception_handler(lambda _loop, _context: None)  # an agent's stray task is no news
        while True:
            try:
                self._loop.run_forever()
                return
            except (SystemExit, KeyboardInterrupt):  # a task that an agent left behind must not end the worker
                continue

    def send(self, message: list[Any]) -> None:
        """Send a message: with others of the same moment from the loop, at once from the watchdog."""
        data = line(message)
        if threading.get_ident() != self._main or message[0] in {"part", "ready"}:
            with self._lock:
                self._write(b"".join([*self._out, data]))
            return
        with self._lock:
            self._out.append(data)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        with self._lock:
            if self._out:
                self._write(b"".join(self._out))

    def _write(self, data: bytes) -> None:
        self._out.clear()
        try:
            self._socket.sendall(data)
        except OSError:
            os._exit(0)  # the supervisor is gone, and with it everyone who could use a result

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._leave()
            return
        for message in self._lines.feed(data):
            if self._watchdog is None and "load" in message:
                self._watch(message["load"]["root"])
            self._host.receive(message)

    def _leave(self) -> None:
        """Nobody listens any more: close what is open, but not for long, and go."""
        self._loop.remove_reader(self._socket.fileno())
        self._loop.call_later(_FAREWELL_S, os._exit, 0)
        task = self._loop.create_task(self._host.close())
        task.add_done_callback(lambda _: os._exit(0))

    def _watch(self, root: str) -> None:
        self._watchdog = Watchdog(self._loop, self.send, root)
        self._watchdog.each_look = self._host.look_after
        self._watchdog.start()


def serve(connection: socket.socket, folder: str) -> NoReturn:
    """Be a worker, in a process just forked: never returns."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    place = os.path.join(folder, str(os.getpid()))  # noqa: PTH118 - pathlib is not loaded for one path
    os.mkdir(place, 0o700)  # noqa: PTH102
    os.chdir(place)
    fault = open(f"{place}.fault", "wb", buffering=0)  # noqa: SIM115, PTH123 - open as long as the process lives
    faulthandler.enable(fault, all_threads=False)
    faulthandler.register(signal.SIGUSR1, fault, all_threads=False)
    capture.install(forward=False)
    try:
        Worker(connection, place).run()
    except BaseException:  # noqa: BLE001 - the supervisor sees the process end and reads this
        import traceback

        fault.write(traceback.format_exc().encode("utf-8", "backslashreplace"))
        os._exit(CRASHED)
    sys.exit(0)
