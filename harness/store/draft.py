"""Write a file that appears whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

_LARGEST: Final = 64 << 20


@contextmanager
def draft(path: Path) -> Iterator[BinaryIO]:
    """Open a draft beside the file, which takes its place when the block ends well and goes away when it does not."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        # Drafts are private; the file gets the rights that one made the plain way would have.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def write_json(path: Path, document: Any, *, indent: int | None = None) -> None:
    """Write plain data as a JSON file, whatever characters are in it; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft(path) as file:
        file.write((json.dumps(document, indent=indent) + "\n").encode())


def read_json(path: Path) -> Any:
    """What such a file holds; None where there is none that can be read, or one too large to be ours."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
