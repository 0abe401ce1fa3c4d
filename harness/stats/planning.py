"""What a comparison could see at all: the smallest drop that it finds, and the trials that a given drop takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from .noise import trial_variance
from .rates import mean

_NORMAL = NormalDist()


def mean_variance(cases: Sequence[tuple[int, int]]) -> float:
    """Mean p(1-p) over cases (passed, trials); where none was repeated, the most that the rate allows."""
    repeated = [found for passed, n in cases if (found := trial_variance(passed, n)) is not None]
    if repeated:
        return mean(repeated)
    decided = sum(n for _, n in cases)
    rate = sum(passed for passed, _ in cases) / decided if decided else 0.5
    return rate * (1 - rate)


def detectable(
    cases: int,
    trials: tuple[int, int],
    *,
    variance: float,
    alpha: float = 0.05,
    power: float = 0.8,
    least: int | None = None,
) -> float:
    """Smallest drop of the pass rate that is found in 4 of 5 attempts (`power`), one-sided.

    Never less than what the exact test needs at all: a few cases lost whole.

    Args:
        cases: Cases compared.
        trials: Trials per case, baseline and run.
        variance: Mean p(1-p) over cases.
        alpha: Level of the test.
        power: Chance of finding it.
        least: Fewest lost cases that are significant, where another test than this one sees to those.
    """
    before, now = trials
    z = _NORMAL.inv_cdf(1 - alpha) + _NORMAL.inv_cdf(power)
    seen = z * math.sqrt(variance * (1 / before + 1 / now) / cases)
    return min(1.0, max(seen, (least_lost(trials, alpha) if least is None else least) / cases))


def least_lost(trials: tuple[int, int], alpha: float = 0.05) -> int:
    """Fewest cases that always passed and now always fail, and are significant by themselves."""
    before, now = trials
    lost_by_chance = 1 / math.comb(before + now, now)
    return max(1, math.ceil(math.log(2 * alpha) / math.log(lost_by_chance) - 1e-9)) if alpha < 0.5 else 1


def trials_needed(
    drop: float, cases: int, baseline: int, *, variance: float, alpha: float = 0.05, most: int = 1000
) -> int | None:
    """Trials per case of the run that make a drop detectable against a baseline; None when no number does."""
    for trials in range(1, most + 1):
        if detectable(cases, (baseline, trials), variance=variance, alpha=alpha) <= drop:
            return trials
    return None
