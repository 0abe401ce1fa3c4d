"""The largest drop that trials do not exclude: what lets a gate say `no worse` rather than `nothing found`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from .compare import Counts


def drop_bound(cases: Sequence[Counts], alpha: float = 0.05) -> float:
    """One-sided upper bound of the drop on these very cases, at confidence 1 - alpha.

    Only chance between trials counts, and a case's trials of both runs together say how much of it there is; with one trial
    on each side it is the spread over cases. Half a case of each outcome is added (Agresti and Min 2005), weighing as a case
    with the mean number of trials does. How often it covers is in bench/gate_sim.md.

    Raises:
        ValueError: for no cases with trials on both sides.
    """
    both = [case for case in cases if case.baseline and case.candidate]
    if not both:
        raise ValueError("the drop of nothing is not defined")
    n = len(both) + 2
    drops = [case.baseline_passed / case.baseline - case.candidate_passed / case.candidate for case in both]
    weights = [1 / case.baseline + 1 / case.candidate for case in both]
    noise = math.fsum(_variance(case) * weight for case, weight in zip(both, weights, strict=True))
    centre = math.fsum(drops) / n
    if all(case.baseline == case.candidate == 1 for case in both):
        noise -= n * centre**2
    error = math.sqrt(max(0.0, noise + math.fsum(weights) / (2 * len(both)))) / n
    return min(1.0, centre + NormalDist().inv_cdf(1 - alpha) * error)


def _variance(case: Counts) -> float:
    trials = case.baseline + case.candidate
    rate = (case.baseline_passed + case.candidate_passed) / trials
    return rate * (1 - rate) * trials / (trials - 1)
