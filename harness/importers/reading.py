"""Read somebody else's file with a message for everything in it that does not fit, and with its place."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import UserError

MOST_BYTES = 512 << 20
"""Largest file, unpacked, that is still read."""

_MATCHERS = frozenset({"regex", "number", "one_of", "contains", "any", "literal"})


class File:
    """The file being read."""

    def __init__(self, path: Path, remedy: str) -> None:
        self.path, self.remedy = path, remedy
        self.content = b""

    def refuse(self, place: str, problem: str) -> NoReturn:
        """Say what does not fit, and where."""
        raise UserError(f"{place}: {problem}", remedy=self.remedy, where=str(self.path))

    def expect(self, found: Any, kind: type | tuple[type, ...], place: str, wanted: str) -> Any:
        """The value, if it is of a kind; a truth value is no number."""
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            self.refuse(place, f"expected {wanted}, found {type(found).__name__}")
        return found

    def field(self, item: Mapping[str, Any], name: str, kind: type | tuple[type, ...], place: str, wanted: str) -> Any:
        """The value of a key that must be there."""
        if name not in item:
            self.refuse(place, f"{name!r} is missing")
        return self.expect(item[name], kind, f"{place}.{name}", wanted)

    def optional(
        self, item: Mapping[str, Any], name: str, kind: type | tuple[type, ...], place: str, wanted: str
    ) -> Any:
        """The value of a key; None when it is missing or null."""
        found = item.get(name)
        return None if found is None else self.expect(found, kind, f"{place}.{name}", wanted)

    def text(self) -> str:
        """The whole file, plain or gzipped."""
        self.content = content(self.path, self.remedy)
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"it is no JSON ({error})", remedy=self.remedy, where=str(self.path)) from error

    def json(self) -> Any:
        """The file as one JSON document."""
        return self.parse(self.text(), "")

    def lines(self) -> Iterator[tuple[str, Any]]:
        """The file as a JSON array, or as one JSON document per line, each with its place."""
        text = self.text()
        if text.lstrip().startswith("["):
            items = self.expect(self.parse(text, ""), list, "the file", "an array")
            yield from ((f"[{number}]", item) for number, item in enumerate(items))
            return
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield f"line {number}", self.parse(line, f"line {number}: ")

    def parse(self, text: str, place: str) -> Any:
        """A JSON document in the file; NaN and infinities are no JSON."""
        try:
            return json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{place}it is no JSON ({error})", remedy=self.remedy, where=str(self.path)) from error

    def origin(self, form: str) -> dict[str, str]:
        """Where what was read comes from."""
        return {"format": form, "file": self.path.name, "sha256": hashlib.sha256(self.content).hexdigest()}


def content(path: Path, remedy: str) -> bytes:
    """The bytes of a file, unpacked if it is gzipped.

    Raises:
        UserError: when it cannot be read or is too large.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            found = bytes(file.read(MOST_BYTES + 1))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"it cannot be read ({reason})", remedy=remedy, where=str(path)) from error
    if len(found) > MOST_BYTES:
        raise UserError(f"it is larger than {MOST_BYTES >> 20} MiB", remedy="split it", where=str(path))
    return found


def case_id(*parts: str) -> str:
    """An id that suites can write: parts parted by points, other signs replaced."""
    text = ".".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip("-.") or "x" for part in parts if part)
    return text[:100] if text[:1].isalnum() else f"c-{text}"[:100]


def loose_json(text: str) -> Any:
    """JSON if it is JSON, and the text itself otherwise."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text


def literal(args: Mapping[str, Any]) -> dict[str, Any]:
    """Expected arguments in which nothing is taken for a matcher: the recorded value is meant."""
    return {
        str(name): {"literal": item} if isinstance(item, Mapping) and not _MATCHERS.isdisjoint(item) else item
        for name, item in args.items()
    }


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
