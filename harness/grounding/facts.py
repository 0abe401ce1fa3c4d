"""Every number in what a trial read, indexed by size."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, TypeAlias

from harness.quantities import Kind, scan

Origin: TypeAlias = Literal["value", "text", "total"]
TEXT_LIMIT = 200_000
"""Longest text that is searched for figures: some seconds' work."""

_FACTS_LIMIT = 200_000
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, slots=True)
class Fact:
    """One number and where it stands."""

    value: Decimal
    """The number, in plain units."""

    source: str
    """Step id or name of the artifact."""

    path: str
    """JSON path inside it."""

    origin: Origin = "value"
    """A number, a figure inside a text, or the total of a column."""

    kind: Kind = Kind.NUMBER
    """What it measures, as far as a text says so."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts, sorted by value."""

    facts: tuple[Fact, ...]
    """All of them, the smallest first."""

    values: tuple[Decimal, ...]
    """Their values."""

    complete: bool = True
    """Whether every number was taken; False for sources of absurd size."""

    @classmethod
    def of(cls, sources: Iterable[tuple[str, Any]]) -> Facts:
        """Index every number in these sources, (name, JSON-like value) pairs, and the totals of their columns."""
        cut: list[str] = []
        every = (fact for source, item in sources for fact in _numbers(item, source, "$", cut))
        found = sorted(islice(every, _FACTS_LIMIT), key=lambda fact: fact.value)
        return cls(tuple(found), tuple(fact.value for fact in found), complete=next(every, None) is None and not cut)

    def between(self, low: Decimal, high: Decimal) -> tuple[Fact, ...]:
        """Facts from `low` to `high`, both included."""
        return self.facts[bisect_left(self.values, low) : bisect_right(self.values, high)]

    def __len__(self) -> int:
        return len(self.facts)


def _numbers(item: Any, source: str, path: str, cut: list[str]) -> Iterator[Fact]:
    """Every number below a value; `cut` receives the paths of texts that were too long to be read whole."""
    if isinstance(item, str):
        if len(item) > TEXT_LIMIT:
            cut.append(path)
        for worth, kind in _figures(item[:TEXT_LIMIT]):
            yield Fact(worth, source, path, "text", kind)
    elif isinstance(item, Mapping):
        yield from _total(source, path, item.values())
        for key, inner in item.items():
            yield from _numbers(inner, source, f"{path}.{key}", cut)
    elif isinstance(item, list | tuple):
        yield from _columns(source, path, item)
        for index, inner in enumerate(item):
            yield from _numbers(inner, source, f"{path}[{index}]", cut)
    elif (number := decimal_of(item)) is not None:
        yield Fact(number, source, path)


@lru_cache(maxsize=4096)
def _figures(text: str) -> tuple[tuple[Decimal, Kind], ...]:
    """Figures in a text. Names such as `AAPL` or `S12` have none, and they are what most texts in a table are."""
    if _NAME.fullmatch(text):
        return ()
    return tuple((figure.value, figure.kind) for figure in scan(text))


def decimal_of(item: Any) -> Decimal | None:
    """A JSON number as a decimal; None for anything else."""
    if isinstance(item, bool) or not isinstance(item, int | float):
        return None
    number = Decimal(repr(item)) if isinstance(item, float) else Decimal(item)
    return number if number.is_finite() else None


def _columns(source: str, path: str, rows: list[Any] | tuple[Any, ...]) -> Iterator[Fact]:
    """Totals of a list of numbers, or of each column of a list of rows."""
    yield from _total(source, f"{path}[*]", rows)
    if len(rows) > 1 and all(isinstance(row, Mapping) for row in rows):
        for key in rows[0]:
            yield from _total(source, f"{path}[*].{key}", [row.get(key) for row in rows])


def _total(source: str, path: str, items: Iterable[Any]) -> Iterator[Fact]:
    numbers = [decimal_of(item) for item in items]
    known = [number for number in numbers if number is not None]
    if len(known) > 1 and len(known) == len(numbers):
        yield Fact(sum(known, Decimal(0)), source, path, "total")
