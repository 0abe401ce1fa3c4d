"""Write server-sent events, and compress them so that each still arrives at once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

PING: Final = b": ping\n\n"
"""A comment that keeps a connection open and that clients do not show."""

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def text(data: Mapping[str, Any]) -> str:
    """An event's JSON, on one line: no line break can end it early."""
    return (
        _ENCODE(data)
        .replace("\r", "\\r")
        .replace("\n", "\\n")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def encoded(data: Mapping[str, Any], *, name: str, number: int | str = "") -> bytes:
    """One event.

    Args:
        data: Its JSON.
        name: Its name.
        number: Its id, which a client that comes back names; empty for one that it need not know of.
    """
    first = f"id: {number}\n" if number != "" else ""
    return f"{first}event: {name}\ndata: {text(data)}\n\n".encode("utf-8", "replace")


class Gzip:
    """Compresses a stream piece by piece; each can be read as soon as it is there."""

    def __init__(self) -> None:
        self._made = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)

    def piece(self, data: bytes) -> bytes:
        """One piece, complete in itself."""
        return self._made.compress(data) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """The end of the stream."""
        return self._made.flush(zlib.Z_FINISH)
