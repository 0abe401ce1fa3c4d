"""Figures that follow from other figures of the same answer, within what the rounding of those allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, permutations

from harness.quantities import Kind, Quantity

from .claims import Claim
from .facts import Fact
from .operations import Derived, Operation
from .words import CHANGE, MONTHLY, PLUS, PRODUCT, TOTAL, YEARLY

_MOST = 8
_BY_CHANCE = Decimal("0.05")
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS})
_QUANTITIES = frozenset({Kind.SHARES, Kind.COUNT, Kind.NUMBER})


def carried(claim: Claim, peers: Sequence[tuple[Claim, Fact]]) -> tuple[Derived, bool] | None:
    """What one operation on grounded figures nearby makes that the figure can be, and whether that says something.

    Each figure stands for all the values that would be printed like it, so that 12.3 % and 45.6 % make 57.9 % or 58.0 %, not 61 %.
    """
    alike = [(other, fact) for other, fact in peers if _alike(claim.figure, other.figure)][-_MOST:]
    made = [*_made(claim.context, alike), *_products(claim, peers[-_MOST:]), *_by_months(claim, alike)]
    hits = [item for item in made if item[1] <= claim.figure.high and item[2] >= claim.figure.low]
    if not hits:
        return None
    best = min(hits, key=lambda item: abs(item[0].value - claim.figure.value))
    size = abs(claim.figure.value)
    width = sum((high - low + 2 * claim.figure.half_unit for _, low, high in made), Decimal(0))
    return best[0], bool(size) and width / (size * 8 / 3) < _BY_CHANCE


def _made(context: str, peers: Sequence[tuple[Claim, Fact]]) -> Iterator[tuple[Derived, Decimal, Decimal]]:
    """Every licensed operation, with the least and the most that it gives."""
    if TOTAL.search(context) or PLUS.search(context):
        groups = [tuple(peers), *combinations(peers, 2)] if len(peers) > 2 else [tuple(peers)]
        for group in groups if len(peers) > 1 else ():
            figures = [claim.figure for claim, _ in group]
            yield _derived("sum", group, sum((figure.value for figure in figures), Decimal(0)), figures)
    if CHANGE.search(context):
        for one, other in permutations(peers, 2):
            value = one[0].figure.value - other[0].figure.value
            yield _derived("difference", (one, other), value, [one[0].figure, other[0].figure])


def _products(claim: Claim, peers: Sequence[tuple[Claim, Fact]]) -> Iterator[tuple[Derived, Decimal, Decimal]]:
    """An amount times a quantity, both as the answer prints them."""
    if claim.figure.kind is not Kind.CURRENCY or not PRODUCT.search(claim.context):
        return
    amounts = [peer for peer in peers if _alike(claim.figure, peer[0].figure)]
    counts = [peer for peer in peers if peer[0].figure.kind in _QUANTITIES]
    for price in amounts:
        for quantity in counts:
            one, other = price[0].figure, quantity[0].figure
            made = Derived(one.value * other.value, "product", (price[1], quantity[1]))
            ends = one.low * other.low, one.high * other.high
            yield made, min(ends), max(ends)


def _by_months(claim: Claim, peers: Sequence[tuple[Claim, Fact]]) -> Iterator[tuple[Derived, Decimal, Decimal]]:
    """What a year makes of a monthly figure, and a month of a yearly one, where the words say so of both."""
    for other, fact in peers:
        figure = other.figure
        if MONTHLY.search(other.near) and YEARLY.search(claim.near):
            yield Derived(figure.value * 12, "annualised", (fact,)), figure.low * 12, figure.high * 12
        elif YEARLY.search(other.near) and MONTHLY.search(claim.near):
            yield Derived(figure.value / 12, "monthly", (fact,)), figure.low / 12, figure.high / 12


def _derived(
    operation: Operation, group: Sequence[tuple[Claim, Fact]], value: Decimal, figures: Sequence[Quantity]
) -> tuple[Derived, Decimal, Decimal]:
    slack = sum((figure.half_unit for figure in figures), Decimal(0))
    return Derived(value, operation, tuple(fact for _, fact in group)), value - slack, value + slack


def _alike(one: Quantity, other: Quantity) -> bool:
    same = one.kind is other.kind or (one.kind in _PERCENT and other.kind in _PERCENT)
    return same and one.currency == other.currency
