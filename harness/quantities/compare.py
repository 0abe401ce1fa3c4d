"""Decide whether two figures say the same thing, as precisely as they were printed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal, localcontext
from enum import StrEnum

from harness.frozen import frozen

from .reach import plainly, reach, shown
from .read import of
from .values import Bound, Kind, Quantity

Figure = Quantity | str | int | float | Decimal
"""What can be compared; all but a Quantity goes through `of`."""


class Rule(StrEnum):
    """Which rule settled a comparison."""

    EXACT = "exact"
    ROUNDED = "rounded"
    BOUND = "bound"
    TOLERANCE = "tolerance"
    UNIT_CONVERTED = "unit_converted"
    UNIT_OMITTED = "unit_omitted"
    OTHER_READING = "other_reading"
    DIFFERENT_VALUE = "different_value"
    DIFFERENT_SIGN = "different_sign"
    DIFFERENT_UNIT = "different_unit"
    DIFFERENT_CURRENCY = "different_currency"


@frozen
class Agreement:
    """What a comparison concluded; true in a condition when the figures agree."""

    agrees: bool
    """Whether both figures can be the same value."""

    rule: Rule
    """The rule that settled it."""

    reason: str
    """One sentence for a person."""

    difference: Decimal | None = None
    """How far apart they are, in the expected figure's unit; None where the units differ."""

    allowed: Decimal | None = None
    """How far apart they may be; None where that was not the question."""

    def __bool__(self) -> bool:
        return self.agrees


@frozen
class _Pair:
    """Two figures brought to one unit, and how."""

    expected: Quantity
    actual: Quantity
    rule: Rule


_CONTEXT = Context(prec=120)
_POINTS = {Kind.PERCENT: Decimal(1), Kind.POINTS: Decimal(1), Kind.BPS: Decimal("0.01"), Kind.MULTIPLE: Decimal(100)}
"""Worth of one unit in percent."""

_SPANS = {
    "second": ("second", 1), "minute": ("second", 60), "hour": ("second", 3600), "day": ("second", 86400),
    "week": ("second", 604800), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12), "decade": ("month", 120),
}  # fmt: skip


def agrees(
    expected: Figure,
    actual: Figure,
    *,
    absolute: Decimal | float | None = None,
    relative: Decimal | float | None = None,
) -> Agreement:
    """Compare two figures.

    They agree when one lies where the other, printed as it is, can lie: within half a unit of the last printed digit of
    the less precise one. An explicit `absolute` tolerance (in the expected figure's unit) or `relative` one (a share of the
    expected value) takes the place of that rule; where both are given the wider one holds.

    Raises:
        ValueError: A figure is no quantity, or a tolerance is negative or not finite.
    """
    with localcontext(_CONTEXT):
        left, right = _quantity(expected), _quantity(actual)
        given = _tolerance(absolute, relative, left)
        verdict = _settle(left, right, given)
        for first, second in _other_readings(left, right):
            if verdict:
                break
            other = _settle(first, second, given)
            if other:
                reason = f"{other.reason} (reading the ambiguous separator the other way)"
                verdict = replace(other, rule=Rule.OTHER_READING, reason=reason)
        return verdict


def _quantity(figure: Figure) -> Quantity:
    return figure if isinstance(figure, Quantity) else of(figure)


def _other_readings(left: Quantity, right: Quantity) -> list[tuple[Quantity, Quantity]]:
    pairs = [(first, second) for first in (left, *left.alternatives) for second in (right, *right.alternatives)]
    return pairs[1:]


def _tolerance(
    absolute: Decimal | float | None, relative: Decimal | float | None, expected: Quantity
) -> Decimal | None:
    if absolute is None and relative is None:
        return None
    widths = [of(width).value for width in (absolute, relative) if width is not None]
    if min(widths) < 0:
        raise ValueError("a tolerance cannot be negative; give the largest difference that still agrees")
    fixed = of(absolute).value if absolute is not None else Decimal(0)
    share = of(relative).value * abs(expected.value) if relative is not None else Decimal(0)
    return max(fixed, share)


def _settle(expected: Quantity, actual: Quantity, given: Decimal | None) -> Agreement:
    pairs = _bring_together(expected, actual)
    if isinstance(pairs, Agreement):
        return pairs
    verdicts = [_compare(pair, expected, actual, given) for pair in pairs]
    return next((verdict for verdict in verdicts if verdict), verdicts[0])


def _bring_together(expected: Quantity, actual: Quantity) -> list[_Pair] | Agreement:
    """Express both in the expected figure's unit, or say why that is not possible."""
    if expected.kind is Kind.CURRENCY is actual.kind and expected.currency != actual.currency:
        return _unlike(Rule.DIFFERENT_CURRENCY, expected, actual, f"{expected.currency} is not {actual.currency}")
    if expected.kind is Kind.DURATION is actual.kind:
        return _spans(expected, actual)
    if expected.kind is actual.kind:
        same = expected.unit == actual.unit or None in (expected.unit, actual.unit)
        return [_Pair(expected, actual, Rule.EXACT)] if same else _unlike_units(expected, actual)
    if expected.kind in _POINTS and actual.kind in _POINTS:
        return [_Pair(expected, _times(actual, _POINTS[actual.kind] / _POINTS[expected.kind]), Rule.UNIT_CONVERTED)]
    if Kind.NUMBER in (expected.kind, actual.kind):
        return _with_bare(expected, actual)
    return _unlike_units(expected, actual)


