"""A Monte Carlo projection that a trial reported, over a band that we simulate ourselves from the inputs it states."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from harness.frozen import frozen
from harness.model import Result
from harness.text import one_line

SHARES: Final = (10, 25, 50, 75, 90)
"""Percentiles of a fan."""

MOST: Final = 6
"""Most fans of one trial."""

_PATHS: Final = 2_000
_SEED: Final = 20_261_121
_LONGEST: Final = 120
_NEEDED: Final = ("value", "expected_return_percent", "volatility_percent", "years")
_LARGEST: Final = 1e15


@frozen
class Mark:
    """Percentiles at one moment."""

    year: float
    """Years from today."""

    name: str
    """What the moment is called."""

    values: Mapping[int, float]
    """Amount by percentile."""


@frozen
class Fan:
    """One projection."""

    title: str
    """Scenario, and the step that reported it."""

    step: str
    """Step id."""

    reported: tuple[Mark, ...]
    """What the trial says."""

    reference: tuple[Mark, ...]
    """Our own simulation, year by year; empty where the stated inputs do not suffice."""

    basis: str
    """How the reference was made, in words."""

    success: tuple[float, float] | None
    """Reported share of paths in which the money lasts, and ours."""

    @property
    def farthest(self) -> tuple[Mark, int, float] | None:
        """The reported percentile that lies farthest from the reference: its moment, percentile and relative distance."""
        by_year = {mark.year: mark for mark in self.reference}
        found = [
            (mark, share, (amount - by_year[mark.year].values[share]) / by_year[mark.year].values[share])
            for mark in self.reported
            if mark.year in by_year
            for share, amount in mark.values.items()
            if by_year[mark.year].values.get(share)
        ]
        return max(found, key=lambda item: abs(item[2])) if found else None


def fans(result: Result) -> tuple[Fan, ...]:
    """Every projection that a trial's tools reported, each simulation once."""
    found: dict[str, Fan] = {}
    for call in result.outcome.trace.tools:
        if call.status == "ok" and isinstance(call.result, Mapping) and len(found) < MOST:
            marks = tuple(_marks(call.result))
            if marks:
                fan = _fan(call.id, call.name, call.result, marks)
                found.setdefault(f"{fan.title}{fan.reported}", fan)
    return tuple(found.values())


def _fan(step: str, tool: str, reply: Mapping[str, Any], marks: tuple[Mark, ...]) -> Fan:
    inputs = reply.get("inputs")
    made = _simulated(inputs) if isinstance(inputs, Mapping) else None
    reference, share, basis = made or ((), None, "")
    told = _number(reply.get("success_rate"))
    start = _number(inputs.get("value")) if isinstance(inputs, Mapping) else None
    today = () if start is None else (Mark(0, "today", dict.fromkeys(SHARES, start)),)
    scenario = reply.get("scenario")
    return Fan(
        title=one_line(f"{tool}: {scenario}" if isinstance(scenario, str) else tool, 120),
        step=step,
        reported=tuple(sorted((*today, *marks), key=lambda mark: mark.year)),
        reference=reference,
        basis=basis,
        success=None if told is None or share is None else (told, share),
    )


def _marks(reply: Mapping[str, Any]) -> Iterator[Mark]:
    """Percentiles at moments (`at_retirement: {p10, p50, ...}`), or rows of a year with its percentiles."""
    inputs = reply.get("inputs") if isinstance(reply.get("inputs"), Mapping) else reply
    saving = _number(inputs.get("years")) if isinstance(inputs, Mapping) else None
    spending = _number(inputs.get("years_in_retirement")) if isinstance(inputs, Mapping) else None
    for name, item in list(reply.items())[:200]:
        if isinstance(item, Mapping) and (values := _percentiles(item)) and saving is not None:
            ends = "end" in str(name) and spending is not None
            yield Mark(saving + (spending or 0) if ends else saving, one_line(str(name).replace("_", " "), 60), values)
        elif isinstance(item, list | tuple):
            for row in item[:_LONGEST]:
                year = _number(row.get("year")) if isinstance(row, Mapping) else None
                if year is not None and (values := _percentiles(row)):
                    yield Mark(year, f"year {year:g}", values)


def _percentiles(item: Mapping[Any, Any]) -> dict[int, float]:
    found = {share: number for share in SHARES if (number := _number(item.get(f"p{share}"))) is not None}
    return found if len(found) >= 3 else {}


def _number(item: Any) -> float | None:
    if isinstance(item, bool) or not isinstance(item, int | float) or not abs(item) < _LARGEST:
        return None
    return float(item)


def _simulated(inputs: Mapping[str, Any]) -> tuple[tuple[Mark, ...], float, str] | None:
    """Our own paths from stated inputs; None where they do not suffice."""
    known = {
        name: _number(inputs.get(name))
        for name in (*_NEEDED, "years_in_retirement", "contribution", "target_income", "inflation_percent")
    }
    if any(known[name] is None for name in _NEEDED):
        return None
    numbers = {name: number or 0.0 for name, number in known.items()}
    years, spending = int(numbers["years"]), int(numbers["years_in_retirement"])
    if years < 0 or spending < 0 or not 0 < years + spending <= _LONGEST:
        return None
    since = years if inputs.get("income_rises_from") == "today" else 0
    flows = [numbers["contribution"]] * years + [
        -numbers["target_income"] * (1 + numbers["inflation_percent"] / 100) ** (since + year + 1)
        for year in range(spending)
    ]
    marks, lasted = _walk(
        numbers["value"], numbers["expected_return_percent"] / 100, numbers["volatility_percent"] / 100, tuple(flows)
    )
    basis = (
        f"our own {_PATHS:,} paths from the inputs that the step states: normal yearly returns with mean"
        f" {numbers['expected_return_percent']:.4g} % and standard deviation {numbers['volatility_percent']:.4g} %,"
        " money moved at the end of each year"
    )
    return marks, lasted, basis


@lru_cache(maxsize=32)
def _walk(start: float, mean: float, spread: float, flows: tuple[float, ...]) -> tuple[tuple[Mark, ...], float]:
    luck = random.Random(_SEED)  # noqa: S311 - a simulation, and the same at every look
    paths = [start] * _PATHS
    marks = [Mark(0, "today", dict.fromkeys(SHARES, start))]
    ruined = [False] * _PATHS
    for year, flow in enumerate(flows, start=1):
        half = [luck.gauss(0.0, spread) for _ in range(_PATHS // 2)]
        for place, worth in enumerate(paths):
            if ruined[place]:
                continue
            # Each good year of one path is a bad one of its twin: fewer paths tell as much.
            move = half[place // 2] if place % 2 else -half[place // 2]
            grown = worth * max(0.0, 1.0 + mean + move) + flow
            if grown <= 0 and flow < 0:
                ruined[place] = True
            paths[place] = max(0.0, grown)
        marks.append(Mark(year, f"year {year}", _spread(sorted(paths))))
    return tuple(marks), sum(not lost for lost in ruined) / _PATHS


def _spread(ordered: Sequence[float]) -> dict[int, float]:
    return {share: ordered[round((len(ordered) - 1) * share / 100)] for share in SHARES}
