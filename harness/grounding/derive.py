"""Figures that one operation makes out of facts which the sentence names: what is licensed, and by which words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import combinations, permutations

from harness.frozen import frozen
from harness.quantities import Kind

from . import words as cue
from .facts import Fact
from .index import Index
from .operations import (
    Derived,
    add_up,
    changes,
    compound,
    is_total,
    means,
    product,
    ratio,
    runs,
    same_kind,
    share_of,
    sums,
    when,
)  # fmt: skip

_MOST = 400
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS})


@frozen
class Licence:
    """What a context names and which operations its words allow."""

    named: frozenset[str]
    """Its words."""

    spans: frozenset[str]
    """Its periods."""

    percent: bool
    """Whether the figure is a percentage."""

    average: bool
    change: bool
    total: bool
    share: bool
    product: bool
    annual: bool
    compound: bool
    plain: bool
    """Whether a percentage may be the plain difference of two amounts."""

    ordered: tuple[str, ...]
    """The words that name rows, in the order in which they first stand."""

    undirected: bool
    """Whether a difference is asked for, and not which way it goes."""

    def order(self, one: Fact, other: Fact) -> list[tuple[Fact, Fact]]:
        """The two as they are named; both ways where that is not known or does not matter."""
        first, second = self._place(one, other), self._place(other, one)
        if self.undirected or first is None or second is None or first == second:
            return [(one, other), (other, one)]
        return [(one, other)] if first < second else [(other, one)]

    def _place(self, one: Fact, other: Fact) -> int | None:
        """Where the words that set one row apart from the other first stand."""
        theirs = other.row.words if other.row else frozenset()
        own = (one.row.words if one.row else frozenset()) - theirs
        return next((place for place, word in enumerate(self.ordered) if word in own), None)

    @classmethod
    def of(cls, context: str, kind: Kind, index: Index) -> Licence:
        """Read a context for a figure of this kind; contexts that differ in nothing that the index holds have the same."""
        percent = kind in _PERCENT
        shares = bool(cue.SHARE.search(context))
        rate = percent and bool(cue.RATE.search(context)) and not cue.PART.search(context)
        return cls(
            cue.words(context) & index.words, cue.periods(context), percent,
            average=bool(cue.AVERAGE.search(context)), change=bool(cue.CHANGE.search(context)),
            total=bool(cue.TOTAL.search(context)), share=(shares or percent) and not rate,
            product=not percent and bool(cue.PRODUCT.search(context)), annual=bool(cue.ANNUAL.search(context)),
            compound=percent and bool(cue.COMPOUND.search(context)), plain="point" in context or not shares,
            ordered=tuple(word for word in cue.ordered(context) if word in index.words), undirected=bool(cue.DIFFERENCE.search(context)),
        )  # fmt: skip


class Candidates:
    """What operations have made for one context, found by value."""

    def __init__(self, made: Sequence[Derived]) -> None:
        self._made = sorted(enumerate(made), key=lambda item: item[1].value)
        self._values = [derived.value for _, derived in self._made]

    def between(self, low: Decimal, high: Decimal) -> list[Derived]:
        """Those from `low` to `high`, in the order in which they were made."""
        found = self._made[bisect_left(self._values, low) : bisect_right(self._values, high)]
        return [derived for _, derived in sorted(found, key=lambda item: item[0])]

    def count(self, low: Decimal, high: Decimal) -> int:
        """How many different values have a size from `low` to `high`."""
        return bisect_right(self._sizes, high) - bisect_left(self._sizes, low)

    @cached_property
    def _sizes(self) -> list[Decimal]:
        return sorted(abs(value) for value in set(self._values))


def candidates(licence: Licence, index: Index, *, limit: int = _MOST) -> Candidates:
    """Everything that one licensed operation makes of the rows that a context names."""
    rows = index.chosen(licence.named, licence.spans)
    if not any("@" not in index.labels[row].path for row in rows):
        rows = [*rows, *index.anyhow()]
    found: list[Derived] = []
    for made in _made(licence, rows, index):
        if made.operation in ("sum", "difference") and any(not fact.value for fact in made.operands):
            continue
        found.append(made)
        if _deducts(made) or (licence.undirected and made.operation == "difference" and made.value < 0):
            found.append(Derived(-made.value, made.operation, made.operands))
        if len(found) >= limit:
            break
    return Candidates(found)


def _deducts(made: Derived) -> bool:
    """Whether the operands are deductions, printed with a minus in a statement and named without one in a sentence."""
    negative = sum(fact.value < 0 for fact in made.operands)
    if made.operation in ("share", "ratio"):
        return negative == 1
    return made.operation in ("sum", "mean") and negative == len(made.operands)


def _made(licence: Licence, rows: Sequence[str], index: Index) -> Iterator[Derived]:
    for row in rows:
        yield from _within(index.rows[row], licence)
    yield from _sentences([row for row in rows if "@" in index.labels[row].path], licence, index)
    for cells in index.columns_named(licence.named, licence.spans):
        yield from _by_period(cells, licence)
    for column, cells in _grouped(rows, index):
        yield from _across(cells, index.columns[column], licence)


def _within(cells: Sequence[Fact], licence: Licence) -> Iterator[Derived]:
    """Operations between the cells of one row."""
    chosen = _chosen(cells, licence)
    yield from _gathered(cells, chosen, licence)
    if licence.change:
        sentence = "@" in (cells[0].row.path if cells[0].row else "")
        yield from changes(chosen, percent=licence.percent, plain=licence.plain, dated=not sentence)
    if licence.share:
        for top, bottom in permutations(chosen[:8], 2):
            yield from ratio(top, bottom, percent=licence.percent)
    if licence.product:
        for one, other in combinations(chosen[:8], 2):
            yield from product(one, other)
    if licence.annual:
        yield from (Derived(cell.value * 12, "annualised", (cell,)) for cell in chosen[:4])
    if licence.compound:
        yield from compound(chosen)


def _gathered(cells: Sequence[Fact], chosen: Sequence[Fact], licence: Licence) -> Iterator[Derived]:
    """Sums and means of a row's cells: those named, those between the years named, and neighbours."""
    between = _between(cells, licence.spans)
    if len(between) > len(chosen) and licence.average:
        yield Derived(add_up(between) / len(between), "mean", tuple(between))
    elif len(between) > len(chosen) and licence.total:
        yield Derived(add_up(between), "sum", tuple(between))
    if licence.average:
        yield from means(chosen, licence.spans)
    elif licence.total and len(chosen) > 1:
        yield from sums(chosen)
        if len(chosen) < len(cells) <= 12:
            yield from (Derived(add_up(run), "sum", run) for run in runs(cells))


