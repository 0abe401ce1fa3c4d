"""Messages between the supervisor and its workers: one JSON text per line, never pickle."""

from __future__ import annotations

import json
from typing import Any, Final

MAX_LINE: Final = 256 << 20
"""Longest message in bytes; a worker that sends more is not speaking our protocol."""

CRASHED: Final = 70
"""Exit code of a worker that failed by a fault of our own."""

LOST: Final = -1_000_000
"""Stands for the exit code of a worker whose machine was lost."""

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


class GarbageError(ValueError):
    """Bytes that are no message of ours."""


def line(message: Any) -> bytes:
    """Write one message."""
    return _encode(message).encode("ascii") + b"\n"


class Lines:
    """Puts received bytes together to messages."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left: list[bytes] = []

    def feed(self, data: bytes) -> list[Any]:
        """Take received bytes and return the messages completed by them.

        Raises:
            GarbageError: when a line is no JSON, or has no end.
        """
        head, newline, tail = data.rpartition(b"\n")
        if not newline:
            self._left.append(data)
            if sum(map(len, self._left)) > MAX_LINE:
                raise GarbageError(f"a message longer than {MAX_LINE} bytes")
            return []
        whole = b"".join([*self._left, head])
        self._left = [tail] if tail else []
        try:
            return [json.loads(text) for text in whole.split(b"\n") if text]
        except (ValueError, RecursionError) as error:
            raise GarbageError(f"a message that is no JSON ({error})") from error
