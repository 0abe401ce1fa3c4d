"""Decide whether JSON-like values are equal: exactly, within a tolerance, without order or without some places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isinf
from typing import Any, TypeAlias

from harness.frozen import frozen
from harness.steps.matching import pairs

Place: TypeAlias = tuple[str | int, ...]

_BAG_LIMIT = 1_000_000
"""Most pairs of items that are tried when lists are compared without order."""


@frozen
class Comparison:
    """What counts as equal."""

    tolerance: float = 0.0
    """Most by which two numbers may differ."""

    ignore_order: bool = False
    """Whether lists are compared as bags."""

    ignored: Callable[[Place], bool] | None = None
    """Whether a place is left out."""

    def agree(self, expected: Any, actual: Any, place: Place = ()) -> bool:
        """Whether the actual value is equal to the expected one.

        Raises:
            ValueError: for lists that are too long to compare without order.
        """
        if self.skips(place):
            return True
        if isinstance(expected, Mapping) and isinstance(actual, Mapping):
            return self._mappings(expected, actual, place)
        if _is_list(expected) and _is_list(actual):
            return self._bags(expected, actual, place) if self.ignore_order else self._lists(expected, actual, place)
        return self.alike(expected, actual)

    def alike(self, expected: Any, actual: Any) -> bool:
        """Whether two values without parts are equal."""
        if self.tolerance and is_number(expected) and is_number(actual):
            return _near(expected, actual, self.tolerance)
        return same(expected, actual)

    def skips(self, place: Place) -> bool:
        """Whether a place does not count."""
        return self.ignored is not None and self.ignored(place)

    def _mappings(self, expected: Mapping[str, Any], actual: Mapping[str, Any], place: Place) -> bool:
        return all(
            self.agree(expected[key], actual[key], (*place, key))
            if key in expected and key in actual
            else self.skips((*place, key))
            for key in dict.fromkeys([*expected, *actual])
        )

    def _lists(self, expected: Sequence[Any], actual: Sequence[Any], place: Place) -> bool:
        shorter = min(len(expected), len(actual))
        if not all(self.skips((*place, index)) for index in range(shorter, max(len(expected), len(actual)))):
            return False
        return all(self.agree(expected[index], actual[index], (*place, index)) for index in range(shorter))

    def _bags(self, expected: Sequence[Any], actual: Sequence[Any], place: Place) -> bool:
        if len(expected) * len(actual) > _BAG_LIMIT:
            raise ValueError(f"lists of {len(expected)} and {len(actual)} items are too long to compare without order")

        def agree(left: int, right: int) -> bool:
            return self.agree(expected[left], actual[right], (*place, left))

        return len(expected) == len(actual) == len(pairs(len(expected), len(actual), agree))


def _near(left: float, right: float, tolerance: float) -> bool:
    """Whether two numbers are apart by no more than this, whichever is named first."""
    try:
        # One part in 10^12 absorbs the binary rounding of a decimal tolerance: 0.3 - 0.1 is within 0.2.
        slack = tolerance * 1e-12 + 1e-12 * max(abs(left), abs(right))
        return left == right if isinf(slack) else abs(left - right) <= tolerance + slack
    except OverflowError:  # a whole number beyond all floats
        return left == right


def same(left: Any, right: Any) -> bool:
    """Whether two JSON-like values are equal: 1 is 1.0, true is not 1, the order of keys does not count."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if _is_list(left) and _is_list(right):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _is_list(item: Any) -> bool:
    return isinstance(item, Sequence) and not isinstance(item, str | bytes)


def is_number(item: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(item, int | float) and not isinstance(item, bool)
