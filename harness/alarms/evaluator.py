"""Whether an alarm is raised: CloudWatch's rules on periods, M out of N and missing data, as a pure function of samples."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.workspace.operations import AlarmRule

from .exact import whole
from .metrics import Labels, Sample

State: TypeAlias = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_FURTHER: Final = 2
"""How many periods before the last N are looked at where some of those are missing; CloudWatch does not say how many it takes."""

_DIGITS: Final = 12  # money adds up in binary: 0.1 + 0.2 must be exactly the threshold 0.3


@frozen
class AlarmState:
    """What one rule says of one group."""

    rule: AlarmRule
    """The rule."""

    state: State
    """What it says."""

    reason: str
    """Why, in a sentence."""

    labels: Labels = ()
    """The group, such as one agent; empty for all together."""

    value: float | None = None
    """The newest datapoint; None when there is none."""

    samples: int = 0
    """Samples in it."""

    @property
    def name(self) -> str:
        """The rule's name with its group."""
        group = ", ".join(f"{name}={content}" for name, content in self.labels)
        return f"{self.rule.name} [{group}]" if group else self.rule.name


def evaluate(
    rule: AlarmRule,
    samples: Iterable[Sample],
    now_s: float,
    *,
    previous: State = "INSUFFICIENT_DATA",
    labels: Labels = (),
) -> AlarmState:
    """Evaluate a rule over the samples of one group.

    Args:
        rule: The rule.
        samples: Samples of its metric; those of other metrics, and what is not finite, are passed over.
        now_s: The time; the period that it falls into is the newest one.
        previous: The state before, which some rules on missing data keep.
        labels: The group, for the answer.
    """
    reach = rule.periods + _FURTHER
    newest = math.floor(now_s / rule.period_s)
    buckets: dict[int, list[float]] = defaultdict(list)
    for sample in samples:
        place = math.floor(sample.at_s / rule.period_s) if math.isfinite(sample.at_s) else newest + 1
        if sample.metric == rule.metric and math.isfinite(sample.value) and newest - reach < place <= newest:
            buckets[place].append(sample.value)
    series = [_value(rule, buckets.get(place, [])) for place in range(newest - reach + 1, newest + 1)]
    state, why = decide([_breaches(rule, value) for value in series], rule, previous)
    last = next((value for value in reversed(series) if value is not None), None)
    return AlarmState(rule, state, _reason(rule, state, last, why), labels, last, len(buckets.get(newest, ())))


def decide(points: Sequence[bool | None], rule: AlarmRule, previous: State) -> tuple[State, str]:
    """Decide from datapoints, oldest first: True breaches, False does not, None is missing.

    Of the datapoints that exist the newest N count. Where there are fewer, the rule says what the missing ones are; an alarm is not
    raised on the strength of one new point alone unless M is one.
    """
    existing = [point for point in points if point is not None][-rule.periods :]
    breaching, lacking = sum(existing), rule.periods - len(existing)
    if breaching >= rule.needed:
        return "ALARM", f"{breaching} of the last {rule.periods} breach"
    if lacking <= 0 or rule.missing == "notBreaching":
        return "OK", f"{breaching} of the last {rule.periods} breach, {rule.needed} would have to"
    if rule.missing == "breaching":
        state: State = "ALARM" if breaching + lacking >= rule.needed else "OK"
        return state, f"{breaching} of the last {rule.periods} breach and {lacking} without data count as if they did"
    if False in existing:
        return "OK", f"{breaching} of {len(existing)} with data breach"
    if rule.missing == "ignore":
        return previous, "there is too little data, so it stays as it was"
    if not existing:
        return "INSUFFICIENT_DATA", "there is no data"
    oldest = len(points) - points.index(True)
    if oldest >= rule.needed:
        return "ALARM", f"the data there is breaches since {oldest} periods"
    return previous, "one breach is too new to raise it"


def states(
    rules: Iterable[AlarmRule],
    samples: Sequence[Sample],
    now_s: float,
    *,
    previous: Mapping[str, State] | None = None,
) -> tuple[AlarmState, ...]:
    """Evaluate every rule for every group that it speaks of.

    Args:
        rules: The rules.
        samples: Samples of any metrics.
        now_s: The time.
        previous: States before, by `AlarmState.name`.
    """
    known = previous or {}

    def one(rule: AlarmRule, group: Sequence[Sample], labels: Labels) -> AlarmState:
        before = known.get(AlarmState(rule, "OK", "", labels).name, "INSUFFICIENT_DATA")
        return evaluate(rule, group, now_s, previous=before, labels=labels)

    return _each(rules, samples, one)


