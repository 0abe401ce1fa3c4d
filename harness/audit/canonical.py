"""One text for equal data: JSON as RFC 8785 writes it, for everything that a program may hand to a log.

Keys are sorted by their UTF-16 code units, numbers are written as ECMAScript writes them, and nothing is escaped that need not
be. What JSON has no word for is written so that a log never raises, and always the same way: `Decimal` as its own text, times in
ISO 8601 (those that know their zone in UTC), NaN and infinities as text, sets sorted, bytes in base64, and an object that is none
of these by its type's name alone, because its address would change the hash from run to run.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final

_MOST_DEEP: Final = 200
_MOST_BITS: Final = 10_000  # longer integers are refused by JSON readers
_LONGEST_PLAIN: Final = 21  # digits before the point that ECMAScript writes without an exponent
_SMALLEST_PLAIN: Final = -6
_escape = json.encoder.encode_basestring


def canonical_json(item: object) -> str:
    """Write data in the one form that is hashed; never raises for what it is given."""
    writer = _Writer()
    writer.write(item)
    return "".join(writer.parts)


def canonical_bytes(item: object) -> bytes:
    """The same as UTF-8; half a surrogate pair is written as its escape."""
    return canonical_json(item).encode("utf-8", "backslashreplace")


def with_digest(item: Mapping[str, Any], sign: Callable[[str], str] | None) -> tuple[str, bytes]:
    """The hash of a mapping, and its canonical form with that hash (and its signature) in it, written in one pass."""
    parts = {
        name: f"{_escape(name)}:{_escape(content) if type(content) is str else canonical_json(content)}"
        for name, content in item.items()
    }
    digest = hashlib.sha256(_object_of(parts)).hexdigest()
    parts["hash"] = f'"hash":"{digest}"'
    if sign is not None:
        parts["mac"] = f'"mac":"{sign(digest)}"'
    return digest, _object_of(parts)


def _object_of(parts: Mapping[str, str]) -> bytes:
    return f"{{{','.join(parts[name] for name in sorted(parts))}}}".encode("utf-8", "backslashreplace")


def content_hash(item: object) -> str:
    """SHA-256 (64 hex digits) of the canonical form."""
    return hashlib.sha256(canonical_bytes(item)).hexdigest()


class _Writer:
    """Writes one document; knows what it is inside of, so that circular data come to an end."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._inside: set[int] = set()

    def write(self, item: Any) -> None:
        """Write one value."""
        kind = type(item)
        if kind is str:
            self.parts.append(_escape(item))
        elif item is None or kind is bool:
            self.parts.append("null" if item is None else "true" if item else "false")
        elif kind is int:
            self.parts.append(str(item) if item.bit_length() < _MOST_BITS else f'"0x{item:x}"')
        elif kind is float:
            self.parts.append(number(item))
        else:
            self._held(item)

    def _held(self, item: Any) -> None:
        """Write what may contain itself."""
        if id(item) in self._inside or len(self._inside) > _MOST_DEEP:
            self.parts.append('"<circular>"' if id(item) in self._inside else f'"<deeper than {_MOST_DEEP}>"')
            return
        self._inside.add(id(item))
        if type(item) is dict:
            self._mapping(item)
        elif type(item) is list or type(item) is tuple:
            self._list(item)
        else:
            self.write(_simpler(item))
        self._inside.discard(id(item))

    def _mapping(self, item: Mapping[Any, Any]) -> None:
        named = item
        for key in item:
            if type(key) is not str or not key.isascii():
                named = {_key(name): content for name, content in item.items()}
                break
        # Nearly all keys are ASCII, where the order of code units is that of characters.
        add, before = self.parts.append, "{"
        for key in sorted(named) if named is item else sorted(named, key=_utf16):
            content = named[key]
            if type(content) is str:  # most values are; asking here saves a call
                add(f"{before}{_escape(key)}:{_escape(content)}")
            else:
                add(f"{before}{_escape(key)}:")
                self.write(content)
            before = ","
        add("}" if item else "{}")

    def _list(self, items: Iterable[Any]) -> None:
        self.parts.append("[")
        for place, content in enumerate(items):
            if place:
                self.parts.append(",")
            self.write(content)
        self.parts.append("]")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _key(key: object) -> str:
    if type(key) is str:
        return key
    simple = key if key is None or isinstance(key, str | int | float) else _simpler(key)
    return simple if type(simple) is str else canonical_json(simple)


def number(value: float) -> str:
    """A float as ECMAScript writes it: `1`, `1.5`, `1e+21`, `5e-324`; what is not finite as text."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0:
        return "0"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    return f"{'-' if sign else ''}{_placed(text, point)}"


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= _LONGEST_PLAIN:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _LONGEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"


def _simpler(item: Any) -> Any:
    """Something that JSON has a word for, or at least something simpler."""
    match item:
        case Enum():
            return item.value
        case str() | int() | float():  # a subclass, such as numpy's float
            return _base(item)
        case datetime():
            return moment(item)
        case date() | time() | timedelta():
            return item.total_seconds() if isinstance(item, timedelta) else item.isoformat()
        case Decimal() | PurePath():
            return str(item)
        case bytes() | bytearray() | memoryview():
            return f"base64:{base64.b64encode(bytes(item)).decode()}"
        case Mapping():
            return dict(item)
        case set() | frozenset():
            return sorted(item, key=canonical_json)
    return _object(item)


def _base(item: str | float) -> str | int | float:
    return str.__str__(item) if isinstance(item, str) else int(item) if isinstance(item, int) else float.__float__(item)


def moment(when: datetime) -> str:
    """A time as text: in UTC with a Z where its zone is known."""
    if when.tzinfo is None:
        return when.isoformat()
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception may do anything when shown
        return ""


def _object(item: Any) -> Any:
    """What a value of somebody's own class holds: its fields, its plain form, its items, or else only its type's name."""
    if type(item).__module__ == "uuid":  # importing it costs more than a small run's whole log
        return str(item)
    if isinstance(item, BaseException):
        return {"type": type(item).__name__, "message": _said(item)}
    try:
        if dataclasses.is_dataclass(item) and not isinstance(item, type):
            return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        for method in ("model_dump", "tolist", "item"):  # pydantic; numpy's scalars and arrays
            if callable(found := getattr(item, method, None)) and not isinstance(item, type):
                return found()
        if isinstance(item, Iterable) and hasattr(item, "__len__"):
            return list(item)
    except Exception:  # noqa: BLE001 - a stranger's class may do anything; a log must not fail for it
        return f"<{type(item).__name__}>"
    return f"<{type(item).__name__}>"
