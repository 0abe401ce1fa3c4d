"""Tell whether suite files are still what a run has read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def digest_of(data: bytes) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    from hashlib import sha256

    return sha256(data).hexdigest()


def changed(digests: Mapping[str, str], root: Path) -> tuple[str, ...]:
    """Name the files that are not what they were, or are gone.

    Args:
        digests: SHA-256 of each file as it was read, by path relative to the root.
        root: Of the workspace.
    """
    return tuple(file for file, digest in digests.items() if _now(root / file) != digest)


def changed_words(file: str) -> str:
    """What a person should know of a file that `changed` named."""
    return f"{file} changed after the run had read it; the results are of its former text"


def _now(path: Path) -> str | None:
    try:
        return digest_of(path.read_bytes())
    except OSError:
        return None
