"""The operations that can make a figure out of facts, each with its operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Literal, TypeAlias

from harness.frozen import frozen
from harness.quantities import Kind

from .facts import Fact
from .words import years

Operation: TypeAlias = Literal[
    "sum", "difference", "percent change", "share", "ratio", "mean", "product", "annualised", "monthly"
]
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS})


@frozen
class Derived:
    """A value that one operation makes, and of which facts."""

    value: Decimal
    """The value, in the unit of the claim's kind: a share is in percent where the claim is."""

    operation: Operation
    """What was done."""

    operands: tuple[Fact, ...]
    """The facts that it was done to, in order."""

    def formula(self) -> str:
        """The computation, as a reader would write it."""
        shown = [f"{fact.value}" for fact in self.operands[:6]] + (["..."] if len(self.operands) > 6 else [])
        match self.operation:
            case "sum":
                return " + ".join(shown)
            case "difference":
                return " - ".join(shown)
            case "percent change":
                return f"({shown[0]} - {shown[1]}) / {shown[1]}"
            case "mean":
                return f"({' + '.join(shown)}) / {len(self.operands)}"
            case "product":
                return " x ".join(shown)
            case "annualised":
                return f"{shown[0]} x 12"
            case "monthly":
                return f"{shown[0]} / 12"
            case _:
                return " / ".join(shown)


def means(cells: Sequence[Fact], spans: frozenset[str]) -> Iterator[Derived]:
    """Means of neighbouring cells and of one attribute's, or of all where there is one per year named."""
    taken = [*runs(cells), *alike(cells)] if len(years(spans)) != len(cells) else [tuple(cells)]
    for run in taken if len(cells) > 1 else ():
        yield Derived(add_up(run) / len(run), "mean", run)


def runs(cells: Sequence[Fact]) -> list[tuple[Fact, ...]]:
    """Neighbouring cells of one kind, two or more, the most first."""
    alike = [cell for cell in cells if same_kind(cells[0], cell)] if cells else []
    sizes = range(len(alike), 1, -1)
    return [tuple(alike[start : start + size]) for size in sizes for start in range(len(alike) - size + 1)]


def alike(cells: Sequence[Fact]) -> list[tuple[Fact, ...]]:
    """The cells of each attribute that stands in several columns, one for each period."""
    groups: dict[str, list[Fact]] = {}
    for cell in cells:
        if cell.column is not None:
            groups.setdefault("".join(c for c in cell.column.text if not c.isdigit()), []).append(cell)
    return [tuple(group) for group in groups.values() if 1 < len(group) < len(cells)]


def sums(cells: Sequence[Fact]) -> Iterator[Derived]:
    """Sums of neighbouring cells and of pairs."""
    taken = [*runs(cells[:10]), *(group for group in alike(cells[:10]) if len(group) > 2)]
    for run in taken:
        yield Derived(add_up(run), "sum", run)
    for pair in combinations(cells[:10], 2):
        if same_kind(*pair) and pair not in taken:
            yield Derived(add_up(pair), "sum", pair)


def ratio(top: Fact, bottom: Fact, *, percent: bool) -> Iterator[Derived]:
    """One fact as a share of another, in percent where the claim is."""
    if bottom.value != 0 and (top.kind in _PERCENT) == (bottom.kind in _PERCENT):
        worth = top.value / bottom.value
        yield Derived(worth * 100, "share", (top, bottom)) if percent else Derived(worth, "ratio", (top, bottom))


def share_of(cell: Fact, column: Sequence[Fact], *, percent: bool) -> Iterator[Derived]:
    """A cell's share of its column."""
    whole = add_up(column)
    if whole:
        total = Fact(whole, cell.source, cell.column.path if cell.column else cell.path, "total", cell.kind)
        yield from ratio(cell, total, percent=percent)


def product(one: Fact, other: Fact) -> Iterator[Derived]:
    """A price times a quantity, an amount times a rate."""
    value = one.value * other.value
    share = (one.kind in _PERCENT) != (other.kind in _PERCENT)
    yield Derived(value / 100 if share else value, "product", (one, other))


def compound(cells: Sequence[Fact]) -> Iterator[Derived]:
    """The yearly rate between two years."""
    for first, second in combinations(cells, 2):
        later, earlier = _order(first, second, dated=True)[0]
        apart = _year(later) - _year(earlier)
        if apart > 0 and earlier.value > 0 and later.value > 0:
            rate = (float(later.value) / float(earlier.value)) ** (1 / apart) - 1
            yield Derived(Decimal(repr(rate)) * 100, "annualised", (later, earlier))


def _year(fact: Fact) -> int:
    named = when(fact)
    return int(named) if named.isdigit() else 0


def changes(cells: Sequence[Fact], *, percent: bool, plain: bool, dated: bool = True) -> Iterator[Derived]:
    """Differences and percent changes; `plain` leaves differences out, `dated` takes the later one first."""
    for first, second in combinations(cells, 2):
        if not same_kind(first, second):
            continue
        for later, earlier in _order(first, second, dated=dated):
            if percent and first.kind not in _PERCENT and earlier.value != 0:
                yield from _rise(later, earlier)
            if not percent or first.kind in _PERCENT or plain:
                yield Derived(later.value - earlier.value, "difference", (later, earlier))


def _rise(later: Fact, earlier: Fact) -> Iterator[Derived]:
    rise = (later.value - earlier.value) / earlier.value * 100
    yield Derived(rise, "percent change", (later, earlier))
    if earlier.value < 0:  # of a loss, writers mean either sign
        yield Derived(-rise, "percent change", (later, earlier))


def _order(first: Fact, second: Fact, *, dated: bool) -> list[tuple[Fact, Fact]]:
    """Later before earlier where the periods are known, otherwise both ways."""
    one, other = when(first), when(second)
    if one and other and one != other and dated:
        return [(first, second)] if one > other else [(second, first)]
    return [(first, second), (second, first)]


def when(fact: Fact) -> str:
    """The last year, or else quarter, that a cell belongs to."""
    named = (fact.column.periods if fact.column else frozenset()) or (fact.row.periods if fact.row else frozenset())
    found = years(named) or sorted(name for name in named if name.startswith("q"))
    return found[-1] if found else ""


def is_total(fact: Fact) -> bool:
    """Whether its row is called a total."""
    return fact.row is not None and bool(fact.row.words & {"total", "net", "sum", "overall"})


def same_kind(one: Fact, other: Fact) -> bool:
    """Whether two facts can be added."""
    loose = {Kind.NUMBER, Kind.CURRENCY, Kind.COUNT, Kind.SHARES}
    return (
        one.kind is other.kind or (one.kind in loose and other.kind in loose) or Kind.NUMBER in (one.kind, other.kind)
    )


def add_up(facts: Iterable[Fact]) -> Decimal:
    """Their sum."""
    return sum((fact.value for fact in facts), Decimal(0))
