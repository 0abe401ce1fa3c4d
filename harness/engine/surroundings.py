"""What the trials of one process share besides memory: notice when an agent changes it, and put it back."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from typing import Final

_THREADS_MOST: Final = 50
_TASKS_MOST: Final = 500
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGUSR2, signal.SIGHUP)


class Surroundings:
    """The state of a worker's process as the agents' files have left it."""

    def __init__(self) -> None:
        self._folder = os.getcwd()  # noqa: PTH109 - pathlib is not loaded for one path
        self._environ = dict(os.environ)
        self._signals = [signal.getsignal(number) for number in _SIGNALS]
        self._threads = threading.active_count()

    def restore(self) -> list[str]:
        """Put everything back and say what had been changed."""
        return [*self._restore_folder(), *self._restore_environ(), *self._restore_signals()]

    def too_much(self, own_threads: int, tasks: int) -> str:
        """What has piled up so that the process had better be replaced; empty when nothing has."""
        threads = threading.active_count() - self._threads - own_threads
        if threads > _THREADS_MOST:
            return f"left {threads} threads running"
        return f"left {tasks} tasks running" if tasks > _TASKS_MOST else ""

    def _restore_folder(self) -> list[str]:
        with suppress(OSError):  # it may have been removed
            if os.getcwd() == self._folder:  # noqa: PTH109
                return []
        with suppress(OSError):
            os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103
            os.chdir(self._folder)
        return ["changed the working folder"]

    def _restore_environ(self) -> list[str]:
        if os.environ == self._environ:
            return []
        os.environ.clear()
        os.environ.update(self._environ)
        return ["changed the environment"]

    def _restore_signals(self) -> list[str]:
        changed = False
        for number, handler in zip(_SIGNALS, self._signals, strict=True):
            if signal.getsignal(number) is not handler:
                with suppress(TypeError, ValueError):  # it was set by code that is not Python
                    signal.signal(number, handler)
                    changed = True
        return ["changed the signal handlers"] if changed else []


def seed_random(seed: int) -> None:
    """Give a trial that is alone in its process the same random numbers every time."""
    module = sys.modules.get("random")  # what nobody has imported is seeded by nobody
    if module is not None:
        module.seed(seed)


def limit_memory(mebibytes: int) -> None:
    """Have the process get MemoryError, rather than the machine get slow, beyond so much; 0 sets no limit."""
    if mebibytes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = mebibytes << 20
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
