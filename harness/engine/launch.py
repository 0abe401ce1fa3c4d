"""Start worker processes and carry messages to and from them, on the supervisor's event loop."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from .capture import ends_of
from .wire import GarbageError, Lines, line

_CHUNK: Final = 1 << 20
_GRACE_S: Final = 2.0
_BOOT: Final = (
    "import sys,json;sys.path[:]=json.loads(sys.argv[3]);"
    "from harness.engine.zygote import main;main(int(sys.argv[1]),sys.argv[2],*json.loads(sys.argv[4]))"
)


class Listener(Protocol):
    """Who hears from a worker."""

    def heard(self, messages: list[Any]) -> None:
        """Messages arrived."""
        ...

    def gone(self, code: int | None, peak_kb: int) -> None:
        """The process ended: exit code, negative for a signal; None when its end is not known."""
        ...

    def garbage(self, problem: str) -> None:
        """It sent what is no message."""
        ...


class WorkerProcess:
    """The supervisor's end of one worker."""

    away = False

    def __init__(self, launcher: Launcher, connection: socket.socket, listener: Listener) -> None:
        self._launcher = launcher
        self._loop = asyncio.get_running_loop()
        self._socket = connection
        self._listener = listener
        self._lines = Lines()
        self._out = bytearray()
        self._open = True
        self.pid: int | None = None
        self._signal: int | None = None
        connection.setblocking(False)
        self._loop.add_reader(connection.fileno(), self._read)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message, now or as soon as the worker takes it."""
        if not self._open:
            return
        idle = not self._out
        self._out += line(message)
        if idle:
            self._write()

    def kill(self) -> None:
        """End its process group: kindly first, for certain after two seconds."""
        self.signal(signal.SIGTERM)
        self._loop.call_later(_GRACE_S, self.signal, signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal to its process group, once its number is known."""
        if self.pid is None:
            self._signal = number
        else:
            self._launcher.tell({"kill": self.pid, "signal": int(number)})

    def forked(self, pid: int) -> None:
        """Its process exists."""
        self.pid = pid
        if self._signal is not None:
            self.signal(self._signal)

    def exited(self, code: int | None, peak_kb: int) -> None:
        """Its process has ended: hear what it said last, then report."""
        if self._open:
            self._read(everything=True)
        self.close()
        self._listener.gone(code, peak_kb)

    def fault(self) -> str:
        """What the interpreter wrote when it crashed, and only then."""
        try:
            data = (self._launcher.folder / f"{self.pid}.fault").read_bytes()
        except OSError:
            return ""
        return data[-4000:].decode("utf-8", "backslashreplace")

    def output(self) -> str:
        """What its trial has printed, when it is the only one in its process."""
        try:
            file = os.open(self._launcher.folder / f"{self.pid}.out", os.O_RDONLY)
        except OSError:
            return ""
        try:
            return ends_of(file, os.fstat(file).st_size)
        finally:
            os.close(file)

    def close(self) -> None:
        """Hang up; a worker ends when nobody listens any more."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._socket.close()

    def _read(self, *, everything: bool = False) -> None:
        messages: list[Any] = []
        try:
            while data := self._socket.recv(_CHUNK):
                messages += self._lines.feed(data)
                if len(data) < _CHUNK and not everything:
                    break
            else:
                self._hung_up()
        except BlockingIOError:
            pass
        except GarbageError as error:
            self._listener.garbage(str(error))
            return
        except OSError:
            self._hung_up()
        if messages:
            self._listener.heard(messages)

    def _hung_up(self) -> None:
        """It closed its end but may still be there."""
        if self._open:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.call_later(0.5, self._kill_if_there)

    def _kill_if_there(self) -> None:
        if self._open:
            self.signal(signal.SIGKILL)

    def _write(self) -> None:
        try:
            sent = self._socket.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:  # it is gone; its end is reported on its own
            self._out.clear()
            return
        del self._out[:sent]
        if self._out:
            self._loop.add_writer(self._socket.fileno(), self._write)
        else:
            self._loop.remove_writer(self._socket.fileno())


class Launcher:
    """Owns the zygote, and a private folder that workers live in."""

    def __init__(self, environ: Mapping[str, str], hidden: Sequence[str] = (), providers: Sequence[str] = ()) -> None:
        """Prepare; nothing is started before the first worker is wanted.

        Args:
            environ: All that workers see of the environment.
            hidden: Folders that are to be empty for them, where the system allows it.
            providers: Providers of models whose libraries are imported once, before any worker is forked.
        """
        self._begins_with = [list(hidden), list(providers)]
        self._environ = dict(environ)
        self.folder = Path(tempfile.mkdtemp(prefix="finharness-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lines = Lines()
        self._unborn: deque[WorkerProcess] = deque()
        self._workers: dict[int, WorkerProcess] = {}

    def spawn(self, listener: Listener) -> WorkerProcess:
        """Start a worker."""
        if self._control is None:
            self._start()
        assert self._control is not None
        ours, theirs = socket.socketpair()
        worker = WorkerProcess(self, ours, listener)
        self._unborn.append(worker)
        try:
            socket.send_fds(self._control, [line({"fork": 1})], [theirs.fileno()])
        except OSError:
            asyncio.get_running_loop().call_soon(self._lost)
        theirs.close()
        return worker

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send the zygote an order; an ended one has no workers left to kill."""
        if self._control is not None:
            with suppress(OSError):
                self._control.sendall(line(message))

    def close(self) -> None:
        """End every worker at once and remove what they left."""
        for worker in [*self._workers.values(), *self._unborn]:
            worker.close()
        self._hang_up()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - '' means the current folder here
        with (self.folder / "zygote.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [
                    sys.executable,
                    "-c",
                    _BOOT,
                    str(theirs.fileno()),
                    str(self.folder),
                    json.dumps(path),
                    json.dumps(self._begins_with),
                ],
                env=self._environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        theirs.close()
        self._control = ours
        self._lines = Lines()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._read)

    def _read(self) -> None:
        assert self._control is not None
        try:
            data = self._control.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        for message in self._lines.feed(data):
            match message:
                case ["forked", pid]:
                    worker = self._unborn.popleft()
                    self._workers[pid] = worker
                    worker.forked(pid)
                case ["exited", pid, code, peak_kb]:
                    self._workers.pop(pid).exited(code, peak_kb)

    def _lost(self) -> None:
        """The zygote is gone, by a bug or an agent's hand: end its workers, and start another when needed."""
        if self._control is None:
            return
        self._hang_up()
        orphans = [*self._workers.values(), *self._unborn]
        for pid in self._workers:
            with suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        self._workers.clear()
        self._unborn.clear()
        for worker in orphans:
            worker.exited(None, 0)

    def log(self) -> str:
        """What the zygote wrote to its standard error."""
        try:
            return (self.folder / "zygote.log").read_text("utf-8", "backslashreplace")[-2000:]
        except OSError:
            return ""

    def _hang_up(self) -> None:
        if self._control is not None:
            with suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
