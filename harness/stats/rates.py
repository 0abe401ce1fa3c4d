"""One rate or mean and how sure it is (Miller 2024, arXiv 2411.00640; Wilson 1927; Clopper and Pearson 1934)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .beta import beta_quantile

_Z95 = 1.959963984540054


class Interval(NamedTuple):
    """Lower and upper bound."""

    low: float
    """Lower bound."""

    high: float
    """Upper bound."""


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Interval of one rate; the default, because it holds near 0 and 1 and for small numbers."""
    _counted(successes, n)
    z2 = _z(confidence) ** 2
    rate = successes / n
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of one rate that never covers less than promised; for cases that must pass."""
    _counted(successes, n)
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes == n else beta_quantile(1 - tail, successes + 1, n - successes)
    return Interval(low, high)


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean.

    Raises:
        ValueError: for no values.
    """
    if not values:
        raise ValueError("the mean of nothing is not defined")
    return math.fsum(values) / len(values)


def bernoulli_se(rate: float, n: int) -> float:
    """Standard error of a rate of n independent trials."""
    return math.sqrt(rate * (1 - rate) / n)


def mean_se(values: Sequence[float]) -> float | None:
    """Standard error of a mean of independent values; None for fewer than two."""
    n = len(values)
    if n < 2:
        return None
    centre = mean(values)
    return math.sqrt(math.fsum((item - centre) ** 2 for item in values) / (n * (n - 1)))


def clustered_se(clusters: Mapping[Any, Iterable[float]], *, corrected: bool = True) -> float | None:
    """Standard error of the mean over all values when the values of a cluster, such as a case's trials, go together.

    Args:
        clusters: Values by cluster.
        corrected: Whether to multiply the variance by C/(C-1) for C clusters, which small numbers of them need.

    Returns:
        None for fewer than two clusters: one cluster says nothing about the spread between them.
    """
    groups = [list(values) for values in clusters.values()]
    groups = [values for values in groups if values]
    if len(groups) < 2:
        return None
    n = sum(len(values) for values in groups)
    centre = math.fsum(item for values in groups for item in values) / n
    variance = math.fsum(math.fsum(item - centre for item in values) ** 2 for values in groups) / n**2
    return math.sqrt(variance * (len(groups) / (len(groups) - 1) if corrected else 1.0))


def _counted(successes: float, n: float) -> None:
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"{successes} successes of {n} is no rate")


def _z(confidence: float) -> float:
    if confidence == 0.95:
        return _Z95
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + confidence) / 2)
