"""One audit log on disk: appended to by any number of threads and processes, and whole again after any of them was killed."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final

from harness.errors import StoreError, UserError, os_errors

from .chain import Head, linked, read_head, signed_head
from .tail import last_entry

HEAD_BYTES: Final = 512
"""Size of the head's file, padded: it is replaced by one write of one size, so that a killed process leaves no half."""

_OWNER_ONLY: Final = 0o600


def head_path(path: Path) -> Path:
    """The file that says how a log ends; it serves as the lock, too."""
    return path.with_name(f"{path.name}.head")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A log, open to be read.

    Raises:
        UserError: when it cannot be.
    """
    remedy = "name a log, or set `enabled = true` under [audit] in harness.toml and run finharness eval"
    with os_errors(UserError, "the audit log cannot be read", remedy=remedy, where=path), path.open("rb") as file:
        yield file


class LogFile:
    """A file of linked lines and its head.

    An entry is one `write` of one line under a lock that all processes share; then the head follows. A process that is killed in
    between leaves a line that the head does not know yet, which is well, or half a line, which the next writer puts aside.
    """

    def __init__(self, path: Path, key: bytes | None, *, sync: bool = False) -> None:
        self.path = path
        self._key = key
        self._sync = sync
        self._mutex = Lock()
        self._descriptor: int | None = None
        self._head_descriptor: int | None = None
        self._known = (0, 0, Head())  # inode, size and head of the file as we left it

    def append(self, entries: Iterable[Mapping[str, Any]], *, opening: Mapping[str, Any]) -> tuple[Head, list[bytes]]:
        """Add entries, all in one write; a new log gets `opening` first.

        Raises:
            StoreError: when the log cannot be written, or its end is damaged.
        """
        with self.locked() as head:
            return self.add(head, entries, opening=opening)

    def add(
        self, head: Head, entries: Iterable[Mapping[str, Any]], *, opening: Mapping[str, Any]
    ) -> tuple[Head, list[bytes]]:
        """The same for who holds the lock already."""
        before = [opening] if head.seq == 0 else []
        lines: list[bytes] = []
        for entry in (*before, *entries):
            head, line = linked(head, entry, self._key)
            lines.append(line)
        self._write(b"".join(lines), head)
        return head, lines

    @contextmanager
    def locked(self) -> Iterator[Head]:
        """Hold the log for this process alone, and know its last entry."""
        with self._mutex, self._reported():
            head_file = self._open_head()
            fcntl.flock(head_file, fcntl.LOCK_EX)
            try:
                yield self._current()
            finally:
                fcntl.flock(head_file, fcntl.LOCK_UN)

    def replaced(self) -> None:
        """The file behind the path is another one now: look again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._known = None, (0, 0, Head())

    def close(self) -> None:
        """Let the files go."""
        for descriptor in (self._descriptor, self._head_descriptor):
            if descriptor is not None:
                os.close(descriptor)
        self._descriptor = self._head_descriptor = None

    @contextmanager
    def _reported(self) -> Iterator[None]:
        with os_errors(
            StoreError,
            "the audit log cannot be written",
            remedy="give it a folder that can be written and has space",
            where=self.path,
        ):
            yield

    def _open_head(self) -> int:
        if self._head_descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._head_descriptor = os.open(head_path(self.path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        return self._head_descriptor

    def _write_head(self, head: Head) -> None:
        os.pwrite(self._open_head(), signed_head(head, self._key).ljust(HEAD_BYTES - 1) + b"\n", 0)

    def _current(self) -> Head:
        """The last entry; read anew where another process wrote, or pruned, since we did."""
        found = self.path.stat() if self.path.exists() else None
        if self._descriptor is not None and found is not None and (found.st_ino, found.st_size) == self._known[:2]:
            return self._known[2]
        self.replaced()
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _OWNER_ONLY)
        end = last_entry(self._descriptor, self.path)
        told = self._told(empty=end.head.seq == 0)
        if told.seq > end.head.seq:
            raise StoreError(
                f"the log ends at entry {end.head.seq}, and {told.seq} were written: its end is missing",
                remedy=f"restore it from a copy; `finharness audit verify {self.path}` says more",
                where=str(self.path),
            )
        if end.torn:
            return self._recover(end.head, end.torn)
        self._remember(end.head)
        return end.head

    def _told(self, *, empty: bool) -> Head:
        """What the head's file says; a new log's is written before its first line, so that it is never missing later."""
        data = os.pread(self._open_head(), HEAD_BYTES, 0)
        if empty and not data.strip():
            self._write_head(Head())
            return Head()
        try:
            return read_head(data, self._key)
        except ValueError as error:
            problem = (
                f"the head of the log cannot be used: {error}" if data.strip() else "the head of the log is missing"
            )
            raise StoreError(
                problem,
                remedy=f"use the log's own key; where nothing is missing at its end: finharness audit anchor {self.path}",
                where=str(head_path(self.path)),
            ) from error

    def _recover(self, head: Head, torn: bytes) -> Head:
        """Put half a line aside and say so in the log itself."""
        assert self._descriptor is not None
        aside = self.path.with_name(f"{self.path.name}.torn")
        kept = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            _write_all(kept, torn + b"\n")
        finally:
            os.close(kept)
        os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - len(torn))
        self._remember(head)
        if head.seq == 0:
            return head
        from .entry import own_entry

        details = {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest(), "kept_in": aside.name}
        return self.add(head, [own_entry("LOG_RECOVERED", details)], opening={})[0]

    def _write(self, data: bytes, head: Head) -> None:
        assert self._descriptor is not None
        _write_all(self._descriptor, data)
        if self._sync:
            os.fsync(self._descriptor)
        self._write_head(head)
        if self._sync:
            os.fsync(self._open_head())
        self._remember(head)

    def _remember(self, head: Head) -> None:
        assert self._descriptor is not None
        found = os.fstat(self._descriptor)
        self._known = (found.st_ino, found.st_size, head)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
