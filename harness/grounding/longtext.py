"""Texts too long to be read whole: an index of their digits, and a reading of the places that a figure could come from."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from decimal import Decimal

from harness.lazy import pattern
from harness.quantities import Quantity, scan

from .facts import Fact, Label
from .words import periods, words

_DIGITS = pattern(r"\d(?:[\d.,' \u00a0]{0,30}\d)?")
_AROUND = 70
"""Characters on each side that name a figure."""

_NEAR = 36
"""Those that say what it measures."""

_LENGTH = 12
_MOST_PLACES = 10
_PLAIN = str.maketrans("", "", ".,' \u00a0")


class LongText:
    """One long text, indexed by the first significant digits of the figures in it; figures in words are not found."""

    def __init__(self, text: str, source: str, path: str) -> None:
        self._text, self._source, self._path = text, source, path
        self._read: dict[int, tuple[Fact, ...]] = {}
        self._count = 0
        found: set[tuple[int, int]] = set()
        for match in _DIGITS.finditer(text):
            self._count += 1
            digits, start = match[0], match.start()
            found.add((_mantissa(digits), start))
            if " " in digits or ", " in digits:
                found.update((_mantissa(piece), start) for piece in re.split(r"[ ,]", digits) if piece)
        self._places = sorted(found)

    def __len__(self) -> int:
        return self._count

    def between(self, low: Decimal, high: Decimal) -> tuple[Fact, ...]:
        """Facts from `low` to `high`, read where figures with such digits stand, whatever their scale."""
        found: dict[str, Fact] = {}
        for first, last in _spans(min(abs(low), abs(high)), max(abs(low), abs(high))):
            start = bisect_left(self._places, (first, -1))
            end = bisect_right(self._places, (last, len(self._text)))
            for _, place in self._places[start : min(end, start + _MOST_PLACES)]:
                found |= {fact.path: fact for fact in self._at(place)}
        return tuple(fact for fact in found.values() if low <= fact.value <= high)

    def _at(self, place: int) -> tuple[Fact, ...]:
        if place not in self._read:
            start, end = self._window(place, _AROUND)
            window = self._text[start:end]
            row = Label(f"{self._path}@{start}", words(window), periods(window), window.strip())
            start, end = self._window(place, _NEAR)
            self._read[place] = tuple(self._fact(figure, start, row) for figure in scan(self._text[start:end]))
        return self._read[place]

    def _window(self, place: int, around: int) -> tuple[int, int]:
        """So many characters around a place, from a line's or a word's beginning on."""
        start = _edge(self._text, max(0, place - around), place)
        return start, min(len(self._text), place + around)

    def _fact(self, figure: Quantity, start: int, row: Label) -> Fact:
        unit = figure.currency or figure.unit
        where = f"{self._path}@{start + figure.start}"
        return Fact(figure.value, self._source, where, "text", figure.kind, unit, row, None, figure.step)


def _edge(text: str, start: int, place: int) -> int:
    """Begin at a line or a word, never inside a figure."""
    line = text.find("\n", start, place)
    blank = text.find(" ", start, place) if line < 0 else line
    return blank + 1 if start and blank >= 0 else start


def _mantissa(digits: str) -> int:
    """Its significant digits, as a number of a fixed length; 0 for nothing but zeros."""
    shown = digits.translate(_PLAIN).lstrip("0")
    return int(shown[:_LENGTH].ljust(_LENGTH, "0")) if shown else 0


def _spans(low: Decimal, high: Decimal) -> list[tuple[int, int]]:
    """The digits between two numbers that lie near each other, on both sides of a power of ten."""
    if high == 0:
        return [(0, 0)]
    top = int(high.scaleb(_LENGTH - 1 - high.adjusted()))
    if low == 0 or low.adjusted() < high.adjusted() - 1:
        return [(10 ** (_LENGTH - 1), top)]
    bottom = int(low.scaleb(_LENGTH - 1 - low.adjusted()))
    if low.adjusted() == high.adjusted():
        return [(bottom, top)]
    return [(bottom, 10**_LENGTH), (10 ** (_LENGTH - 1), top)]
