"""Collect the files that a program leaves in its folder, as end states of the trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

_MOST_FILES: Final = 200


class Files:
    """Knows what was in a folder before, so that only what is new or changed counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = {path: _mark(path) for path in _inside(folder, "**/*")}

    def collected(self, wanted: Mapping[str, str], most: int) -> Iterator[tuple[str, Any]]:
        """Name and content of each pattern: of one file its content, of several a mapping by path.

        Args:
            wanted: Name to pattern.
            most: Bytes of one file above which only its size and hash are kept.
        """
        for name, shape in wanted.items():
            new = [path for path in _inside(self._folder, shape) if self._before.get(path) != _mark(path)]
            found = {path.relative_to(self._folder).as_posix(): _content(path, most) for path in new[:_MOST_FILES]}
            if found and not any(mark in shape for mark in "*?["):
                yield name, next(iter(found.values()))
            elif found:
                yield name, found


def _inside(folder: Path, shape: str) -> list[Path]:
    """Files that a pattern names and that really lie in the folder: links out of it are passed over."""
    base = folder.resolve()
    return [path for path in sorted(folder.glob(shape)) if path.is_file() and path.resolve().is_relative_to(base)]


def _mark(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _content(path: Path, most: int) -> Any:
    """JSON as data, other text as text, and of anything else its size and hash."""
    size = path.stat().st_size
    data = path.read_bytes() if size <= most else b""
    try:
        text = data.decode("utf-8")
        if size <= most:
            return json.loads(text) if path.suffix == ".json" else text
    except (ValueError, RecursionError):
        pass
    with path.open("rb") as file:
        return {"bytes": size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
