"""The statistics of one suite: what screening, confirming and escalating say about each gated metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.frozen import frozen
from harness.stats import (
    Counts,
    Samples,
    benjamini_hochberg,
    detectable,
    drop_bound,
    least_lost,
    logs,
    mean_variance,
    shift,
    spent,
    stratified,
)

from .counting import CaseTally, together
from .decision import CaseChange, Metric
from .limits import Limits
from .matching import Name, Pair

Tallies = Mapping[Name, CaseTally]
_NUMBERS = {"cost": "cost_usd", "latency": "seconds", "tokens": "tokens"}


@frozen
class Fresh:
    """Trials that were run after the run that is judged."""

    confirm: Tallies | None = None
    """Of the suspected cases; None when nothing was to be confirmed."""

    escalated: Tallies | None = None
    """Of all cases."""

    @property
    def plan(self) -> str:
        """How the decision is made, in words."""
        staged = "one stage" if self.confirm is None else "screen and confirm"
        return staged if self.escalated is None else f"{staged} and escalate"


def is_suspect(pair: Pair) -> bool:
    """Whether the case usually passes, by its screening trials alone, and fails now.

    The other half of the baseline takes no part: it would then be no fair measure for confirming.
    """
    before, now = pair
    passed, trials = before.screening
    return now.decided > 0 and 2 * now.failed >= now.decided and 2 * passed > trials


def pass_rate(pairs: Sequence[Pair], fresh: Fresh, limits: Limits) -> Metric:
    """The gated pass rate; `value` is settled once everything gated is known."""
    both = escalated(pairs, fresh)
    counts = [Counts(old.passed, old.trials, new.passed, new.decided) for old, new in both]
    drop = math.fsum(item.baseline_passed / item.baseline - item.candidate_passed / item.candidate for item in counts)
    return Metric(
        "pass_rate",
        "inconclusive",
        loss=drop / len(counts),
        limit=drop_bound(counts, limits.alpha),
        p=_staged(pairs, counts, fresh, limits),
        p_adjusted=1.0,
        margin=limits.margin_of("pass_rate"),
        min_effect=limits.min_effect_of("pass_rate"),
        cases=len(counts),
    )


def number(name: str, pairs: Sequence[Pair], fresh: Fresh, limits: Limits) -> Metric | None:
    """A gated number; None where no case has it on both sides."""
    field = _NUMBERS[name]
    cases = [Samples(logs(getattr(old, field)), logs(getattr(new, field))) for old, new in escalated(pairs, fresh)]
    found = shift(cases, alpha=limits.alpha)
    if found is None:
        return None
    return Metric(
        name,
        "inconclusive",
        loss=math.expm1(found.value),
        limit=math.expm1(min(found.limit, 50.0)),
        p=found.p,
        p_adjusted=1.0,
        margin=limits.margin_of(name),
        min_effect=limits.min_effect_of(name),
        cases=found.cases,
    )


def settled(metric: Metric, p_adjusted: float, alpha: float) -> Metric:
    """The metric with what it says, its p-value adjusted."""
    known = replace(metric, p_adjusted=p_adjusted)
    if p_adjusted <= alpha and metric.loss > 0 and metric.loss >= metric.min_effect:
        return replace(known, value="regress")
    return replace(known, value="pass" if metric.limit <= metric.margin else "inconclusive")


def named(pairs: Sequence[Pair], fresh: Fresh) -> tuple[tuple[CaseChange, ...], tuple[CaseChange, ...]]:
    """Suspects that fresh trials confirm, and those that they do not.

    Each is tested by itself on fresh and held-out trials (Fisher); Benjamini and Hochberg keep false names few.
    """
    if fresh.confirm is None:
        return (), ()
    suspects = [pair for pair in pairs if is_suspect(pair)]
    tested = [(pair, again) for pair in suspects if (again := _again(pair, fresh)) is not None]
    p_values = [
        stratified([Counts(*pair[0].held_out, again.passed, again.decided)]).exact_worse for pair, again in tested
    ]
    found = {}
    for (pair, again), p in zip(tested, benjamini_hochberg(p_values), strict=True):
        found[pair[1].name] = replace(change(pair), passed=again.passed, trials=again.decided, p=p)
    changes = [found.get(pair[1].name) or change(pair) for pair in suspects]
    sure = [item.p is not None and item.p <= 0.05 for item in changes]
    return (
        tuple(item for item, is_sure in zip(changes, sure, strict=True) if is_sure),
        tuple(item for item, is_sure in zip(changes, sure, strict=True) if not is_sure),
    )


def change(pair: Pair) -> CaseChange:
    """Both sides of a case."""
    before, now = pair
    place = now.place or ("" if now.case.where is None else str(now.case.where))
    return CaseChange(
        now.case.id, now.variant, before.passed, before.trials, now.passed, now.decided, now.reason, place
    )


def smallest_drop(pairs: Sequence[Pair], fresh: Fresh, limits: Limits) -> float:
    """What such a run finds in 4 of 5 attempts: drift when screened, lost cases when confirmed."""
    variance = mean_variance([(old.passed, old.trials) for old, _ in pairs])
    now = _usual([new.decided for _, new in pairs])
    if fresh.confirm is None or fresh.escalated is not None:
        trials = (_usual([old.trials for old, _ in pairs]), now)
        share = limits.shares()[2] if fresh.escalated is not None else 1.0
        return detectable(len(pairs), trials, variance=variance, alpha=limits.alpha * share)
    trials = (_usual([old.screening[1] for old, _ in pairs]), now)
    held = _usual([max(1, old.held_out[1]) for old, _ in pairs])
    lost = least_lost((held, limits.confirm), limits.alpha * limits.shares()[1])
    return detectable(len(pairs), trials, variance=variance, alpha=limits.alpha * limits.shares()[0], least=lost)


def escalated(pairs: Sequence[Pair], fresh: Fresh) -> list[Pair]:
    """The pairs with the trials that were run for all cases; those of suspects alone would bias a rate."""
    if fresh.escalated is None:
        return list(pairs)
    return [(old, together(new, fresh.escalated.get(new.name))) for old, new in pairs]


def _staged(pairs: Sequence[Pair], counts: Sequence[Counts], fresh: Fresh, limits: Limits) -> float:
    """One p-value for everything that was looked at, whatever it said."""
    if fresh.confirm is None:
        return stratified(counts).worse
    screening = stratified(Counts(*old.screening, new.passed, new.decided) for old, new in pairs).worse
    again = [(pair, trials) for pair in pairs if is_suspect(pair) and (trials := _again(pair, fresh)) is not None]
    confirming = stratified(Counts(*pair[0].held_out, trials.passed, trials.decided) for pair, trials in again).worse
    stages = [(screening, limits.shares()[0]), (confirming if again else 1.0, limits.shares()[1])]
    if fresh.escalated is not None:
        stages.append((stratified(counts).worse, limits.shares()[2]))
    return spent(stages)


def _again(pair: Pair, fresh: Fresh) -> CaseTally | None:
    """Fresh trials of a suspect that can be compared with held-out ones."""
    found = None if fresh.confirm is None else fresh.confirm.get(pair[1].name)
    return found if found is not None and found.decided and pair[0].held_out[1] else None


def _usual(trials: Sequence[int]) -> int:
    """The harmonic mean: what so many trials are worth on average."""
    return max(1, round(len(trials) / math.fsum(1 / count for count in trials)))
