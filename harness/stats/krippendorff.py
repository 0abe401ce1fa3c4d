"""Krippendorff's alpha: any number of raters, missing ratings, four kinds of scale (Krippendorff 2011)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, TypeAlias

Scale: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]


def alpha(units: Sequence[Sequence[Hashable]], scale: Scale = "nominal") -> float | None:
    """Agreement beyond chance over units with two or more ratings; the others cannot be compared and do not count.

    Args:
        units: Ratings of each unit, missing ones left out.
        scale: How far apart two ratings are: `nominal` all alike, `ordinal` by rank, `interval` by difference, `ratio` by
            difference over sum. All but `nominal` need numbers.

    Returns:
        None where it is not defined: no unit has two ratings, or every rating is the same.

    Raises:
        TypeError: for ratings that are no numbers, on a scale that needs them.
    """
    paired = [list(unit) for unit in units if len(unit) > 1]
    pooled = Counter(rating for unit in paired for rating in unit)
    n = sum(pooled.values())
    if n == 0 or len(pooled) < 2:
        return None
    if scale == "nominal":
        inside = math.fsum(_nominal(Counter(unit)) / (len(unit) - 1) for unit in paired)
        return 1 - (n - 1) * inside / _nominal(pooled)
    numbers = _numbers(pooled)
    if scale == "ratio":
        inside = math.fsum(_ratio(_counted(unit, numbers)) / (len(unit) - 1) for unit in paired)
        return 1 - (n - 1) * inside / _ratio(_merged(pooled, numbers))
    places = numbers if scale == "interval" else _ranks(pooled, numbers)
    inside = math.fsum(_squares(_counted(unit, places)) / (len(unit) - 1) for unit in paired)
    return 1 - (n - 1) * inside / _squares(_merged(pooled, places))


def _nominal(counts: Mapping[Hashable, int]) -> float:
    """Ordered pairs of different ratings."""
    return sum(counts.values()) ** 2 - sum(count**2 for count in counts.values())


def _squares(counts: Mapping[float, int]) -> float:
    """Sum over ordered pairs of the squared difference, by the shifted formula that loses no digits."""
    n = sum(counts.values())
    centre = math.fsum(number * count for number, count in counts.items()) / n
    return 2 * n * math.fsum((number - centre) ** 2 * count for number, count in counts.items())


def _ratio(counts: Mapping[float, int]) -> float:
    numbers = list(counts.items())
    return 2 * math.fsum(
        left * right * ((one - other) / (one + other)) ** 2
        for place, (one, left) in enumerate(numbers)
        for other, right in numbers[:place]
        if one + other
    )


def _numbers(pooled: Mapping[Hashable, int]) -> dict[Hashable, float]:
    if not all(isinstance(rating, int | float) for rating in pooled):
        raise TypeError("only numbers can be ordered")
    return {rating: float(rating) for rating in pooled}  # type: ignore[arg-type]  # checked above


def _ranks(pooled: Mapping[Hashable, int], numbers: Mapping[Hashable, float]) -> dict[Hashable, float]:
    """Middle rank of each rating: the ordinal distance is the difference of these."""
    ranks: dict[Hashable, float] = {}
    below = 0
    for rating in sorted(pooled, key=lambda rating: numbers[rating]):
        ranks[rating] = below + pooled[rating] / 2
        below += pooled[rating]
    return ranks


def _counted(unit: Sequence[Hashable], places: Mapping[Hashable, float]) -> Counter[float]:
    return Counter(places[rating] for rating in unit)


def _merged(pooled: Mapping[Hashable, int], places: Mapping[Hashable, float]) -> Counter[float]:
    merged: Counter[float] = Counter()
    for rating, count in pooled.items():
        merged[places[rating]] += count
    return merged