def _sentences(rows: Sequence[str], licence: Licence, index: Index) -> Iterator[Derived]:
    """Operations between figures of two named sentences."""
    for one, other in combinations(rows, 2):
        for first in index.rows[one][:6]:
            for second in index.rows[other][:6]:
                if licence.change:
                    yield from changes([first, second], percent=licence.percent, plain=licence.plain, dated=False)
                if licence.total and not licence.percent and same_kind(first, second):
                    yield Derived(first.value + second.value, "sum", (first, second))


def _by_period(cells: Sequence[Fact], licence: Licence) -> Iterator[Derived]:
    """Operations down a column: of rows named by their period, or of all its rows."""
    dated = [cell for cell in cells if cell.row is not None and cell.row.periods & licence.spans][:12]
    if licence.average and len(dated) > 1:
        yield Derived(add_up(dated) / len(dated), "mean", tuple(dated))
    if licence.change and len(dated) > 1:
        yield from changes(dated, percent=licence.percent, plain=licence.plain)
    if licence.total and len(dated) > 1:
        yield from sums(dated)
    parts = [cell for cell in cells if not is_total(cell)] if licence.total else []
    if len(parts) > 1 and len({cell.row.text for cell in parts if cell.row}) == len(parts):
        yield Derived(add_up(parts), "sum", tuple(parts))


