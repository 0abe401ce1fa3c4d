"""Compare JSON-like values exactly, or find everything in which they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from harness.steps.matching import pairs

Change: TypeAlias = Literal["missing", "extra", "changed"]
Place: TypeAlias = tuple[str | int, ...]

_BAG_LIMIT = 1_000_000
"""Most pairs of items that are tried when lists are compared without order."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two values differ."""

    place: Place
    """Keys and indexes from the top."""

    change: Change
    """Whether it is missing from the actual value, extra in it, or different."""

    expected: Any = None
    """What should be there."""

    actual: Any = None
    """What is there."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What counts as equal."""

    tolerance: float = 0.0
    """Most by which two numbers may differ."""

    ignore_order: bool = False
    """Whether lists are compared as bags."""

    ignored: Callable[[Place], bool] | None = None
    """Whether a place is left out."""

    def differences(self, expected: Any, actual: Any, place: Place = ()) -> Iterator[Difference]:
        """Everything in which the actual value differs from the expected one, in order of place."""
        if self.ignored is not None and self.ignored(place):
            return
        if isinstance(expected, Mapping) and isinstance(actual, Mapping):
            yield from self._in_mappings(expected, actual, place)
        elif _is_list(expected) and _is_list(actual):
            compare = self._in_bags if self.ignore_order else self._in_lists
            yield from compare(expected, actual, place)
        elif not self._equal(expected, actual):
            yield Difference(place, "changed", expected, actual)

    def _equal(self, expected: Any, actual: Any) -> bool:
        if self.tolerance and _is_number(expected) and _is_number(actual):
            # One part in 10^12 absorbs the binary rounding of a decimal tolerance: 0.3 - 0.1 is within 0.2.
            return bool(abs(expected - actual) <= self.tolerance * (1 + 1e-12) + 1e-12 * abs(expected))
        return same(expected, actual)

    def _in_mappings(
        self, expected: Mapping[str, Any], actual: Mapping[str, Any], place: Place
    ) -> Iterator[Difference]:
        for key in dict.fromkeys([*expected, *actual]):
            inner = (*place, key)
            if key in expected and key in actual:
                yield from self.differences(expected[key], actual[key], inner)
            elif self.ignored is None or not self.ignored(inner):
                change: Change = "missing" if key in expected else "extra"
                yield Difference(inner, change, expected.get(key), actual.get(key))

    def _in_lists(self, expected: Sequence[Any], actual: Sequence[Any], place: Place) -> Iterator[Difference]:
        for index in range(max(len(expected), len(actual))):
            inner = (*place, index)
            if index < len(expected) and index < len(actual):
                yield from self.differences(expected[index], actual[index], inner)
            elif self.ignored is not None and self.ignored(inner):
                continue
            elif index < len(expected):
                yield Difference(inner, "missing", expected[index])
            else:
                yield Difference(inner, "extra", None, actual[index])

    def _in_bags(self, expected: Sequence[Any], actual: Sequence[Any], place: Place) -> Iterator[Difference]:
        if len(expected) * len(actual) > _BAG_LIMIT:
            raise ValueError(f"lists of {len(expected)} and {len(actual)} items are too long to compare without order")

        def agree(left: int, right: int) -> bool:
            return next(self.differences(expected[left], actual[right], (*place, left)), None) is None

        matched = pairs(len(expected), len(actual), agree)
        taken = set(matched.values())
        for index, item in enumerate(expected):
            if index not in matched:
                yield Difference((*place, index), "missing", item)
        for index, item in enumerate(actual):
            if index not in taken and (self.ignored is None or not self.ignored((*place, index))):
                yield Difference((*place, index), "extra", None, item)


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


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)
