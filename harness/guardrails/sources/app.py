"""What the public application and assistant check: charts when they are parsed, confirmations, a simulation of 500 paths."""

from __future__ import annotations

import json
import math
from typing import Any, Final, Literal

from harness.frozen import frozen

PATHS: Final = 500
_BAND: Final = 2.576
"""Standard errors of a 99 % band."""

_NO: Final = ("no", "cancel", "reject", "deny")
_YES: Final = ("yes", "ok", "approve", "confirm", "proceed", "execute")


def parse_charts(text: str) -> dict[str, Any]:
    """Read charts from the first brace to the last, by key.

    Raises:
        ValueError: when there is no JSON there, or no chart in it.
        AttributeError: when a chart is no object, which the application does not catch.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end <= start:
        raise ValueError("no JSON found in the output")
    charts = json.loads(text[start : end + 1]).get("charts", [])
    found = {
        chart.get("key", f"chart_{place}"): {name: item for name, item in chart.items() if name != "key"}
        for place, chart in enumerate(charts, 1)
    }
    if not found:
        raise ValueError("no charts found")
    return found


def confirmed(answer: str) -> Literal["yes", "no", "unclear"]:
    """What the assistant takes an answer for: words are looked for as parts of it, refusals first."""
    text = answer.lower()
    if any(word in text for word in _NO):
        return "no"
    return "yes" if any(word in text for word in _YES) else "unclear"


@frozen
class Retirement:
    """A plan as the application simulates it, in years and dollars."""

    value: float = 99_437.50
    mean: float = 0.05791
    volatility: float = 0.12971
    years: int = 25
    contribution: float = 10_000.0
    income: float = 60_000.0
    inflation: float = 0.03
    years_in_retirement: int = 30
    inflation_from: int = 1
    """Year of retirement in which prices have first risen."""


def success_rate(plan: Retirement, *, paths: int, seed: int) -> float:
    """Share of simulated paths on which the money lasts."""
    import numpy as np

    years = plan.years + plan.years_in_retirement
    luck = np.random.default_rng(seed).standard_normal((80, paths))[:years]
    growth = np.maximum(1.0 + plan.mean + plan.volatility * luck, 0.0)
    worth = np.full(paths, plan.value)
    alive = np.ones(paths, dtype=bool)
    for year in range(years):
        retired = year - plan.years
        flow = (
            plan.contribution if retired < 0 else -plan.income * (1 + plan.inflation) ** (retired + plan.inflation_from)
        )
        worth = worth * growth[year] + flow
        if retired >= 0:
            alive &= worth > 0
    return float(np.mean(alive))


def within(rate: float, own: float, *, paths: int = PATHS) -> bool:
    """Whether a success rate lies in the 99 % band of one's own, from a few hundred paths with luck of their own."""
    return abs(rate - own) <= _BAND * math.sqrt(own * (1.0 - own) / paths)
