"""Numbers instead of pass or fail: cost, latency, tokens and scores of repeated trials, paired by case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

from harness.errors import MissingExtra

from .rates import Interval, mean, mean_se

_MANY = 100
_DRAWS = 4_999


class Samples(NamedTuple):
    """One case's numbers in both runs."""

    baseline: tuple[float, ...]
    """Trials of the baseline."""

    candidate: tuple[float, ...]
    """Trials of the candidate."""


class Shift(NamedTuple):
    """How much larger the candidate's numbers are, and how surprising that is."""

    value: float
    """Mean over cases of the difference of the case's means."""

    p: float
    """One-sided p of a candidate that is larger, by permuting trials within cases."""

    limit: float
    """Upper bound of the shift, one-sided at 1 - alpha; infinite for a single case."""

    cases: int
    """Cases with numbers on both sides."""


def logs(values: Sequence[float], *, floor: float = 1e-9) -> tuple[float, ...]:
    """Logarithms, so that a shift is a ratio; what is below the floor counts as the floor."""
    return tuple(math.log(max(floor, item)) for item in values)


def shift(cases: Sequence[Samples], *, alpha: float = 0.05, seed: int = 0) -> Shift | None:
    """Compare two runs; None when no case has numbers on both sides.

    Under no change, a case's trials are exchangeable. With few cases their labels are permuted (4,999 times); the law
    of the sum over 100 and more cases that vary is normal with the permutation's own, exact variance.

    Raises:
        ValueError: for numbers that are not finite.
        MissingExtra: when numpy is needed and not installed.
    """
    both = [case for case in cases if case.baseline and case.candidate]
    if not both:
        return None
    if not all(math.isfinite(number) for case in both for side in case for number in side):
        raise ValueError("a number that is not finite cannot be compared")
    gaps = [mean(case.candidate) - mean(case.baseline) for case in both]
    value, error = mean(gaps), mean_se(gaps)
    limit = math.inf if error is None else value + NormalDist().inv_cdf(1 - alpha) * error
    varied = [case for case in both if len({*case.baseline, *case.candidate}) > 1]
    total = math.fsum(gap for case, gap in zip(both, gaps, strict=True) if len({*case.baseline, *case.candidate}) > 1)
    return Shift(value, _p(varied, total, seed), limit, len(both))


def _p(varied: Sequence[Samples], total: float, seed: int) -> float:
    if not varied:
        return 1.0
    if len(varied) >= _MANY:
        return 1 - NormalDist().cdf(total / math.sqrt(math.fsum(_variance(case) for case in varied)))
    np = _numpy("comparing cost, latency or tokens")
    drawn = np.zeros(_DRAWS)
    random = np.random.default_rng(seed)
    for case in varied:
        pooled = np.array([*case.baseline, *case.candidate])
        n, chosen = len(pooled), len(case.candidate)
        order = random.random((_DRAWS, n)).argpartition(chosen - 1, axis=1)[:, :chosen]
        sums = pooled[order].sum(axis=1)
        drawn += sums / chosen - (pooled.sum() - sums) / (n - chosen)
    slack = 1e-9 * max(1.0, abs(total))
    above, equal = int((drawn > total + slack).sum()), int((abs(drawn - total) <= slack).sum())
    return (above + (equal + 1) / 2) / (_DRAWS + 1)


def _variance(case: Samples) -> float:
    """Of the difference of the means when labels are drawn without replacement."""
    pooled = [*case.baseline, *case.candidate]
    n, centre = len(pooled), mean(pooled)
    spread = math.fsum((item - centre) ** 2 for item in pooled) / (n - 1)
    return spread * n / (len(case.baseline) * len(case.candidate))


def bootstrap(values: Sequence[float], *, confidence: float = 0.95, draws: int = 2_000, seed: int = 0) -> Interval:
    """Percentile interval of a mean by drawing cases again; for figures without a formula, such as pass^k.

    Raises:
        ValueError: for no values.
        MissingExtra: when numpy is not installed.
    """
    if not values:
        raise ValueError("the mean of nothing is not defined")
    np = _numpy("a bootstrap interval")
    data = np.asarray(values, dtype=float)
    means = data[np.random.default_rng(seed).integers(0, len(data), (draws, len(data)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def _numpy(feature: str) -> Any:
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra(feature, "stats") from error
    return np
