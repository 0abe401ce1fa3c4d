"""Paths of a portfolio through saving and retirement: one walk for random, constant and historical growth."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

When: TypeAlias = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One household's plan, in years and dollars."""

    value: float
    """What is there today."""

    mean: float
    """Expected return of a year: 0.05 is five percent."""

    volatility: float
    """Standard deviation of a year's return."""

    years: int
    """Years until retirement; 0 for somebody who is retired."""

    contribution: float
    """Saved at the end of each year before it."""

    income: float
    """Taken out at the end of each year of retirement, before inflation."""

    inflation: float
    """Yearly rise of that income."""

    years_in_retirement: int = 30
    """How long the money must last."""

    indexed_from: Literal["retirement", "today"] = "retirement"
    """Since when inflation raises the income; the original starts with the first year of retirement."""

    @property
    def horizon(self) -> int:
        """All years."""
        return self.years + self.years_in_retirement

    def flows(self) -> Array:
        """Money added (positive) or taken out at the end of each year."""
        year = np.arange(1, self.years_in_retirement + 1, dtype=np.float64)
        if self.indexed_from == "today":
            year += self.years
        spent = -self.income * (1.0 + self.inflation) ** year
        return np.concatenate([np.full(self.years, self.contribution, dtype=np.float64), spent])


@dataclass(frozen=True, slots=True)
class Walk:
    """Where paths ended."""

    final: Array
    """Value at the end of each path; 0 where the money ran out."""

    lasted: NDArray[np.int64]
    """Periods that each path lived through; all of them where the money did not run out."""

    marks: Mapping[int, Array]
    """Values after the periods that were asked for."""


def walk(start: float, growth: Array, flows: Array, *, when: When = "end", marks: tuple[int, ...] = ()) -> Walk:
    """Let paths grow and pay, period by period.

    Args:
        start: Value of every path at the beginning.
        growth: Factors, one row for each period and one column for each path.
        flows: Money added to every path in each period; negative for what is taken out.
        when: Whether money moves before or after the growth of its period.
        marks: Periods after which values are kept; 0 is the beginning.

    A path whose value falls to zero or below is ruined and stays at zero.
    """
    paths = growth.shape[1]
    value = np.full(paths, float(start))
    alive = value > 0
    lasted = np.zeros(paths, dtype=np.int64)
    kept = {0: value.copy()} if 0 in marks else {}
    for period, flow in enumerate(flows):
        if when == "start":
            value += flow
            alive &= value > 0
            value *= growth[period]
        else:
            value *= growth[period]
            value += flow
        # Somebody who starts with nothing is not ruined while still saving.
        alive = (alive & (value > 0)) | ((flow > 0) & (value > 0) & (lasted == period))
        value[~alive] = 0.0
        lasted += alive
        if period + 1 in marks:
            kept[period + 1] = value.copy()
    return Walk(value, lasted, kept)


def draw(periods: int, paths: int, *, seed: int) -> Array:
    """Standard normal numbers, one row for each year: plans that share a seed share their luck."""
    return np.random.default_rng(seed).standard_normal((periods, paths))


def growth_of(plan: Plan, luck: Array) -> Array:
    """Growth factors of random years; nobody loses more than everything."""
    growth = luck * plan.volatility
    growth += 1.0 + plan.mean
    return np.maximum(growth, 0.0, out=growth)


def simulate(plan: Plan, luck: Array) -> Walk:
    """Walk a plan along random years; `luck` has at least as many rows as the plan has years."""
    return walk(plan.value, growth_of(plan, luck[: plan.horizon]), plan.flows(), marks=(plan.years,))


def project(plan: Plan) -> Array:
    """Value at the end of each year if every year brings exactly the expected return; today's value comes first."""
    growth = np.full((plan.horizon, 1), 1.0 + plan.mean)
    marks = tuple(range(plan.horizon + 1))
    found = walk(plan.value, growth, plan.flows(), marks=marks)
    return np.array([found.marks[year][0] for year in marks])


def closed_form(plan: Plan) -> float:
    """Value at retirement without volatility, by the formula of an annuity: the independent answer for a test."""
    grown = math.expm1(plan.years * math.log1p(plan.mean))  # exact where the return is tiny
    annuity = plan.years if plan.mean == 0 else grown / plan.mean
    return plan.value * (1 + grown) + plan.contribution * annuity


def wilson(successes: int, n: int, *, z: float = 1.959963984540054) -> tuple[float, float]:
    """The 95 % Wilson interval of a rate."""
    rate, square = successes / n, z * z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = z * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def success_rate(plan: Plan, growth: Array) -> float:
    """Share of paths that end with money left, without keeping anything else of them.

    Money only leaves a plan once saving is over, so a path that was ruined is below zero at its end, too.
    """
    value = np.full(growth.shape[1], plan.value)
    for period, flow in enumerate(plan.flows()):
        value *= growth[period]
        value += flow
    return float(np.mean(value > 0))


def summary(plan: Plan, luck: Array) -> dict[str, Any]:
    """What a simulation says, as plain data."""
    found = simulate(plan, luck)
    n = found.final.size
    successes = int(np.count_nonzero(found.final > 0))
    low, high = wilson(successes, n)
    lived = np.maximum(found.lasted - plan.years, 0)
    return {
        "success_rate": successes / n,
        "ci_low": round(low, 6),
        "ci_high": round(high, 6),
        "at_retirement": _percentiles(found.marks[plan.years]),
        "at_end": _percentiles(found.final),
        "years_lasted_median": float(np.median(lived)),
        "paths_sha256": hashlib.sha256(np.round(found.final, 2).tobytes()).hexdigest(),
    }


def varied(plan: Plan, lever: Literal["saving", "years", "income"], amount: float) -> Plan:
    """The plan with one lever set."""
    if lever == "years":
        return replace(plan, years=round(amount))
    return replace(plan, contribution=amount) if lever == "saving" else replace(plan, income=amount)


def _percentiles(values: Array) -> dict[str, float]:
    names = (10, 25, 50, 75, 90)
    return {f"p{name}": round(float(worth), 2) for name, worth in zip(names, np.percentile(values, names), strict=True)}
