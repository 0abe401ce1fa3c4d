"""Read a JSON file piece by piece, so that its size does not decide how much memory it takes.

A file may be one array, one object with its spans under a usual key, one JSON document per line, or several after each
other. The elements of the outermost list are handed over one at a time; nothing else of the file is held.
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from harness.errors import UserError

MOST_ELEMENT: Final = 64 << 20
"""Longest single element, in characters."""

SHORT: Final = 8 << 20
"""Longest object, in characters, that is held as a whole."""

MOST_FILE: Final = 4 << 30
"""Most characters of a whole file, unpacked."""

LISTS: Final = frozenset(
    {
        "spans", "resourceSpans", "resource_spans", "batches", "data", "traces", "observations", "items", "results",
        "hits", "records", "rows", "logs", "events", "trace", "value",
    }
)  # fmt: skip
"""Keys of an outermost object whose arrays are read element by element."""

_OF_SPANS: Final = (
    "span_id",
    "spanId",
    "spanID",
    "context",
    "context.span_id",
    "startTimeUnixNano",
    "parentObservationId",
)
"""Keys of an object that is a span itself, whose lists belong to it."""

_CHUNK: Final = 1 << 16
_SPACE: Final = re.compile(r"[ \t\r\n\x1e,]*")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder(parse_constant=str)


class Element(NamedTuple):
    """One piece of a file."""

    place: str
    """Where it stands, such as `spans[3]` or `line 7`."""

    key: str
    """Key of the list that it belongs to; empty for the outermost array, a line, or what stands around a list."""

    value: Any
    """The JSON data."""


def elements(path: Path, remedy: str) -> Iterator[Element]:
    """The pieces of a file, plain or gzipped.

    Raises:
        UserError: when it cannot be read, is no JSON or has a piece that is too large; with the place.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from _Reader(file, path, remedy).run()  # type: ignore[arg-type]  # both give bytes
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"it cannot be read ({reason})", remedy=remedy, where=str(path)) from error


class _Reader:
    """A window that moves over the file."""

    def __init__(self, file: IO[bytes], path: Path, remedy: str) -> None:
        self._file, self._path, self._remedy = file, path, remedy
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._line, self._read = "", 0, 1, 0
        self._ended = False

    def run(self) -> Iterator[Element]:
        number = 0
        while self._skip(_SPACE):
            number += 1
            opening = self._text[self._at]
            if opening == "[":
                yield from self._array("", "")
            elif opening == "{":
                yield from self._object(f"line {self._line}")
            else:
                place = f"line {self._line}"
                yield Element(place, "", self._value(place))

    def _array(self, key: str, before: str) -> Iterator[Element]:
        self._at += 1
        number = 0
        while self._skip(_SPACE) and self._text[self._at] != "]":
            place = f"{before}[{number}]"
            yield Element(place, key, self._value(place))
            number += 1
        self._close("]", f"{before}[{number}]")

    def _object(self, place: str) -> Iterator[Element]:
        """An object: its usual lists one by one, then all the rest of it as one element."""
        line = self._line
        if self._is_short():
            yield from _parts(self._value(place), place)
            return
        rest: dict[str, Any] = {}
        self._at += 1
        while self._skip(_SPACE) and self._text[self._at] != "}":
            key = self._value(f"line {self._line}")
            if not self._skip(_BLANK) or self._text[self._at] != ":" or not isinstance(key, str):
                self._refuse(f"line {self._line}", "it is no JSON (expected a key and a colon)")
            self._at += 1
            if self._skip(_BLANK) and self._text[self._at] == "[" and key in LISTS:
                yield from self._array(key, key)
            else:
                rest[key] = self._value(key)
        self._close("}", f"line {self._line}")
        yield Element(f"line {line}", "", rest)

    def _is_short(self) -> bool:
        """Whether the object at the window's start ends in what may be held at once, or is none at all."""
        wanted = _CHUNK
        while len(self._text) - self._at < SHORT:
            try:
                _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                return True
            except json.JSONDecodeError:
                if self._ended:
                    return True
                self._more(wanted)
                wanted *= 2
                continue
            return True
        return False

    def _close(self, sign: str, place: str) -> None:
        if self._at >= len(self._text):
            self._refuse(place, f"the file ends before its {sign!r}: it was cut off")
        self._at += 1

    def _value(self, place: str) -> Any:
        """One JSON value at the window's start, with as much more of the file as it takes."""
        wanted = _CHUNK
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                self._refuse(place, "it is nested too deeply to be a span")
            except json.JSONDecodeError as error:
                if self._ended or len(self._text) - self._at > MOST_ELEMENT:
                    self._blame(place, error)
                self._more(wanted)
                wanted *= 2
                continue
            if end == len(self._text) and not self._ended and not isinstance(found, dict | list | str):
                self._more(_CHUNK)  # a number may go on in what is not read yet
                continue
            self._pass(end)
            return found

    def _blame(self, place: str, error: json.JSONDecodeError) -> None:
        if not self._ended:
            self._refuse(place, f"one piece is longer than {MOST_ELEMENT >> 20} MiB")
        cut = error.pos >= len(self._text) - 1 or "Unterminated" in error.msg
        why = "the file ends in the middle of it: it was cut off" if cut else f"it is no JSON ({error.msg})"
        self._refuse(place, why)

    def _pass(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end
        if self._at > _CHUNK:
            self._text, self._at = self._text[self._at :], 0

    def _skip(self, signs: re.Pattern[str]) -> bool:
        """Pass over signs; False at the end of the file."""
        while True:
            found = signs.match(self._text, self._at)
            end = self._at if found is None else found.end()
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            if self._at < len(self._text):
                return True
            if self._ended:
                return False
            self._more(_CHUNK)

    def _more(self, wanted: int) -> None:
        """Read on; what was passed is let go."""
        data = self._file.read(wanted)
        self._ended = not data
        try:
            text = self._decode.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            self._refuse(f"line {self._line}", f"it is no UTF-8 text ({error.reason})")
        self._read += len(text)
        if self._read > MOST_FILE:
            self._refuse(f"line {self._line}", f"it is larger than {MOST_FILE >> 30} GiB")
        self._text, self._at = self._text[self._at :] + text, 0

    def _refuse(self, place: str, problem: str) -> None:
        raise UserError(f"{place}: {problem}", remedy=self._remedy, where=str(self._path))


def _parts(found: Any, place: str) -> Iterator[Element]:
    """The elements of an object that was read as a whole."""
    if not isinstance(found, dict) or any(name in found for name in _OF_SPANS):
        yield Element(place, "", found)
        return
    lists = [key for key, inner in found.items() if key in LISTS and isinstance(inner, list)]
    before = "" if place == "line 1" else f"{place}: "
    for key in lists:
        yield from (Element(f"{before}{key}[{number}]", key, item) for number, item in enumerate(found[key]))
    rest = {key: inner for key, inner in found.items() if key not in lists}
    if rest or not lists:
        yield Element(place, "", rest)
