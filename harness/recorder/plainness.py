"""Turn anything an agent hands over into JSON-plain data of bounded size, and note what did not survive as it was."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from harness.frozen import frozen

MAX_TEXT: Final = 1_000_000
"""Longest text kept, in characters."""

MAX_DEPTH: Final = 64
"""Deepest nesting kept."""

MAX_VALUES: Final = 200_000
"""Most values kept in one structure."""

MAX_SIZE: Final = 4_000_000
"""Largest structure kept, in characters of its texts and keys."""

_MAX_BITS: Final = 1024  # a larger integer has no floating-point neighbour, and json refuses to write much larger ones
_PathLink: TypeAlias = "tuple[_PathLink, str | int] | None"


@frozen
class Note:
    """One place where a value could not be kept as it was."""

    path: str
    """Where, as `answer.items[3]`; empty for the value itself."""

    problem: str
    """What is there."""

    fatal: bool
    """Whether it is no JSON at all, rather than only long or in another form."""


def plain_json(value: Any) -> tuple[Any, tuple[Note, ...]]:
    """Copy a value as plain JSON data: what has no JSON form becomes `{"$invalid": why}`, what is too long is cut.

    Never raises, whatever the value's own methods do.
    """
    kind = type(value)
    if value is None or kind is bool or (kind is str and len(value) < 10_000 and value.isascii()):
        return value, ()
    walk = _Walk()
    copied = walk.copy(value, None)
    if walk.size > MAX_SIZE:
        copied = walk.replace_whole(copied)
    return copied, tuple(walk.notes)


class _Walk:
    """One copying: what was met so far."""

    __slots__ = ("active", "notes", "size", "values")

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.active: set[int] = set()
        self.values = 0
        self.size = 0

    def copy(self, value: Any, path: _PathLink) -> Any:
        kind = type(value)
        if kind is str:
            return self.text(value, path)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if value.bit_length() <= _MAX_BITS else self.invalid(path, "a number that is too large")
        if kind is float:
            return value if math.isfinite(value) else self.invalid(path, f"the number {value}")
        if kind is dict or kind is list or kind is tuple:
            return self.container(value, path)
        return self.other(value, path)

    def text(self, value: str, path: _PathLink) -> str:
        self.size += min(len(value), MAX_TEXT)
        if not value.isascii():
            value = self.escaped(value, path)
        if len(value) <= MAX_TEXT:
            return value
        digest = hashlib.sha256(value.encode()).hexdigest()
        self.note(path, f"text of {len(value)} characters was cut")
        return f"{value[: MAX_TEXT - 200]}… [cut: {len(value)} characters, sha256 {digest}]"

    def escaped(self, value: str, path: _PathLink) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.note(path, "text with half a character (a lone surrogate) was escaped")
            return value.encode("utf-8", "backslashreplace").decode()
        return value

    def container(self, value: Any, path: _PathLink) -> Any:
        self.values += len(value)
        if id(value) in self.active:
            return self.invalid(path, "a structure that contains itself")
        if len(self.active) >= MAX_DEPTH:
            return self.invalid(path, f"a structure nested deeper than {MAX_DEPTH}")
        if self.values > MAX_VALUES:
            return self.invalid(path, f"a structure of more than {MAX_VALUES} values")
        self.active.add(id(value))
        try:
            if isinstance(value, Mapping):
                return {self.key(key, path): self.copy(item, (path, str(key)[:80])) for key, item in value.items()}
            return [self.copy(item, (path, index)) for index, item in enumerate(value)]
        finally:
            self.active.discard(id(value))

    def key(self, key: Any, path: _PathLink) -> str:
        if type(key) is str:
            return self.text(key, path)
        if key is None or isinstance(key, bool | int | float | str | Enum | date):
            return self.text(str(key.value if isinstance(key, Enum) else key), path)
        self.note(path, f"a key of type {type(key).__name__}", fatal=True)
        return f"$invalid {type(key).__name__}"

    def other(self, value: Any, path: _PathLink) -> Any:
        try:
            return self.converted(value, path)
        except Exception as error:  # noqa: BLE001 - the value's own code runs here and may raise anything
            return self.invalid(path, f"a {type(value).__name__} that raises {type(error).__name__} when read")

    def converted(self, value: Any, path: _PathLink) -> Any:
        if isinstance(value, Enum):
            return self.copy(value.value, path)
        if isinstance(value, str | int | float):
            return self.copy(_builtin(value), path)
        if isinstance(value, Decimal):
            return self.decimal(value, path)
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
            return self.container(fields, path)
        if callable(getattr(value, "model_dump", None)) and not isinstance(value, type):
            return self.container(value.model_dump(mode="json"), path)
        if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
            return self.copy(value.tolist(), path)
        if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, bytes | bytearray)):
            return self.container(value, path)
        return self.invalid(path, f"a value of type {type(value).__name__}")

    def decimal(self, value: Decimal, path: _PathLink) -> Any:
        if not value.is_finite():
            return self.invalid(path, f"the number {value}")
        near = float(value)
        return near if math.isfinite(near) and Decimal(repr(near)) == value else str(value)

    def invalid(self, path: _PathLink, problem: str) -> dict[str, str]:
        self.note(path, problem, fatal=True)
        return {"$invalid": problem}

    def note(self, path: _PathLink, problem: str, *, fatal: bool = False) -> None:
        if len(self.notes) < 20:
            self.notes.append(Note(_written(path), problem, fatal))

    def replace_whole(self, copied: Any) -> dict[str, Any]:
        text = json.dumps(copied).encode()
        self.note(None, f"a structure of {len(text)} bytes was cut")
        return {"$cut": f"{len(text)} bytes of JSON", "sha256": hashlib.sha256(text).hexdigest()}


def _builtin(value: str | float) -> str | int | float:
    """The plain number or text inside a subclass, by the built-in type's own method."""
    if isinstance(value, str):
        return str.__str__(value)
    return int.__int__(value) if isinstance(value, int) else float.__float__(value)


def _written(path: _PathLink) -> str:
    parts: list[str] = []
    while path is not None:
        path, key = path
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(parts)).removeprefix(".")
