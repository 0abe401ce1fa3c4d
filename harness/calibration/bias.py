"""What should not move a judge: the order of the material, and the length of the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .columns import Example
from .examination import Length, Swap
from .ratings import UNREADABLE, Spelling, number_of

_PLACES = {"1": 0.0, "2": 1.0, "0": 0.5}
"""Of two answers: the first, the second, neither."""


def swap(rows: Sequence[Example], gold: Sequence[str | None], spelt: Spelling) -> Swap | None:
    """What the other order changed; None when it was not tried."""
    both = [
        (label, spelt.read(row.verdict), spelt.read(row.swapped))
        for row, label in zip(rows, gold, strict=True)
        if row.swapped is not None
    ]
    if not both:
        return None
    labelled = [item for item in both if item[0] is not None]
    right = sum((label == one) + (label == other) for label, one, other in labelled)
    return Swap(
        rows=len(both),
        same=sum(one == other for _, one, other in both),
        both_unreadable=sum(one == other == UNREADABLE for _, one, other in both),
        accuracy=right / (2 * len(labelled)) if labelled else None,
        first=sum((one, other) == ("1", "2") for _, one, other in both),
        second=sum((one, other) == ("2", "1") for _, one, other in both),
    )


def length(
    rows: Sequence[Example], gold: Sequence[str | None], said: Sequence[str], *, pairs: bool = False
) -> Length | None:
    """How verdicts lean to longer answers (or second ones, of pairs), label given; None for too few, or no numbers."""
    number = _PLACES.get if pairs else number_of
    points = [
        (row.length, number(label), number(verdict))
        for row, label, verdict in zip(rows, gold, said, strict=True)
        if row.length is not None and label is not None
    ]
    full = [(size, label, verdict) for size, label, verdict in points if label is not None and verdict is not None]
    if len(full) < 4:
        return None
    sizes, labels, verdicts = (list(column) for column in zip(*full, strict=True))
    by_size, by_verdict = _left(sizes, labels), _left(verdicts, labels)
    spread, other = math.fsum(x * x for x in by_size), math.fsum(y * y for y in by_verdict)
    shared = math.fsum(x * y for x, y in zip(by_size, by_verdict, strict=True))
    if spread < 1e-12:
        return None
    return Length(len(full), shared / math.sqrt(spread * other) if other > 1e-12 else 0.0, 100 * shared / spread)


def _left(values: Sequence[float], given: Sequence[float]) -> list[float]:
    """What is left of values when their straight line over `given` is taken away."""
    n = len(values)
    middle, centre = math.fsum(values) / n, math.fsum(given) / n
    spread = math.fsum((x - centre) ** 2 for x in given)
    slope = (
        math.fsum((x - centre) * (y - middle) for x, y in zip(given, values, strict=True)) / spread if spread else 0.0
    )
    return [y - middle - slope * (x - centre) for x, y in zip(given, values, strict=True)]
