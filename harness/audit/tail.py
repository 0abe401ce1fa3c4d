"""The end of a log: its last whole entry, and what a killed process left behind it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from harness.errors import StoreError
from harness.frozen import frozen

from .chain import Head, digest_of

_BLOCK: Final = 1 << 16


@frozen
class End:
    """How a file ends."""

    head: Head
    """The last whole entry."""

    torn: bytes = b""
    """What stands behind it without the end of a line."""


def last_entry(descriptor: int, path: Path) -> End:
    """Read the end of a log.

    Raises:
        StoreError: when the last whole line is no entry, or was changed.
    """
    size = os.fstat(descriptor).st_size
    if size == 0:
        return End(Head())
    data, start = b"", size
    # The last line, and the torn one behind it, are somewhere in the last blocks.
    while start > 0 and data.count(b"\n") < 2:
        step = min(_BLOCK, start)
        start -= step
        data = os.pread(descriptor, step, start) + data
    whole, newline, torn = data.rpartition(b"\n")
    if not newline:
        return End(Head(), torn)
    return End(_head(whole.rpartition(b"\n")[2], path), torn)


def _head(line: bytes, path: Path) -> Head:
    try:
        entry = json.loads(line)
        head = Head.parse(f"{entry['seq']}:{entry['hash']}")
        whole = digest_of(entry) == head.hash
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        whole = False
    if not whole:
        raise StoreError(
            "the last line is no entry that could be followed: it was changed, or the file is no audit log",
            remedy=f"see `finharness audit verify {path}`, and restore the file from a copy",
            where=str(path),
        )
    return head
