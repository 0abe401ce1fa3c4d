"""The beta distribution's law and its inverse, without scipy: intervals and flakiness stand on them."""

from __future__ import annotations

import math


def beta_quantile(p: float, a: float, b: float) -> float:
    """The share below which a fraction p of the distribution lies."""
    low, high = 0.0, 1.0
    while high - low > 1e-15 * max(low, 1e-300) and (middle := (low + high) / 2) not in {low, high}:
        low, high = (middle, high) if beta_cdf(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function by its continued fraction (Lentz)."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1), tiny)
    result = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away(1.0 + term * d, tiny)
            c = _away(1.0 + term / c, tiny)
            result *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return result


def _away(number: float, tiny: float) -> float:
    return number if abs(number) > tiny else tiny
