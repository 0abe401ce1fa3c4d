"""Decide which facts the operands of a formula quote, where several hold the same number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.frozen import frozen

from .facts import Fact
from .words import periods, words, years

_DIGITS = 3


@frozen
class Operand:
    """One figure of a formula."""

    text: str
    """As it is written."""

    held: tuple[Fact, ...]
    """The facts with its value."""

    @property
    def weak(self) -> bool:
        """Whether it shows so few digits that some fact holds it by chance."""
        return len("".join(character for character in self.text if character.isdigit()).lstrip("0")) < _DIGITS


def settle(
    operands: Sequence[Operand], sums: Sequence[Sequence[int]], context: str
) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    """The fact behind each operand, and the operands without one of their own.

    An operand of few digits has none if no fact stands where the formula is about, and one that is added to itself has none unless
    two facts hold its number. `sums` are the operands, by number, that were added up.
    """
    named, spans = words(context), _filled(periods(context))
    fitting = []
    for place, operand in enumerate(operands):
        others = [fact for spot, other in enumerate(operands) if spot != place for fact in other.held]
        fitting.append([fact for fact in operand.held if _fits(fact, others, named, spans)])
    stray = [operand.text for operand, fit in zip(operands, fitting, strict=True) if operand.weak and not fit]
    for places in sums:
        texts = Counter(operands[place].text for place in places)
        stray += [
            operands[place].text
            for place in places
            if texts[operands[place].text] > len(fitting[place] or operands[place].held)
        ]
    chosen = tuple((fit or operand.held)[0] for operand, fit in zip(operands, fitting, strict=True))
    return chosen, tuple(dict.fromkeys(stray))


def _filled(spans: frozenset[str]) -> frozenset[str]:
    """The periods with the years between them."""
    named = years(spans)
    return spans | {str(year) for year in range(int(named[0]), int(named[-1]))} if named else spans


def _fits(fact: Fact, others: Sequence[Fact], named: frozenset[str], spans: frozenset[str]) -> bool:
    """Whether a fact stands in a line with another operand, or where the context says."""
    if fact.row is None or (not others and not named):
        return True
    if not _in_period(fact, spans):
        return False
    in_line = any(_row(other) == _row(fact) for other in others)
    in_column = any(_column(fact) and _column(other) == _column(fact) for other in others)
    least = 2 if "@" in fact.row.path else max(1, len(fact.row.words) / 2)
    told = len(fact.row.words & named) >= least or bool(fact.row.periods & spans and in_column)
    return in_line or told or (in_column and (not named or bool(fact.column and fact.column.words & named)))


def _in_period(fact: Fact, spans: frozenset[str]) -> bool:
    """Whether a fact is of a year that the context names, as far as both say."""
    own, wanted = (set(years(named)) for named in (_periods(fact), spans))
    return not wanted or not own or bool(own & wanted)


def _periods(fact: Fact) -> frozenset[str]:
    column = fact.column.periods if fact.column else frozenset()
    return column or (fact.row.periods if fact.row else frozenset())


def _row(fact: Fact) -> str:
    return f"{fact.source}{fact.row.path}" if fact.row else ""


def _column(fact: Fact) -> str:
    return f"{fact.source}{fact.column.path}" if fact.column and fact.column.path else ""
