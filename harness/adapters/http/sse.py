"""Read server-sent events as the standard says, from pieces of any size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final, NamedTuple

_BOM: Final = "\ufeff"


class ServerEvent(NamedTuple):
    """One event."""

    name: str
    """Its name; `message` where it has none."""

    data: str
    """Its data, lines joined."""


class EventStream:
    """Takes bytes and gives events."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._left: list[str] = []
        self._begun = False
        self._name = ""
        self._data: list[str] = []
        self.last_id = ""
        """Id of the last event that had one: what a client that comes back names."""
        self.retry_s: float | None = None
        """How long the server wants a client to wait before it comes back."""

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """Take a piece; gives the events that it completes."""
        text = self._decode(piece)
        if not self._begun and text:
            self._begun = True
            text = text.removeprefix(_BOM)
        if "\n" not in text and "\r" not in text:
            self._left.append(text)
            return
        whole = "".join([*self._left, text])
        held = "\r" if whole.endswith("\r") else ""  # a line break may be cut in two
        lines = whole.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._left = [lines.pop() + held]
        for line in lines:
            yield from self._line(line)

    def rest(self) -> Iterator[ServerEvent]:
        """The last event, where the stream ended without the empty line that belongs there."""
        for line in ("".join(self._left).removesuffix("\r"), ""):
            yield from self._line(line)
        self._left = []

    def _line(self, line: str) -> Iterator[ServerEvent]:
        if not line:
            if self._data:
                yield ServerEvent(self._name or "message", "\n".join(self._data))
            self._name, self._data = "", []
            return
        field, _, content = line.partition(":")
        content = content.removeprefix(" ")
        if field == "event":
            self._name = content
        elif field == "data":
            self._data.append(content)
        elif field == "id" and "\0" not in content:
            self.last_id = content
        elif field == "retry" and content.isascii() and content.isdigit():
            self.retry_s = int(content[:9]) / 1000
