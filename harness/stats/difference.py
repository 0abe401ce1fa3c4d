"""How large a difference between two runs over the same cases is, and how many cases it takes to see one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .compare import Counts
from .rates import Interval, mean, mean_se

_Z95 = 1.959963984540054


class Difference(NamedTuple):
    """Candidate minus baseline, as the mean over cases of the difference of their pass rates."""

    value: float
    """The difference; negative when the candidate is worse."""

    cases: int
    """Cases with trials on both sides."""

    suite_se: float | None
    """Standard error for these very cases: only chance between trials counts; None when a case has a single trial."""

    population_se: float | None
    """Standard error for cases like these: the choice of cases counts, too; None for fewer than two cases."""

    interval: Interval | None
    """95 % interval for cases like these."""


def difference(cases: Sequence[Counts]) -> Difference | None:
    """Compare two runs; None when no case has trials on both sides."""
    both = [case for case in cases if case.baseline and case.candidate]
    if not both:
        return None
    drops = [case.candidate_passed / case.candidate - case.baseline_passed / case.baseline for case in both]
    value, error = mean(drops), mean_se(drops)
    single = all(case.baseline == case.candidate == 1 for case in both)
    interval = None
    if single:
        interval = agresti_min(drops.count(-1.0), drops.count(1.0), len(both))
    elif error is not None:
        interval = Interval(max(-1.0, value - _Z95 * error), min(1.0, value + _Z95 * error))
    return Difference(value, len(both), _suite_se(both), error, interval)


def agresti_min(lost: int, gained: int, cases: int) -> Interval:
    """95 % interval for the difference with one trial per case (Agresti and Min 2005: half a case is added to each cell)."""
    b, c, n = lost + 0.5, gained + 0.5, cases + 2
    value = (c - b) / n
    half = _Z95 * math.sqrt((b + c) - (b - c) ** 2 / n) / n
    return Interval(max(-1.0, value - half), min(1.0, value + half))


def cases_needed(
    drop: float,
    *,
    between: float,
    within: tuple[float, float] = (0.0, 0.0),
    trials: tuple[int, int] = (1, 1),
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """Cases that a paired comparison needs to see a drop (Miller 2024, two-sided).

    Args:
        drop: Difference of the means that must be seen.
        between: Variance over cases of the difference of the true means.
        within: Mean variance over a case's trials, baseline and candidate.
        trials: Trials per case, baseline and candidate.
        alpha: Chance of a false alarm.
        power: Chance of seeing the drop when it is there.
    """
    from statistics import NormalDist

    normal = NormalDist()
    variance = between + within[0] / trials[0] + within[1] / trials[1]
    return math.ceil((normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) ** 2 * variance / drop**2)


def _suite_se(cases: Sequence[Counts]) -> float | None:
    if any(case.baseline < 2 or case.candidate < 2 for case in cases):
        return None
    variance = math.fsum(
        _spread(case.baseline_passed, case.baseline) + _spread(case.candidate_passed, case.candidate) for case in cases
    )
    return math.sqrt(variance) / len(cases)


def _spread(passed: int, trials: int) -> float:
    rate = passed / trials
    return rate * (1 - rate) / (trials - 1)
