"""Keep a command going when nobody can read what it writes: its exit code says what it found, not what became of its words."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, Final, TextIO

_AWAY: Final = frozenset({errno.EPIPE, errno.ECONNRESET})


class Outlet(io.RawIOBase):
    """A file descriptor that takes everything: once it cannot be written to any more, the rest is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.trouble: OSError | None = None

    def write(self, data: Any) -> int:
        """Write as much as the reader takes."""
        if self.trouble is None:
            try:
                return self._written(data)
            except OSError as error:
                self.trouble = error
        return len(data)

    def _written(self, data: Any) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:  # somebody has made the other end one that does not wait; we do
            import select

            select.select([], [self._descriptor], [])
            return os.write(self._descriptor, data[: select.PIPE_BUF])

    def writable(self) -> bool:
        """It always is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return os.isatty(self._descriptor)


def install() -> tuple[Outlet, Outlet]:
    """Have the standard streams be outlets; descriptors that are closed are opened on nothing, so that no file gets their number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    out, err = Outlet(1), Outlet(2)
    sys.stdout, sys.stderr = _text(out, sys.stdout), _text(err, sys.stderr)
    return out, err


def _text(outlet: Outlet, former: TextIO | None) -> io.TextIOWrapper:
    """A text stream that writes as the former one did; what its encoding does not have is escaped."""
    if former is not None:
        former.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=former.encoding if former is not None else "utf-8",
        errors="backslashreplace" if former is None or former.errors == "strict" else former.errors,
        line_buffering=outlet.isatty() or outlet.fileno() == 2,
    )


def lost(outlet: Outlet) -> str | None:
    """Why something that was written got lost; None when nothing was, or the reader did not want it (`| head`)."""
    trouble = outlet.trouble
    return None if trouble is None or trouble.errno in _AWAY else trouble.strerror or str(trouble)
