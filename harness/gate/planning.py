"""What a gate could see with this baseline, what it takes to see more, and the price."""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.stats import detectable, is_flaky, mean_variance, neyman, shares, trials_needed

from .baseline import Baseline, BaselineCase
from .limits import Limits

_TRIALS = (1, 2, 3, 5, 10)
_TOLD = 5


def plan_lines(baseline: Baseline, limits: Limits) -> Iterator[str]:
    """For a terminal: detectable drop, trials and price by trials per case; the same trials divided better."""
    cases = [item for item in baseline.cases if item.severity != "minor"]
    if not cases:
        yield f"{baseline.suite}: only minor cases, nothing is gated"
        return
    history = [(item.passed, item.trials) for item in cases]
    stored = max(1, round(len(cases) / math.fsum(1 / item.trials for item in cases)))
    noise, price = mean_variance(history), price_of(cases)
    yield f"{baseline.suite}: {_s(len(cases), 'case')}, {stored} baseline trials each, noise p(1-p) = {noise:.3f}"
    yield "  trials per case   detectable drop   trials   price"
    for trials in _TRIALS:
        drop = detectable(len(cases), (stored, trials), variance=noise, alpha=limits.alpha)
        cost = "unknown" if price is None else f"${price * trials:.2f}"
        yield f"  {trials:>15}   {100 * drop:>8.1f} points   {trials * len(cases):>6}   {cost}"
    half = max(1, stored // 2)
    drop = detectable(len(cases), (half, 1), variance=noise, alpha=0.4 * limits.alpha)
    more = 1 + limits.confirm * _expected_suspects(cases)
    yield (
        f"  screen and confirm: about {more:.1f} trials per case; a broken case is named,"
        f" drift spread over all cases is seen from {100 * drop:.0f} points"
    )
    yield _needed(len(cases), stored, noise, limits)
    yield from _divided(cases, history)


def price_of(cases: list[BaselineCase]) -> float | None:
    """Mean price of one pass over the cases; None where a case's is not known."""
    if not all(item.cost_usd for item in cases):
        return None
    return math.fsum(math.fsum(item.cost_usd) / len(item.cost_usd) for item in cases)


def _expected_suspects(cases: list[BaselineCase]) -> float:
    return math.fsum(1 - item.passed / item.trials for item in cases if 2 * item.passed > item.trials) / len(cases)


def _needed(cases: int, stored: int, noise: float, limits: Limits) -> str:
    points = f"{100 * limits.margin:g} points (the margin)"
    trials = trials_needed(limits.margin, cases, stored, variance=noise, alpha=limits.alpha)
    if trials is None:
        return f"  a drop of {points} cannot be seen with this baseline: add cases, or bless with more trials"
    return f"  a drop of {points} takes {_s(trials, 'trial')} per case"


def _divided(cases: list[BaselineCase], history: list[tuple[int, int]]) -> Iterator[str]:
    """Where 3 trials per case would help most, and who makes the noise."""
    noisy = sorted(zip(shares(history), cases, strict=True), key=lambda item: (-item[0], item[1].case))
    if noisy[0][0] <= 0:
        yield "  no case varies between trials: one trial per case says as much as many"
        return
    given = neyman(history, 3 * len(cases), most=10)
    wanted = {(case.case, case.agent): count for case, count in zip(cases, given, strict=True)}
    yield f"  {3 * len(cases)} trials are best divided (Neyman) with more for:"
    for share, case in noisy[:_TOLD]:
        if share > 0:
            mark = ", flaky" if is_flaky(case.passed, case.trials) else ""
            times = wanted[case.case, case.agent]
            yield f"    {case.case}: {_s(times, 'trial')} ({share:.0%} of the noise{mark})"


def _s(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"