def _with_bare(expected: Quantity, actual: Quantity) -> list[_Pair]:
    """A bare number stands for the other's unit, or, up to 1, for a fraction where that is percent or basis points."""
    bare, other = (expected, actual) if expected.kind is Kind.NUMBER else (actual, expected)
    readings: list[tuple[Quantity, Rule]] = []
    if other.kind in (Kind.PERCENT, Kind.POINTS, Kind.BPS) and abs(bare.value) <= 1:
        readings.append((_times(bare, 100 / _POINTS[other.kind]), Rule.UNIT_CONVERTED))
    if not readings or abs(bare.value) == 1:
        readings.append((bare, Rule.UNIT_OMITTED))
    return [_Pair(read, actual, rule) if bare is expected else _Pair(expected, read, rule) for read, rule in readings]


def _spans(expected: Quantity, actual: Quantity) -> list[_Pair] | Agreement:
    first, one = _SPANS[expected.unit or "year"]
    second, other = _SPANS[actual.unit or "year"]
    if first != second:
        return _unlike_units(expected, actual)
    rule = Rule.EXACT if one == other else Rule.UNIT_CONVERTED
    return [_Pair(expected, _times(actual, Decimal(other) / one), rule)]


def _times(quantity: Quantity, factor: Decimal) -> Quantity:
    return replace(quantity, value=quantity.value * factor, step=quantity.step * factor)


def _compare(pair: _Pair, expected: Quantity, actual: Quantity, given: Decimal | None) -> Agreement:
    first, second = pair.expected, pair.actual
    difference = abs(first.value - second.value)
    allowed = given if given is not None else max(first.half_unit, second.half_unit)
    opposed = first.value * second.value < 0
    if opposed and not (given is not None and max(abs(first.value), abs(second.value)) <= given):
        reason = f"{shown(actual)} and {shown(expected)} have opposite signs"
        return Agreement(False, Rule.DIFFERENT_SIGN, reason, difference, allowed)
    if difference == 0 and not _contradict(first, second):
        return Agreement(True, pair.rule, f"{shown(actual)} is {shown(expected)}{_how(pair.rule)}", difference, allowed)
    if given is not None:
        return _by_tolerance(expected, actual, difference, given)
    return _by_precision(pair, expected, actual, difference)


def _by_tolerance(expected: Quantity, actual: Quantity, difference: Decimal, given: Decimal) -> Agreement:
    within = difference <= given
    word = "within" if within else "more than"
    reason = f"{shown(actual)} differs from {shown(expected)} by {plainly(difference)}, {word} the tolerance of {plainly(given)}"
    return Agreement(within, Rule.TOLERANCE if within else Rule.DIFFERENT_VALUE, reason, difference, given)


def _by_precision(pair: _Pair, expected: Quantity, actual: Quantity, difference: Decimal) -> Agreement:
    first, second = pair.expected, pair.actual
    allowed = max(first.half_unit, second.half_unit)
    bounded = {first.bound, second.bound} & {Bound.ABOUT, Bound.OVER, Bound.UNDER}
    within = (_lies(first, second) or _lies(second, first)) and not _contradict(first, second)
    if within:
        rule = (
            pair.rule
            if pair.rule is not Rule.EXACT
            else Rule.BOUND
            if bounded and difference > allowed
            else Rule.ROUNDED
        )
        reason = f"{shown(actual)} agrees with {shown(expected)} as printed{_how(pair.rule)}: they differ by {plainly(difference)}"
        return Agreement(True, rule, reason, difference, allowed)
    hint = "" if pair.rule is Rule.EXACT else _how(pair.rule)
    reason = (
        f"{shown(actual)} differs from {shown(expected)} by {plainly(difference)}{hint}, "
        f"more than half a unit of the last printed digit ({plainly(allowed)})"
    )
    return Agreement(False, Rule.DIFFERENT_VALUE, reason, difference, allowed)


def _how(rule: Rule) -> str:
    if rule is Rule.UNIT_CONVERTED:
        return " after converting the unit"
    return " where one of them leaves its unit out" if rule is Rule.UNIT_OMITTED else ""


def _lies(value: Quantity, printed: Quantity) -> bool:
    low, high = reach(printed)
    return low <= value.value <= high


def _contradict(first: Quantity, second: Quantity) -> bool:
    return {first.bound, second.bound} == {Bound.OVER, Bound.UNDER}


def _unlike(rule: Rule, expected: Quantity, actual: Quantity, why: str) -> Agreement:
    return Agreement(False, rule, f"{shown(actual)} cannot be compared with {shown(expected)}: {why}")


def _unlike_units(expected: Quantity, actual: Quantity) -> Agreement:
    first, second = (quantity.unit or quantity.kind.value for quantity in (expected, actual))
    return _unlike(Rule.DIFFERENT_UNIT, expected, actual, f"one is in {first}, the other in {second}")