def worst_of_run(rules: Iterable[AlarmRule], samples: Sequence[Sample]) -> tuple[AlarmState, ...]:
    """Hold a whole run against every rule, wherever its periods would have begun.

    A rule on a sum breaches when any stretch of the period's length does. Any other rule takes the run as one period, because a
    run of some seconds says no more when it is cut in two.
    """

    def one(rule: AlarmRule, group: Sequence[Sample], labels: Labels) -> AlarmState:
        values = [sample for sample in group if math.isfinite(sample.value)]
        if rule.statistic in {"sum", "count"}:
            return _worst_stretch(rule, values, labels)
        value = _value(rule, [sample.value for sample in values])
        state: State = "INSUFFICIENT_DATA" if value is None else "ALARM" if _breaches(rule, value) else "OK"
        if value is None and rule.missing == "notBreaching":
            state = "OK"
        elif value is None and rule.missing == "breaching":
            state = "ALARM"
        return AlarmState(rule, state, _run_reason(rule, value, len(values)), labels, value, len(values))

    return _each(rules, samples, one)


def _worst_stretch(rule: AlarmRule, samples: Sequence[Sample], labels: Labels) -> AlarmState:
    """The stretch of a period's length in which the sum is farthest over the threshold."""
    ordered = sorted(samples, key=lambda sample: sample.at_s)
    numbers, unit = whole([sample.value for sample in ordered])
    worst: tuple[float, int] | None = None
    first = total = 0
    for last, sample in enumerate(ordered):
        total += numbers[last]
        while sample.at_s - ordered[first].at_s >= rule.period_s:
            total -= numbers[first]
            first += 1
        size = last + 1 - first
        if size < rule.min_samples:
            continue
        value = round(total / unit if rule.statistic == "sum" else float(size), _DIGITS)
        fuller = worst is not None and value == worst[0] and size > worst[1]
        if worst is None or fuller or _worse(rule, value, worst[0]):
            worst = value, size
    found, count = (None, len(ordered)) if worst is None else worst
    breached = found is not None and _breaches(rule, found)
    quiet: State = "OK" if ordered or rule.missing == "notBreaching" else "INSUFFICIENT_DATA"
    return AlarmState(rule, "ALARM" if breached else quiet, _run_reason(rule, found, count), labels, found, count)


def _each(
    rules: Iterable[AlarmRule],
    samples: Sequence[Sample],
    one: Callable[[AlarmRule, Sequence[Sample], Labels], AlarmState],
) -> tuple[AlarmState, ...]:
    found: list[AlarmState] = []
    for rule in rules:
        groups: dict[Labels, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.metric == rule.metric:
                known = dict(sample.labels)
                groups[tuple((name, known.get(name, "")) for name in rule.by)].append(sample)
        # Nobody has been heard of yet: the rule itself says that there is no data.
        found += [one(rule, group, labels) for labels, group in sorted(groups.items())] or [one(rule, (), ())]
    return tuple(found)


def _value(rule: AlarmRule, values: Sequence[float]) -> float | None:
    """One datapoint; None where there are too few samples to say anything."""
    if len(values) < rule.min_samples:
        return None
    total = math.fsum(values)
    match rule.statistic:
        case "average":
            made = total / len(values)
        case "sum":
            made = total
        case "minimum":
            made = min(values)
        case "maximum":
            made = max(values)
        case "count":
            made = float(len(values))
    return round(made, _DIGITS)


def _breaches(rule: AlarmRule, value: float | None) -> bool | None:
    if value is None:
        return None
    return {
        "<": value < rule.threshold,
        "<=": value <= rule.threshold,
        ">": value > rule.threshold,
        ">=": value >= rule.threshold,
    }[rule.comparison]


def _worse(rule: AlarmRule, value: float, than: float) -> bool:
    return value < than if rule.comparison in {"<", "<="} else value > than


def _reason(rule: AlarmRule, state: State, value: float | None, why: str) -> str:
    shown = "no data" if value is None else f"{rule.metric} is {value:g}"
    return (
        f"{shown}; {why}"
        if state != "OK" or value is None
        else f"{shown}, not {rule.comparison} {rule.threshold:g}; {why}"
    )


def _run_reason(rule: AlarmRule, value: float | None, samples: int) -> str:
    noun = "sample" if samples == 1 else "samples"
    if value is None:
        wanted = f", {rule.min_samples} are needed" if samples or rule.min_samples > 1 else ""
        return f"{samples} {noun} of {rule.metric}{wanted}"
    relation = f"{rule.comparison} {rule.threshold:g}"
    breached = "" if _breaches(rule, value) else "not "
    stretch = f" in {rule.period_s} s" if rule.statistic in {"sum", "count"} else ""
    return f"{rule.metric} is {value:.4g}{stretch} over {samples} {noun}, {breached}{relation}"
