"""Let the two ends of a range share the unit, currency and scale that only one of them prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.lazy import pattern

from .values import Bound, Kind, Quantity

_CONNECTOR = pattern(
    r"[ \u00a0]?-[ \u00a0]?|[ \u00a0]?—[ \u00a0]?|[ \u00a0]?/[ \u00a0]?|[ \u00a0](?:to|or|and|bis)[ \u00a0]|\.\.\.?"
)
_DIRECTIONS = pattern(r"(?:from|between)[ \u00a0]\Z")


def share_units(quantities: Sequence[Quantity], text: str) -> list[Quantity]:
    """Complete every pair of neighbours that are the ends of one range."""
    shared = list(quantities)
    for place in range(len(shared) - 1):
        first, second = shared[place], shared[place + 1]
        connector = connector_between(text, first, second)
        if connector:
            shared[place], shared[place + 1] = _complete(first, second, connector, text)
    return shared


def connector_between(text: str, first: Quantity, second: Quantity) -> str:
    """What joins two neighbours into a range; empty when they are not one."""
    gap = text[first.end : second.start] if second.start - first.end <= 6 else ""
    joined = bool(_CONNECTOR.fullmatch(gap)) and (gap.strip() != "and" or first.bound is Bound.BETWEEN)
    return gap.strip(" \u00a0") or " " if joined else ""


def _complete(first: Quantity, second: Quantity, connector: str, text: str) -> tuple[Quantity, Quantity]:
    if first.bound is Bound.BETWEEN:
        second = replace(second, bound=Bound.BETWEEN)
    tight = connector == "-" and text[first.end] == "-"
    ordered = abs(first.value) <= abs(second.value) or tight or _introduced(text, first)
    if _bare(first) and not _bare(second) and ordered and _suffixed(second, text):
        first = replace(first, kind=second.kind, currency=second.currency, unit=second.unit)
    elif _bare(second) and first.currency:
        second = replace(second, kind=first.kind, currency=first.currency)
    elif _bare(second) and not _bare(first) and (tight or first.bound is Bound.BETWEEN):
        second = replace(second, kind=first.kind, unit=first.unit)
    return _share_scale(first, second), second


def _introduced(text: str, first: Quantity) -> bool:
    return bool(_DIRECTIONS.search(text[max(0, first.start - 10) : first.start]))


def _bare(quantity: Quantity) -> bool:
    return quantity.kind is Kind.NUMBER


def _suffixed(quantity: Quantity, text: str) -> bool:
    """Whether the unit stands after the digits, where it can serve both ends."""
    return not text[quantity.end - 1].isdigit()


def _share_scale(first: Quantity, second: Quantity) -> Quantity:
    alike = first.kind is second.kind and first.currency == second.currency and first.unit == second.unit
    if not alike or second.scale <= 1 or first.scale != 1 or not 0 < abs(first.value) < 1000:
        return first
    if abs(first.value) > 10 * abs(second.value / second.scale):
        return first
    scale = second.scale
    return replace(first, value=first.value * scale, step=first.step * scale, scale=scale, alternatives=())
