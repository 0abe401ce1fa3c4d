"""Sums of floats that are exact and can be moved along: what enters is added, what leaves is taken away, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence


def whole(values: Sequence[float]) -> tuple[list[int], int]:
    """Write finite floats as whole numbers of one unit: each is `number / unit`, and so is a sum, rounded once, as by `fsum`.

    A float is a whole number over a power of two, so that the largest of these serves all.

    Args:
        values: Finite numbers.

    Returns:
        The numbers in the same order, and the unit.
    """
    parts = [value.as_integer_ratio() for value in values]
    unit = max((bottom for _, bottom in parts), default=1)
    return [top * (unit // bottom) for top, bottom in parts], unit
