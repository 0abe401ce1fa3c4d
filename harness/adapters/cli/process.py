"""Run one program to its end: bounded in what it writes, and ended with everything that it started."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.frozen import frozen

TAIL_BYTES: Final = 64 << 10
"""How much of what it says on standard error is kept."""

_PATIENCE_S: Final = 0.05
_LINGER_S: Final = 1.0
_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG
_LIBRARY: Final = ctypes.CDLL(None)  # looked up here: a child between fork and exec should load nothing


class TooMuchError(Exception):
    """It wrote more than it may."""


@frozen
class Finished:
    """How a program ended."""

    code: int
    """Exit code; negative for a signal."""

    complaint: str
    """The end of what it said on standard error."""


@frozen
class Started:
    """What is to be run."""

    words: Sequence[str]
    """Program and arguments."""

    folder: Path
    """Where."""

    environ: Mapping[str, str]
    """With which variables."""

    stdin: bytes | None
    """What it reads."""


async def run(program: Started, *, most: int, hear: Callable[[bytes], object]) -> Finished:
    """Run a program, handing on what it prints as it comes.

    When this is cancelled, or it prints too much, the program and all that it started are ended.

    Args:
        program: What is to be run.
        most: Bytes that it may print.
        hear: Takes what it prints; what this raises ends the program.

    Raises:
        TooMuchError: when it prints more than that.
        OSError: when it cannot be started.
    """
    loop = asyncio.get_running_loop()
    transport, listener = await loop.subprocess_exec(
        lambda: _Listener(loop, most, hear),
        *program.words,
        cwd=program.folder,
        env=program.environ,
        stdin=asyncio.subprocess.DEVNULL if program.stdin is None else asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_die_with_us if sys.platform == "linux" else None,
    )
    try:
        stdin: Any = transport.get_pipe_transport(0)
        if stdin is not None:
            stdin.write(program.stdin)
            stdin.close()
        await asyncio.wait((listener.ended, listener.trouble), return_when=asyncio.FIRST_COMPLETED)
        if not listener.trouble.done():  # a child that it leaves behind may hold its output open: not for long
            done = (listener.silent, listener.trouble)
            await asyncio.wait(done, timeout=_LINGER_S, return_when=asyncio.FIRST_COMPLETED)
        if listener.trouble.done():
            listener.trouble.result()
        return Finished(transport.get_returncode() or 0, listener.tail.decode("utf-8", "replace"))
    finally:
        await _end(transport, listener)


class _Listener(asyncio.SubprocessProtocol):
    """Hears what a program prints and when it ends; its end is known even while a child holds its output open."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int, hear: Callable[[bytes], object]) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.silent: asyncio.Future[None] = loop.create_future()
        self.trouble: asyncio.Future[None] = loop.create_future()
        self.tail = bytearray()
        self._left = most
        self._hear = hear
        self._open = {1, 2}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd != 1:
            self.tail += data
            del self.tail[:-TAIL_BYTES]
        elif not self.trouble.done():
            self._left -= len(data)
            try:
                if self._left < 0:
                    raise TooMuchError  # noqa: TRY301 - as if the listener had refused it
                self._hear(data)
            except BaseException as error:  # noqa: BLE001 - a limit of the trial may be reached here
                self.trouble.set_exception(error)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it
        self._open.discard(fd)
        if not self._open and not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def _end(transport: asyncio.SubprocessTransport, listener: _Listener) -> None:
    """End its process group: kindly, then for certain; also what it left behind when it ended by itself."""
    group = transport.get_pid()
    if not listener.ended.done() and _signal(group, signal.SIGTERM):
        await asyncio.wait((listener.ended,), timeout=_PATIENCE_S)
    _signal(group, signal.SIGKILL)
    await asyncio.wait((listener.ended,), timeout=_LINGER_S)
    transport.close()
    for future in (listener.ended, listener.silent, listener.trouble):
        if future.done():
            future.exception()
        future.cancel()


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _die_with_us() -> None:
    """In the child, before it becomes the program: end it when the worker is killed and can end nothing any more."""
    _LIBRARY.prctl(_DEATH_SIGNAL, signal.SIGKILL)
