"""Find figures written in words: three million dollars, twenty-five basis points, half a billion."""

# ruff: noqa: SIM905  (word lists read better as text)
from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from harness.lazy import pattern

_ONES = {
    word: worth
    for worth, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * worth for worth, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_GROUPS = {"thousand": 10**3, "lakh": 10**5, "million": 10**6, "crore": 10**7, "billion": 10**9, "trillion": 10**12}
_SMALL = "|".join([*_ONES, *_TENS])
_LARGE = "|".join(["hundred", *_GROUPS])
_SPELLED = pattern(
    rf"(?<![A-Za-z0-9'-])(?:half an? (?={_LARGE})|an? (?={_LARGE})|(?:{_SMALL})(?![A-Za-z]))"
    rf"(?:(?:(?<= )|[ \u00a0-](?:and )?)(?:{_SMALL}|{_LARGE})(?![A-Za-z])){{0,24}}",
    re.IGNORECASE,
)


class Spelled(NamedTuple):
    """A figure in words."""

    start: int
    """First character."""

    end: int
    """One past the last character of the words, before any unit."""

    value: Decimal
    """What it is worth."""

    step: Decimal
    """Worth of one unit of the last word's place."""

    scaled: bool
    """Whether a word such as hundred or million is part of it."""


def find_spelled(text: str) -> Iterator[Spelled]:
    """Every figure in words, in order; bare small ones included."""
    for match in _SPELLED.finditer(text):
        words = re.split(r"[ \u00a0-]+", match[0].lower().strip(" -\u00a0"))
        value, step, scaled = _worth([word for word in words if word and word != "and"])
        yield Spelled(match.start(), match.start() + len(match[0].rstrip(" \u00a0-")), value, step, scaled)


def _worth(words: list[str]) -> tuple[Decimal, Decimal, bool]:
    half = words[0] == "half"
    total, group, step, scaled = 0, 0, 1, False
    for word in words:
        if word in _ONES or word in _TENS:
            group, step = group + _ONES.get(word, _TENS.get(word, 0)), 1
        elif word == "hundred":
            group, step, scaled = max(group, 1) * 100, 100, True
        elif word in _GROUPS:
            step, scaled = _GROUPS[word], True
            multiplied = group == 0 and 0 < total < step  # two lakh crore
            total, group = (total * step if multiplied else total + max(group, 1) * step), 0
    value = Decimal(total + group)
    return (value / 2, Decimal(step) / 10, scaled) if half else (value, Decimal(step), scaled)
