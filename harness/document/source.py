"""Turn a file into text, naming whatever is no plain UTF-8 text."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from harness.model import Where

from .mistake import FileProblems, Mistake

LIMIT_BYTES: Final = 1 << 20
"""Largest YAML file."""

_CONTROLS: Final = bytes([*range(9), 11, 12, *range(14, 32), 127])
_MARKS_OF_OTHERS: Final = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def fetch(path: Path, name: str, *, limit: int = LIMIT_BYTES) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises:
        FileProblems: when it cannot be read, is too large or is no regular file.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _refused(name, "is not a regular file", "name a file")
            if status.st_size > limit:
                raise _too_large(name, limit)
            data = file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refused(name, f"cannot be read ({reason})", "check the path and its permissions") from error
    if len(data) > limit:
        raise _too_large(name, limit)
    return data


def check_text(data: bytes, name: str) -> bytes:
    """Return UTF-8 bytes without a byte order mark.

    Raises:
        FileProblems: for another encoding or a control character, with the byte offset.
    """
    for mark, encoding in _MARKS_OF_OTHERS.items():
        if data.startswith(mark):
            raise _refused(name, f"is {encoding}, not UTF-8 (byte 0)", "save it as UTF-8")
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if len(data.translate(None, _CONTROLS)) != len(data):
        offset = next(index for index, byte in enumerate(data) if byte in _CONTROLS)
        problem = f"control character U+{data[offset]:04X} at byte {offset}"
        if not data[offset] and data.count(0) > len(data) // 4:
            problem = f"is UTF-16 without a byte order mark, not UTF-8 (byte {offset})"
        raise FileProblems(
            [Mistake(_place(data, offset, name), problem, 'save it as plain UTF-8 text; write escapes as "\\x1b"')]
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileProblems(
            [
                Mistake(
                    _place(data, error.start, name),
                    f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start} ({error.reason})",
                    "save it as UTF-8 (it may be Latin-1 or Windows-1252)",
                )
            ]
        ) from error
    return data


def _place(data: bytes, offset: int, name: str) -> Where:
    before = data[:offset]
    return Where(file=name, line=before.count(b"\n") + 1, column=offset - (before.rfind(b"\n") + 1) + 1)


def _too_large(name: str, limit: int) -> FileProblems:
    return _refused(name, f"is larger than {limit >> 20} MiB", "split the suite into several files")


def _refused(name: str, problem: str, remedy: str) -> FileProblems:
    return FileProblems([Mistake(Where(file=name), problem, remedy)])
