"""Several tests at once: keep the chance of a false alarm where it was meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the chance of any false alarm keeps its level (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(_order(p_values)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the expected share of false ones among those found keeps its level (1995)."""
    n = len(p_values)
    adjusted = [0.0] * n
    lowest = 1.0
    for rank, index in reversed([*enumerate(_order(p_values), 1)]):
        lowest = min(lowest, p_values[index] * n / rank)
        adjusted[index] = lowest
    return tuple(adjusted)


def spent(stages: Iterable[tuple[float, float]]) -> float:
    """One p-value for tests among which the level was divided beforehand (weighted Bonferroni).

    Args:
        stages: p-value and share of the level of each; shares add up to at most 1.
    """
    found = [p / share for p, share in stages if share > 0]
    return min(1.0, *found) if found else 1.0


def _order(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=lambda index: p_values[index])
