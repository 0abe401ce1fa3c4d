"""Find the places in which two JSON-like values differ: deepdiff looks, our rules say what counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.jsonpath import written

from .equality import Comparison, Place
from .wording import shown

Change: TypeAlias = Literal["missing", "extra", "changed"]

_CHANGES: Final[dict[str, Change]] = {
    "dictionary_item_removed": "missing",
    "iterable_item_removed": "missing",
    "dictionary_item_added": "extra",
    "iterable_item_added": "extra",
    "values_changed": "changed",
    "type_changes": "changed",
}
"""deepdiff's names for what it finds, and ours."""


@frozen
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


def differences(expected: Any, actual: Any, comparison: Comparison) -> tuple[Difference, ...]:
    """Everything in which the actual value differs from the expected one, in order of place.

    deepdiff is imported here and not before, because that takes a second: values that agree never need it.
    """
    from deepdiff import DeepDiff

    found = DeepDiff(
        expected,
        actual,
        view="tree",
        ignore_order=comparison.ignore_order,
        report_repetition=comparison.ignore_order,
        custom_operators=[_Alike(comparison)],
        exclude_obj_callback=_excluded(comparison) if comparison.ignored is not None else None,
        zip_ordered_iterables=not comparison.ignore_order,
    )
    seen = [_difference(kind, level) for kind, levels in found.items() for level in levels]
    return tuple(sorted(seen, key=lambda item: [(isinstance(part, str), part) for part in item.place]))


def sentence(difference: Difference) -> str:
    """A difference in words, with its place."""
    place = written(difference.place)
    if difference.change == "missing":
        return f"{place} is missing (expected {shown(difference.expected)})"
    if difference.change == "extra":
        return f"{place} is not expected ({shown(difference.actual)})"
    return f"{place} is {shown(difference.actual)}, expected {shown(difference.expected)}"


def _difference(kind: str, level: Any) -> Difference:
    place = tuple(level.path(output_format="list"))
    change = _CHANGES.get(kind, "changed")
    return Difference(
        place,
        change,
        None if change == "extra" else level.t1,
        None if change == "missing" else level.t2,
    )


class _Alike:
    """deepdiff's operator: values without parts are equal where our rules say so."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def match(self, level: Any) -> bool:
        """Whether we decide about this place: both sides are there and have no parts."""
        return _plain(level.t1) and _plain(level.t2)

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:  # noqa: ARG002 - deepdiff calls it so
        """Whether there is nothing more to find here."""
        return self._comparison.alike(level.t1, level.t2)

    def normalize_value_for_hashing(self, parent: Any, obj: Any) -> Any:  # noqa: ARG002 - deepdiff calls it so
        """Leave values as they are: deepdiff looks hashes up by the value itself and would lose any that is changed here."""
        return obj


def _plain(item: Any) -> bool:
    return item is None or isinstance(item, str | int | float)


def _excluded(comparison: Comparison) -> Any:
    from deepdiff import parse_path

    def excluded(_item: Any, path: str) -> bool:
        parts: Sequence[str | int] = parse_path(path)  # type: ignore[no-untyped-call]  # deepdiff's is untyped
        return comparison.skips(tuple(parts))

    return excluded
