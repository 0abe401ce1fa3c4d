"""Did the candidate get worse on the same cases? Exact tests for pass or fail, paired by case.

McNemar's test for one trial per case (mid-p by Fagerland, Lydersen and Laake 2013), and the stratified exact conditional
test (exact Mantel-Haenszel) for any number of trials on either side, which becomes McNemar's for one trial each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import comb
from typing import NamedTuple

from harness.errors import MissingExtra

_PLAIN_LIMIT = 2_000_000
"""Multiplications that plain Python may take; numpy does the rest."""


class Counts(NamedTuple):
    """A case in both runs."""

    baseline_passed: int
    """Trials of the baseline that passed."""

    baseline: int
    """Decided trials of the baseline."""

    candidate_passed: int
    """Trials of the candidate that passed."""

    candidate: int
    """Decided trials of the candidate."""


class Paired(NamedTuple):
    """How surprising the difference is, were there none."""

    worse: float
    """One-sided mid-p of a candidate that is worse."""

    better: float
    """One-sided mid-p of a candidate that is better."""

    exact_worse: float
    """One-sided exact p of a candidate that is worse; never too small, often too large."""

    exact_better: float
    """One-sided exact p of a candidate that is better."""

    @property
    def two_sided(self) -> float:
        """Two-sided mid-p."""
        return min(1.0, 2 * min(self.worse, self.better))

    @property
    def exact_two_sided(self) -> float:
        """Two-sided exact p."""
        return min(1.0, 2 * min(self.exact_worse, self.exact_better))


def mcnemar(lost: int, gained: int) -> Paired:
    """Compare two runs with one trial per case.

    Args:
        lost: Cases that passed in the baseline and fail in the candidate.
        gained: Cases that failed in the baseline and pass in the candidate.
    """
    n = lost + gained
    law = [comb(n, count) / 2**n for count in range(n + 1)]
    return _tails(law, gained)


def stratified(cases: Iterable[Counts]) -> Paired:
    """Compare two runs with any number of trials per case; a case without trials on both sides says nothing.

    Raises:
        MissingExtra: for thousands of cases, when numpy is not installed.
    """
    strata: Counter[tuple[int, int, int]] = Counter()
    observed = 0
    for case in cases:
        successes = case.baseline_passed + case.candidate_passed
        if case.baseline and case.candidate:
            strata[(case.baseline, case.candidate, successes)] += 1
            observed += case.candidate_passed - max(0, successes - case.baseline)
    laws = [law for stratum, count in strata.items() for law in [_hypergeometric(*stratum)] * count if len(law) > 1]
    return _tails(_sum_law(laws), observed)


def _hypergeometric(baseline: int, candidate: int, successes: int) -> list[float]:
    """Law of the candidate's successes above their least possible number, all successes of the case given."""
    ways = comb(baseline + candidate, successes)
    low, high = max(0, successes - baseline), min(candidate, successes)
    return [comb(candidate, x) * comb(baseline, successes - x) / ways for x in range(low, high + 1)]


def _sum_law(laws: Sequence[Sequence[float]]) -> Sequence[float]:
    """Law of the sum; all terms are positive, so that direct convolution keeps small tails exact where an FFT does not."""
    width = sum(len(law) - 1 for law in laws)
    if sum(len(law) for law in laws) * width <= _PLAIN_LIMIT:
        total = [1.0]
        for law in laws:
            total = _convolve(total, law)
        return total
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("comparing this many trials", "stats") from error
    pool = [np.asarray(law) for law in laws]
    while len(pool) > 1:
        pairs = [np.convolve(left, right) for left, right in zip(pool[::2], pool[1::2], strict=False)]
        pool = [*pairs, *pool[len(pool) // 2 * 2 :]]
    return [float(chance) for chance in pool[0]]


def _convolve(left: Sequence[float], right: Sequence[float]) -> list[float]:
    total = [0.0] * (len(left) + len(right) - 1)
    for shift, weight in enumerate(right):
        for position, chance in enumerate(left):
            total[position + shift] += chance * weight
    return total


def _tails(law: Sequence[float], observed: int) -> Paired:
    here = law[observed]
    below, above = sum(law[:observed]), sum(law[observed + 1 :])
    return Paired(below + here / 2, above + here / 2, min(1.0, below + here), min(1.0, above + here))
