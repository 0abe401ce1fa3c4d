"""Figures of return and risk from daily values, without any library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

SESSIONS_PER_YEAR: Final = 252


def returns(values: Sequence[float]) -> list[float]:
    """The simple return from each value to the next."""
    return [later / earlier - 1 for earlier, later in pairwise(values)]


def volatility(daily: Sequence[float]) -> float | None:
    """Yearly volatility: the sample's standard deviation times the root of 252; None for fewer than two returns."""
    if len(daily) < 2:
        return None
    mean = math.fsum(daily) / len(daily)
    return math.sqrt(math.fsum((one - mean) ** 2 for one in daily) / (len(daily) - 1) * SESSIONS_PER_YEAR)


def drawdown(values: Sequence[float]) -> float:
    """The deepest fall from a peak, as a number from -1 to 0."""
    worst, peak = 0.0, 0.0
    for one in values:
        peak = max(peak, one)
        worst = min(worst, one / peak - 1)
    return worst


def beta(daily: Sequence[float], market: Sequence[float]) -> float | None:
    """Covariance with the market over its variance; None where the market does not move."""
    if len(daily) != len(market) or len(daily) < 2:
        return None
    mean, base = math.fsum(daily) / len(daily), math.fsum(market) / len(market)
    variance = math.fsum((one - base) ** 2 for one in market)
    covariance = math.fsum((a - mean) * (b - base) for a, b in zip(daily, market, strict=True))
    return covariance / variance if variance else None


def concentration(weights: Sequence[float]) -> float:
    """The Herfindahl-Hirschman index of weights that add up to one: 1 is a single holding."""
    return math.fsum(weight * weight for weight in weights)
