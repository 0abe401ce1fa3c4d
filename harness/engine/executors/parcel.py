"""Carry a workspace's files to a machine that does not have them: without what agents are graded by."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from harness.errors import UserError

MOST_BYTES: Final = 256 << 20
"""Largest workspace that is carried."""

_LEFT_OUT: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


def pack(root: Path, hidden: Sequence[str]) -> bytes:
    """Pack the files below a folder but for hidden ones, those of dot folders, and links that lead out.

    Raises:
        UserError: when that is more than anyone would carry.
    """
    out, size = io.BytesIO(), 0
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as tar:
        for path in _files(root.resolve(), frozenset(hidden)):
            size += path.stat().st_size
            if size > MOST_BYTES:
                raise UserError(
                    f"the workspace is larger than {MOST_BYTES >> 20} MiB, too much to carry to other machines",
                    remedy="put it on a file system that the machines share, at the same path",
                    where=str(root),
                )
            tar.add(path, path.relative_to(root.resolve()).as_posix(), recursive=False)
    return out.getvalue()


def unpack(parcel: bytes, folder: Path) -> None:
    """Unpack a parcel."""
    with tarfile.open(fileobj=io.BytesIO(parcel), mode="r:gz") as tar:
        tar.extractall(folder, filter="data")


def _files(root: Path, hidden: frozenset[str]) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if _wanted(name) and str(here / name) not in hidden and not (here / name).is_symlink()
        )
        for name in sorted(names):
            path = here / name
            if path.resolve().is_relative_to(root) and path.is_file() and not name.startswith(".env"):
                yield path


def _wanted(name: str) -> bool:
    return not name.startswith(".") and name not in _LEFT_OUT
