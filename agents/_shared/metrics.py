"""Figures of return and risk from daily values, without any library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

SESSIONS_PER_YEAR: Final = 252
DAYS_PER_YEAR: Final = 365
_STEP: Final = 0.125
_STEPS: Final = 111  # to ln(1 + r) = 13.8: -99.9999 % and 100,000,000 %
_MOST_EXPONENT: Final = 600.0


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


def xirr(cashflows: Sequence[tuple[date, float]]) -> float | None:
    """The money-weighted yearly return of dated cash flows: money put in is negative, money taken out or still there positive.

    It is the r that solves `sum(amount / (1 + r) ** (days since the first flow / 365)) = 0`; where several do, the one nearest to
    zero growth. None where the flows do not change sign, lie on one day, or no rate between -99.9999 % and 100,000,000 % solves it.
    """
    if not cashflows:
        return None
    start = min(day for day, _ in cashflows)
    return rate_of_return([((day - start).days / DAYS_PER_YEAR, amount) for day, amount in cashflows])


def rate_of_return(flows: Sequence[tuple[float, float]]) -> float | None:
    """The same for flows at any times, in years or other periods: the rate per period.

    The search goes outward from zero in steps of ln(1 + r), so that it never leaves -100 %, and halves the first step over which
    the present value changes its sign. Halving cannot run away as Newton's method does.
    """
    amounts = [amount for _, amount in flows]
    if not all(math.isfinite(part) for flow in flows for part in flow) or not min(amounts, default=0) < 0 < max(
        amounts
    ):
        return None
    scale = max(abs(amount) for amount in amounts)
    # Times count from the middle of the span: neither end can overflow, and the sign is what matters.
    middle = (min(time for time, _ in flows) + max(time for time, _ in flows)) / 2
    centred = [(time - middle, amount / scale) for time, amount in flows]

    def value(growth: float) -> float:
        return math.fsum(amount * math.exp(_held(-growth * time)) for time, amount in centred)

    for step in range(_STEPS):
        for low in (step * _STEP, -(step + 1) * _STEP):
            if (found := _root(value, low, low + _STEP)) is not None:
                return math.expm1(found)
    return None


def _root(value: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a function crosses zero between two places; None where its ends have one sign."""
    below, above = value(low), value(high)
    if below == 0 or above == 0:
        return None if below == above else low if below == 0 else high
    if (below > 0) == (above > 0):
        return None
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if (value(middle) > 0) == (below > 0) else (low, middle)
    return low


def _held(exponent: float) -> float:
    return max(-_MOST_EXPONENT, min(_MOST_EXPONENT, exponent))