def _across(cells: Sequence[Fact], column: Sequence[Fact], licence: Licence) -> Iterator[Derived]:
    """Operations between named rows in one column."""
    cells = [cell for cell in cells if not licence.spans or not _spans(cell) or licence.spans & _spans(cell)]
    if licence.average:
        if len(cells) > 1:
            yield Derived(add_up(cells) / len(cells), "mean", tuple(cells))
        yield from (Derived(add_up(pair) / 2, "mean", pair) for pair in combinations(cells, 2))
    if licence.change:
        for one, other in combinations(cells, 2):
            yield from _apart(one, other, licence)
    if licence.total and len(cells) > 1:
        yield from sums(cells)
    if licence.share:
        yield from _shares(cells, column, percent=licence.percent)


def _apart(one: Fact, other: Fact, licence: Licence) -> Iterator[Derived]:
    """What two rows differ by: one entity in two periods, or two entities in one, the first named less the second."""
    if not same_kind(one, other):
        return
    if _other_periods(one, other):
        if _entity(one) == _entity(other):
            yield from changes([one, other], percent=licence.percent, plain=licence.plain)
    elif not (len(cue.years(licence.spans)) > 1 and when(one)):
        for first, second in licence.order(one, other):
            yield Derived(first.value - second.value, "difference", (first, second))


def _spans(fact: Fact) -> frozenset[str]:
    return fact.column.periods if fact.column else frozenset()


def _entity(fact: Fact) -> frozenset[str]:
    return fact.row.words if fact.row else frozenset()


def _shares(cells: Sequence[Fact], column: Sequence[Fact], *, percent: bool) -> Iterator[Derived]:
    """Each named cell as a share of another, of a total in its column, or of the whole column."""
    totals = [fact for fact in column if is_total(fact)]
    for top, bottom in permutations(cells, 2):
        yield from ratio(top, bottom, percent=percent)
    for cell in cells:
        for total in totals[:4]:
            if total not in cells:
                yield from ratio(cell, total, percent=percent)
        if 1 < len(column) <= _MOST and not totals:
            yield from share_of(cell, column, percent=percent)


def _chosen(cells: Sequence[Fact], licence: Licence) -> list[Fact]:
    """The cells of a row whose columns the context names: by period, by word, or all where it names none."""
    wanted = set(cue.years(licence.spans)) or set(licence.spans)
    chosen = [cell for cell in cells if cell.column is not None and cell.column.periods & wanted]
    if len(chosen) > 1:
        finer = [cell for cell in chosen if cell.column and cell.column.words & licence.named]
        return (finer if len({cell.column.periods for cell in finer if cell.column}) > 1 else chosen)[:12]
    by_word = [cell for cell in cells if cell.column is not None and cell.column.words & licence.named]
    return (by_word if len(by_word) > 1 else list(cells))[:12]


def _between(cells: Sequence[Fact], spans: frozenset[str]) -> list[Fact]:
    """The cells of a row from the first to the last year named."""
    named = cue.years(spans)
    return [cell for cell in cells if named and named[0] <= when(cell) <= named[-1]] if len(named) > 1 else []


def _other_periods(one: Fact, other: Fact) -> bool:
    return bool(when(one) and when(other) and when(one) != when(other))


def _grouped(rows: Iterable[str], index: Index) -> Iterator[tuple[str, list[Fact]]]:
    """The cells of the named rows, by column."""
    groups: dict[str, list[Fact]] = {}
    for row in rows:
        for cell in index.rows[row]:
            if cell.column is not None and cell.origin != "total":
                groups.setdefault(f"{cell.source}{cell.column.path}", []).append(cell)
    yield from groups.items()
