"""Catch what agents print, per trial and bounded, and forward none of it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

PART: Final = 32_768
"""Characters kept from each end of what was printed."""

_FILE_MOST: Final = 8 << 20

_current: ContextVar[Captured | None] = ContextVar("captured", default=None)


class Captured:
    """The first and last parts of what one trial printed."""

    __slots__ = ("_head", "_head_size", "_tail", "size")

    def __init__(self) -> None:
        self._head: list[str] = []
        self._head_size = 0
        self._tail = ""
        self.size = 0

    def write(self, text: str) -> None:
        """Take printed text."""
        self.size += len(text)
        room = PART - self._head_size
        if room > 0:
            self._head.append(text[:room])
            self._head_size += min(room, len(text))
            text = text[room:]
        if text:
            self._tail = (self._tail + text[-PART:])[-PART:]

    def text(self) -> str:
        """What was printed, with the number of characters left out."""
        if not self.size:
            return ""
        left_out = self.size - self._head_size - len(self._tail)
        gap = f"\n… [{left_out} characters left out] …\n" if left_out > 0 else ""
        return f"{''.join(self._head)}{gap}{self._tail}"


class Spool:
    """A file that takes all that a process with a single trial prints, to its descriptors and from its children too.

    It outlives the process, so what was printed before a crash is not lost.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def begin(self) -> None:
        """Empty it, and have the process print to it, whatever the last trial did to its streams."""
        os.ftruncate(self._file, 0)
        for number in (1, 2):
            os.dup2(self._file, number)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(
                io.FileIO(number, "wb", closefd=False),  # unbuffered: a crash loses nothing
                encoding="utf-8",
                errors="backslashreplace",
                write_through=True,
            )
            for number in (1, 2)
        )

    def trim(self) -> None:
        """Keep it from filling the disk."""
        size = os.fstat(self._file).st_size
        if size > _FILE_MOST:
            text = ends_of(self._file, size)
            os.ftruncate(self._file, 0)
            os.write(self._file, text.encode("utf-8", "backslashreplace"))

    def text(self) -> str:
        """The first and last parts of what was printed."""
        return ends_of(self._file, os.fstat(self._file).st_size)


def ends_of(file: int, size: int) -> str:
    """Read the first and last parts of a file."""
    if size <= 2 * PART:
        return os.pread(file, size, 0).decode("utf-8", "backslashreplace")
    head, tail = os.pread(file, PART, 0), os.pread(file, PART, size - PART)
    gap = f"\n… [{size - 2 * PART} bytes left out] …\n"
    return head.decode("utf-8", "backslashreplace") + gap + tail.decode("utf-8", "backslashreplace")


class _Stream(io.TextIOBase):
    """Stands in for sys.stdout and sys.stderr; knows whose trial is printing."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, otherwise: Callable[[str], object] | None) -> None:
        self._otherwise = otherwise

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        captured = _current.get()
        if captured is not None:
            captured.write(str(text))
        elif self._otherwise is not None:
            self._otherwise(text)
        return len(text)

    def close(self) -> None:
        """An agent that closes its output has not closed ours."""


def install(*, forward: bool) -> Callable[[], None]:
    """Replace the standard streams and return what puts them back.

    Args:
        forward: Whether text that no trial printed goes on to the real streams.
    """
    before = sys.stdout, sys.stderr
    sys.stdout = _Stream(before[0].write if forward else None)
    sys.stderr = _Stream(before[1].write if forward else None)

    def restore() -> None:
        sys.stdout, sys.stderr = before

    return restore


def begin() -> Captured:
    """Catch everything that this task, its children and its threads print from now on."""
    captured = Captured()
    _current.set(captured)
    return captured
