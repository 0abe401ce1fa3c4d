"""Let one process at a time run the trials of a run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from harness.errors import StoreError, UserError


class Claim:
    """A lock that ends with its process, however that ends; what a killed one leaves behind binds nobody."""

    def __init__(self, store: Path, run_id: str) -> None:
        self._path = store.with_name(f"{store.name}.{run_id}.lock")
        self._run_id = run_id
        self._handle: int | None = None

    def __enter__(self) -> Self:
        import fcntl

        while self._handle is None:
            handle = self._opened()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(handle, 20).decode("ascii", "replace").strip()
                os.close(handle)
                raise self._taken(holder) from None
            except OSError as error:
                os.close(handle)
                raise self._unusable(error) from error
            if self._is_current(handle):
                self._handle = handle
            else:  # it was given back, and removed, between our opening and our locking
                os.close(handle)
        os.truncate(self._handle, 0)
        os.write(self._handle, str(os.getpid()).encode("ascii"))
        return self

    def __exit__(self, *_: object) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(handle)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise self._unusable(error) from error

    def _is_current(self, handle: int) -> bool:
        try:
            return os.fstat(handle).st_ino == self._path.stat().st_ino
        except OSError:
            return False

    def _taken(self, holder: str) -> UserError:
        return UserError(
            f"run {self._run_id} is being run by process {holder or 'unknown'}",
            remedy="wait until it has ended, or end it; then take it up again",
        )

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"its lock cannot be used ({error.strerror})",
            remedy="make the store's folder writable, or set another `store` under [workspace] in harness.toml",
            where=str(self._path),
        )
