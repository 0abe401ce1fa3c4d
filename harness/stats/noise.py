"""How much of the spread is chance within a case, which cases are flaky, and where further trials help most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .beta import beta_cdf
from .rates import mean

_FEWEST = 5
_MIXED = 0.05
_SURE = 0.9


class Spread(NamedTuple):
    """Variance of a suite's pass rate, by where it comes from."""

    between: float
    """Because cases differ: it counts for claims about cases like these."""

    within: float
    """Because trials of a case differ: it counts for claims about these very cases."""


def trial_variance(passed: int, trials: int) -> float | None:
    """Unbiased p(1-p) of one case; None for a single trial."""
    return passed * (trials - passed) / (trials * (trials - 1)) if trials > 1 else None


def spread(cases: Sequence[tuple[int, int]]) -> Spread | None:
    """Divide the variance of the mean pass rate over cases (passed, trials); None without repeats or with one case."""
    repeated = [(passed, n) for passed, n in cases if n > 1]
    if len(repeated) < 2:
        return None
    rates = [passed / n for passed, n in repeated]
    noise = [(trial_variance(passed, n) or 0.0) / n for passed, n in repeated]
    centre, count = mean(rates), len(rates)
    total = math.fsum((rate - centre) ** 2 for rate in rates) / (count - 1)
    within = mean(noise)
    return Spread(max(0.0, total - within) / count, within / count)


def shares(cases: Sequence[tuple[int, int]]) -> tuple[float, ...]:
    """Each case's share of the chance within cases: what a flaky case costs the others."""
    noise = [(trial_variance(passed, n) or 0.0) / n for passed, n in cases]
    total = math.fsum(noise)
    return tuple(part / total if total else 0.0 for part in noise)


def is_flaky(passed: int, trials: int) -> bool:
    """Whether a case with at least five trials is most likely neither sure to pass nor sure to fail.

    Its trials are mixed, and with Jeffreys' prior the chance is above 0.9 that it passes in 5 to 95 % of all trials.
    """
    if trials < _FEWEST or passed in {0, trials}:
        return False
    a, b = passed + 0.5, trials - passed + 0.5
    return beta_cdf(1 - _MIXED, a, b) - beta_cdf(_MIXED, a, b) > _SURE


def neyman(cases: Sequence[tuple[int, int]], trials: int, *, most: int | None = None) -> tuple[int, ...]:
    """Divide trials among cases, in proportion to the spread that each one's baseline has shown (Neyman 1934).

    Every case keeps one trial; the sum is `trials`, or as near as `most` trials per case allow.

    Args:
        cases: Passed and decided trials of the baseline; never of the run that is judged.
        trials: Trials to divide.
        most: Most trials of one case.
    """
    if not cases:
        return ()
    wanted = [math.sqrt((passed + 0.5) * (n - passed + 0.5)) / (n + 1) for passed, n in cases]
    given = [1] * len(cases)
    for _ in range(trials - len(cases)):
        open_ones = [index for index, count in enumerate(given) if most is None or count < most]
        if not open_ones:
            break
        # the trial that takes most of the remaining variance: from v/k to v/(k+1)
        best = max(open_ones, key=lambda index: wanted[index] ** 2 / (given[index] * (given[index] + 1)))
        given[best] += 1
    return tuple(given)
