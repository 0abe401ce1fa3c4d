"""What every value shares: one canonical form that is hashed and compared."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, TypeAlias

from harness.shape import plain, value

Json: TypeAlias = Any
"""JSON-plain data: text, numbers, truth values, None, lists and mappings with text keys."""

Severity: TypeAlias = Literal["blocker", "major", "minor"]


@value
class Where:
    """A place in a file, for messages that a person follows."""

    file: str
    """Path relative to the workspace root."""

    line: int = 1
    """Line, counted from 1."""

    column: int = 1
    """Column, counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


# Made once: `json.dumps` would make a new encoder for every call, which costs more than the encoding.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=plain)


def canonical(item: object) -> str:
    """Write a JSON-like value in the one form that is hashed and compared: sorted keys, no spaces.

    Raises:
        ValueError: for NaN or an infinity, which have no JSON form.
    """
    return _ENCODER.encode(item)


def fingerprint(item: object) -> str:
    """SHA-256 (64 hex digits) of the canonical form."""
    return hashlib.sha256(canonical(item).encode("utf-8", "surrogatepass")).hexdigest()
