"""A true rate from many judged answers and few labelled ones.

`ppi` is PPI++ (Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): unbiased whatever the judge is worth, and never much wider
than the labels alone. `rogan_gladen` inverts sensitivity and specificity (Rogan and Gladen 1978), with the interval of Lee et
al. 2025 (arXiv 2511.21140): for labels with another mix of classes than the answers that are judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from .rates import Interval, mean


class Estimate(NamedTuple):
    """A rate or mean with its interval."""

    value: float
    """The estimate."""

    interval: Interval
    """Its interval."""

    weight: float = 1.0
    """How much the judge was trusted, 0 to 1 (lambda); 0 uses the labels alone."""


def ppi(
    labels: Sequence[float],
    judged: Sequence[float],
    unlabelled: Sequence[float],
    *,
    weight: float | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Mean of what labels would say of all answers.

    Args:
        labels: Human labels.
        judged: The judge's verdicts on the same answers.
        unlabelled: The judge's verdicts on the answers without labels.
        weight: Trust in the judge; None chooses the one with the least variance.
        confidence: Of the interval.

    Raises:
        ValueError: for no labels, no unlabelled verdicts, or labels and verdicts of different lengths.
    """
    if len(labels) != len(judged) or not labels or not unlabelled:
        raise ValueError("PPI++ needs labels, as many verdicts on them, and verdicts on other answers")
    trust = _weight(labels, judged, unlabelled) if weight is None else weight
    rest = [label - trust * verdict for label, verdict in zip(labels, judged, strict=True)]
    value = trust * mean(unlabelled) + mean(rest)
    variance = trust**2 * _variance(unlabelled) / len(unlabelled) + _variance(rest) / len(rest)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(variance)
    return Estimate(value, Interval(value - half, value + half), trust)


def _weight(labels: Sequence[float], judged: Sequence[float], unlabelled: Sequence[float]) -> float:
    n, more = len(labels), len(unlabelled)
    every = [*judged, *unlabelled]
    spread = _variance(every) * len(every) / (len(every) - 1)
    if not spread:
        return 0.0
    return min(1.0, max(0.0, _covariance(labels, judged) / ((1 + n / more) * spread)))


def rogan_gladen(rate: float, *, sensitivity: float, specificity: float) -> float:
    """The true rate behind a judge's rate; outside 0 to 1 where the judge's errors cannot explain it.

    Raises:
        ValueError: for a judge that is no better than chance: its rate says nothing.
    """
    youden = sensitivity + specificity - 1
    if youden <= 0:
        raise ValueError("a judge that is no better than chance says nothing of the true rate")
    return (rate + specificity - 1) / youden


def corrected(
    rate: float, n: int, *, sensitivity: tuple[float, int], specificity: tuple[float, int], confidence: float = 0.95
) -> Estimate:
    """The true rate with an interval that knows how few labels sensitivity and specificity rest on.

    Args:
        rate: Share of yes among the judge's verdicts.
        n: How many those are.
        sensitivity: Share of yes among answers that are labelled yes, and how many they are.
        specificity: Share of no among answers that are labelled no, and how many they are.
        confidence: Of the interval.

    Raises:
        ValueError: for a judge that is no better than chance.
    """
    point = min(1.0, max(0.0, rogan_gladen(rate, sensitivity=sensitivity[0], specificity=specificity[0])))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p, size = (n * rate + z * z / 2) / (n + z * z), n + z * z
    (hit, hits), (miss, misses) = _smoothed(*sensitivity), _smoothed(*specificity)
    youden = hit + miss - 1
    if youden <= 0:
        raise ValueError("a judge that is no better than chance says nothing of the true rate")
    centre = (p + miss - 1) / youden
    no, yes = miss * (1 - miss) / misses, hit * (1 - hit) / hits
    shift = 2 * z * z * (centre * yes - (1 - centre) * no)
    half = z * math.sqrt(p * (1 - p) / size + (1 - centre) ** 2 * no + centre**2 * yes) / youden
    low, high = (min(1.0, max(0.0, bound)) for bound in (centre + shift - half, centre + shift + half))
    return Estimate(point, Interval(low, high))


def _smoothed(share: float, n: int) -> tuple[float, int]:
    return (share * n + 1) / (n + 2), n + 2


def _variance(values: Sequence[float]) -> float:
    return _covariance(values, values)


def _covariance(left: Sequence[float], right: Sequence[float]) -> float:
    one, other = mean(left), mean(right)
    return math.fsum((a - one) * (b - other) for a, b in zip(left, right, strict=True)) / len(left)
