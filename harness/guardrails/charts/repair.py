"""Mend the syntax of JSON text without ever changing a number in it.

A step closes what was cut off, takes fences and prose away, drops trailing commas and comments, and puts double quotes where single
ones stand. Whatever is left must hold only numbers that stand as such in the raw text; otherwise nothing is repaired.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from harness.frozen import frozen

_FENCE = re.compile(r"```[\w-]{0,20}\s?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LITERALS = {"True": "true", "False": "false", "None": "null"}
_DEEPEST = 200


@frozen
class Repaired:
    """Mended data, or nothing."""

    data: Any = None
    """The data; None when the text could not be mended."""

    steps: tuple[str, ...] = ()
    """What was done, in order."""

    problem: str = ""
    """Why it could not be mended; empty when it was."""


def repair(text: str) -> Repaired:
    """Mend a text into JSON data, or say why not; never raises and never changes a number."""
    steps: list[str] = []
    bare = _unwrap(text, steps)
    mended = _Mender(bare, steps).run()
    if mended is None:
        return Repaired(steps=tuple(steps), problem="there is no JSON object or list in the text")
    try:
        data = json.loads(mended, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError) as error:
        return Repaired(steps=tuple(steps), problem=f"it cannot be mended: {error}"[:200])
    invented = _invented(data, text)
    if invented:
        return Repaired(steps=tuple(steps), problem=f"mending would change a number: {invented[0]}")
    return Repaired(data, tuple(dict.fromkeys(steps)))


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _unwrap(text: str, steps: list[str]) -> str:
    bare = text.strip().removeprefix("\ufeff")
    if "```" in bare:
        steps.append("took the code fence away")
        pieces = [piece for piece in _FENCE.split(bare) if "{" in piece or "[" in piece]
        bare = max(pieces, key=len) if pieces else bare
    starts = [place for place in (bare.find("{"), bare.find("[")) if place >= 0]
    if starts and min(starts) > 0 and bare[: min(starts)].strip():
        steps.append("took the text before the JSON away")
    return bare[min(starts) :] if starts else ""


class _Mender:
    """Walks through JSON-like text once and writes it as JSON."""

    def __init__(self, text: str, steps: list[str]) -> None:
        self._text, self._steps = text, steps
        self._out: list[str] = []
        self._open: list[str] = []
        self._safe: tuple[int, int] = (0, 0)

    def run(self) -> str | None:
        """JSON text; None where nothing opens."""
        place = 0
        while place < len(self._text) and (self._open or not self._out):
            if len(self._open) > _DEEPEST:
                return None
            place = self._step(place)
        if not self._out:
            return None
        if self._open:
            self._close()
        elif self._text[place:].strip(" \t\r\n`;"):
            self._steps.append("took the text after the JSON away")
        return "".join(self._out)

    def _step(self, place: int) -> int:
        character = self._text[place]
        if character in "\"'“„":
            return self._string(place)
        if character in "{[":
            self._out.append(character)
            self._open.append("}" if character == "{" else "]")
            return place + 1
        if character in "}]":
            return self._shut(place)
        if character == "," and self._next(place + 1) in ("}", "]", ","):
            self._steps.append("dropped a comma too many")
            return place + 1
        if self._text.startswith(("//", "/*"), place):
            return self._comment(place)
        if character.isalpha():
            return self._word(place)
        if character == ",":
            self._mark()
        self._out.append(character)
        return place + 1

    def _mark(self) -> None:
        """Remember the end of the last whole member: what a cut leaves is taken from here."""
        self._safe = (len(self._out), len(self._open))

    def _next(self, place: int) -> str:
        match = re.compile(r"\s*(.?)", re.DOTALL).match(self._text, place)
        return match[1] if match else ""

    def _shut(self, place: int) -> int:
        if self._open and self._text[place] == self._open[-1]:
            self._out.append(self._open.pop())
            self._mark()
        else:
            self._steps.append("dropped a bracket that closes nothing")
        return place + 1

    def _string(self, place: int) -> int:
        quote = self._text[place]
        ends = {"“": "”", "„": "“”"}.get(quote, quote)
        end = place + 1
        while end < len(self._text) and self._text[end] not in ends:
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text):
            return len(self._text)  # cut inside a string: closed from the last whole member
        inner = self._text[place + 1 : end]
        if quote != '"':
            self._steps.append("put double quotes around text")
            inner = inner.replace("\\'", "'").replace('"', '\\"')
        if any(ord(character) < 32 for character in inner):
            self._steps.append("escaped line breaks inside text")
            inner = "".join(json.dumps(character)[1:-1] if ord(character) < 32 else character for character in inner)
        self._out.append(f'"{inner}"')
        return end + 1

    def _comment(self, place: int) -> int:
        self._steps.append("dropped a comment")
        line = self._text.startswith("//", place)
        end = self._text.find("\n" if line else "*/", place)
        return len(self._text) if end < 0 else end + (0 if line else 2)

    def _word(self, place: int) -> int:
        end = place
        while end < len(self._text) and (self._text[end].isalnum() or self._text[end] == "_"):
            end += 1
        word = self._text[place:end]
        if word in _LITERALS:
            self._steps.append("wrote Python's words as JSON's")
            self._out.append(_LITERALS[word])
        elif self._next(end) == ":":
            self._steps.append("put quotes around a key")
            self._out.append(json.dumps(word))
        else:
            self._out.append(word)
        return end

    def _close(self) -> None:
        """Close what a cut left open, without the member that was cut."""
        self._steps.append("closed what was cut off, without its last item")
        keep, depth = self._safe
        del self._out[keep:]
        del self._open[depth:]
        text = "".join(self._out).rstrip().rstrip(",")
        self._out[:] = [text, *reversed(self._open)]
        self._open.clear()


def _invented(data: Any, raw: str) -> list[str]:
    """Numbers of the data that do not stand in the raw text as such."""
    tokens = {Decimal(token) for token in _NUMBER.findall(raw) if len(token) < 400}
    return [str(number) for number in _numbers(data) if number not in tokens]


def _numbers(item: Any) -> list[Decimal]:
    found, waiting = [], [item]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, int | Decimal) and not isinstance(item, bool):
            found.append(Decimal(item))
    return found
