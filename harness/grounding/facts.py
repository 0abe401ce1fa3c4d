"""Every number in what a trial read, with the row, column and period that it belongs to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.frozen import frozen
from harness.quantities import Kind

if TYPE_CHECKING:
    from .longtext import LongText

Origin: TypeAlias = Literal["value", "text", "total"]
TEXT_LIMIT = 200_000
"""Longest answer that is searched for figures."""

_FACTS_LIMIT = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """What a row or a column is called; the cells in it share one."""

    path: str
    """JSON path of the row, or of the column with `*` for the row."""

    words: frozenset[str] = frozenset()
    """Words of its name."""

    periods: frozenset[str] = frozenset()
    """Years, quarters and months in its name."""

    text: str = ""
    """The name."""


@frozen
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
    """What it measures, as far as its text says so."""

    unit: str | None = None
    """Currency or unit noun, as far as its text says so."""

    row: Label | None = None
    """Its entity: a row of a table, a key, a sentence."""

    column: Label | None = None
    """Its attribute or period: a column of a table, a key."""

    step: Decimal = Decimal(0)
    """Worth of the last digit it was printed with; 0 for an exact number."""


@frozen
class Facts:
    """Facts, sorted by value."""

    facts: tuple[Fact, ...]
    """All that were read at once, the smallest first."""

    values: tuple[Decimal, ...]
    """Their values."""

    in_order: tuple[Fact, ...] = ()
    """The same in the order in which they were read, so that neighbours are known."""

    complete: bool = True
    """Whether every number was taken; False for sources of absurd size."""

    texts: tuple[LongText, ...] = ()
    """Texts too long to be read whole; they are searched for the figures asked about."""

    scales: frozenset[Decimal] = frozenset()
    """Scales in which the sources say that they print figures, such as a million for `in millions`."""

    @classmethod
    def of(cls, sources: Iterable[tuple[str, Any]]) -> Facts:
        """Index every number in these sources, (name, JSON-like value) pairs, and the totals of their columns."""
        from .reading import Reader

        reader = Reader()
        every = (fact for source, item in sources for fact in reader.read(item, source))
        in_order = tuple(islice(every, _FACTS_LIMIT))
        found = sorted(in_order, key=lambda fact: fact.value)
        complete = next(every, None) is None and not reader.cut
        values = tuple(fact.value for fact in found)
        return cls(tuple(found), values, in_order, complete, tuple(reader.texts), frozenset(reader.scales))

    def between(self, low: Decimal, high: Decimal, *, most: int | None = None) -> tuple[Fact, ...]:
        """Facts from `low` to `high`, both included; of those read at once at most so many, from the middle."""
        first, last = bisect_left(self.values, low), bisect_right(self.values, high)
        if most is not None and last - first > most:
            first += (last - first - most) // 2
            last = first + most
        found = self.facts[first:last]
        return found + tuple(fact for text in self.texts for fact in text.between(low, high))

    def __len__(self) -> int:
        return len(self.facts) + sum(len(text) for text in self.texts)
