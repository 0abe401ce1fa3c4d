"""Read a stream of JSON lines as events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from harness.adapters.request import InvalidOutputError
from harness.text import one_line

from .events import Reader
from .scribe import Scribe

_MOST: Final = 8 << 20


class Lines:
    """Puts pieces together to lines, and lines to events."""

    def __init__(self, reader: Reader, scribe: Scribe, *, learn: Callable[[Any], object] = lambda _: None) -> None:
        self._reader = reader
        self._scribe = scribe
        self._learn = learn
        self._left = bytearray()
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take what has arrived.

        Raises:
            InvalidOutputError: when a line is no JSON.
        """
        self._left += data
        if len(self._left) > _MOST and b"\n" not in self._left:
            raise InvalidOutputError(f"line {self._count + 1}", f"longer than {_MOST} bytes")
        *lines, rest = bytes(self._left).split(b"\n")
        self._left[:] = rest
        for line in lines:
            self._take(line)

    def rest(self) -> bytes:
        """What was not ended by a line break."""
        return bytes(self._left)

    def end(self, rest: bytes = b"") -> None:
        """Take the end."""
        self._left.clear()
        for line in rest.split(b"\n"):
            self._take(line)

    def finish(self, rest: bytes = b"") -> None:
        """Take the end, and say what was wrong with the whole."""
        self.end(rest)
        self._scribe.close()

    def _take(self, line: bytes) -> None:
        self._count += 1
        text = line.decode("utf-8", "replace").strip()
        if not text:
            return
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidOutputError(f"line {self._count}", f"no JSON: {one_line(text[:80], 80)!r}") from None
        self._learn(data)
        self._scribe.heard[str(data.get("type", "")) if isinstance(data, dict) else ""] += 1
        self._scribe.take(self._reader.feed("", data))
