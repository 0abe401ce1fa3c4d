"""Catch what agents print, per trial and bounded, and forward none of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

_PART: Final = 32_768

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
        room = _PART - self._head_size
        if room > 0:
            self._head.append(text[:room])
            self._head_size += min(room, len(text))
            text = text[room:]
        if text:
            self._tail = (self._tail + text[-_PART:])[-_PART:]

    def text(self) -> str:
        """What was printed, with the number of characters left out."""
        left_out = self.size - self._head_size - len(self._tail)
        gap = f"\n… [{left_out} characters left out] …\n" if left_out > 0 else ""
        return f"{''.join(self._head)}{gap}{self._tail}"


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
