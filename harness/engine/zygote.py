"""The process that workers are forked from: small, single-threaded, started afresh with a chosen environment.

The standard library's fork server would inherit the supervisor's environment with every secret in it, and pickles; this one
is told two things only, `fork` and `kill`, and reports two: `forked` and `exited`.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from contextlib import suppress
from typing import Any, Final, NoReturn

from . import worker
from .conceal import conceal
from .wire import Lines, line

_CHUNK: Final = 1 << 16
_FAREWELL_S: Final = 0.6
_PR_SET_CHILD_SUBREAPER: Final = 36


class Zygote:
    """Forks workers, reaps them, and takes everything down when the supervisor is gone."""

    def __init__(self, control: socket.socket, folder: str) -> None:
        self._control = control
        self._folder = folder
        self._lines = Lines()
        self._children: set[int] = set()
        self._is_ending = False
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)

    def run(self) -> NoReturn:
        """Serve until the supervisor closes its end."""
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.collect()
        gc.freeze()
        while True:
            ready, _, _ = select.select([self._control, self._wake_read], [], [])
            if self._wake_read in ready:
                with suppress(BlockingIOError):
                    self._wake_read.recv(_CHUNK)
                self._reap()
            if self._control in ready:
                self._obey()

    def _obey(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, _CHUNK, 64)
        except OSError:  # killed before it had read all that we said
            data, descriptors = b"", []
        if not data:
            self._end()
        for message in self._lines.feed(data):
            if "kill" in message:
                self._kill(message["kill"], message["signal"])
        for descriptor in descriptors:
            self._fork(descriptor)

    def _fork(self, descriptor: int) -> None:
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for ours in (self._control, self._wake_read, self._wake_write):
                ours.close()
            worker.serve(socket.socket(fileno=descriptor), self._folder)
        os.close(descriptor)
        first = not self._children
        self._children.add(child)
        self._tell(["forked", child])
        if first:
            _adopt_orphans()

    def _kill(self, child: int, number: int) -> None:
        if child in self._children:  # not reaped, so the number still means this process
            _kill_group(child, number)

    def _reap(self) -> None:
        while self._children:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            _kill_group(ended.si_pid, signal.SIGKILL)  # whatever it left running, while its number is still taken
            child, status, usage = os.wait4(ended.si_pid, 0)
            if child in self._children:  # not an orphan that a worker has left to us
                self._children.discard(child)
                self._tell(["exited", child, os.waitstatus_to_exitcode(status), usage.ru_maxrss])

    def _tell(self, message: list[Any]) -> None:
        if self._is_ending:
            return
        try:
            self._control.sendall(line(message))
        except OSError:
            self._end()

    def _end(self) -> NoReturn:
        """Let workers close what they hold open, but not for long; then see to it that nothing is left."""
        import shutil

        self._is_ending = True
        deadline = time.monotonic() + _FAREWELL_S
        self._reap()
        while self._children and time.monotonic() < deadline:
            select.select([], [], [], 0.01)
            self._reap()
        for child in self._children:
            _kill_group(child, signal.SIGKILL)
        left = [*self._children, *_own_children()]
        while left:
            for child in left:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(child, 0)
            left = _own_children()
        shutil.rmtree(self._folder, ignore_errors=True)  # the supervisor may have been killed
        os._exit(0)


def _adopt_orphans() -> None:
    """Become the parent of whatever an agent's processes leave behind, so that it can be found and ended."""
    import ctypes

    with suppress(OSError, AttributeError):  # not on Linux
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _own_children() -> list[int]:
    try:
        with open("/proc/thread-self/children", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded here
            return [int(number) for number in file.read().split()]
    except OSError:  # not on Linux
        return []


def _kill_group(child: int, number: int) -> None:
    try:
        os.killpg(child, number)
    except ProcessLookupError:  # it has not made its group yet
        with suppress(ProcessLookupError):
            os.kill(child, number)
    except PermissionError:
        with suppress(OSError):
            os.kill(child, number)


def main(descriptor: int, folder: str, hidden: list[str], providers: list[str]) -> NoReturn:
    """Be the zygote, in a fresh interpreter."""
    if hidden:
        conceal(hidden)
    if providers:
        from harness.llm.preload import preload

        preload(providers)
    Zygote(socket.socket(fileno=descriptor), folder).run()
