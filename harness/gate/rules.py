"""Compare a run with a baseline: hard rules first, then whether the run can be trusted, then the statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from harness.stats import Counts, stratified

from .baseline import Baseline, BaselineCase
from .counting import CaseTally
from .decision import CaseChange, Decision, DecisionValue

Pair = tuple[BaselineCase, CaseTally]
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gate tolerates."""

    alpha: float = 0.05
    """Chance of a false alarm when nothing changed."""

    margin: float = 0.05
    """Drop of the pass rate that is tolerated when it is excluded that there was more."""

    errored: float = 0.05
    """Share of errored trials above which a run says nothing."""

    allow_removed: bool = False
    """Whether a run may lack cases of the baseline."""


@dataclass(frozen=True, slots=True)
class _Matched:
    """Both sides, case by case."""

    pairs: tuple[Pair, ...]
    changed: tuple[Pair, ...]
    added: tuple[CaseTally, ...]
    removed: tuple[BaselineCase, ...]
    notes: tuple[str, ...]


def decide(baseline: Baseline, run: str, cases: Sequence[CaseTally], limits: Limits | None = None) -> Decision:
    """Conclude whether a suite got worse.

    Args:
        baseline: What it is measured by.
        run: Id of the run.
        cases: What the run's cases of that suite did.
        limits: What is tolerated.
    """
    limits = limits or Limits()
    matched = _match(baseline, cases)
    facts = _facts(baseline, run, cases, matched, limits)
    rules: tuple[tuple[DecisionValue, tuple[str, ...]], ...] = (
        ("regress", _hard(cases, matched, limits)),
        ("invalid", _invalid(cases, matched, limits)),
    )
    for value, reasons in rules:
        if reasons:
            return replace(facts, value=value, reasons=reasons)
    value, reason = _statistics(facts)
    return replace(facts, value=value, reasons=(reason,))


def _match(baseline: Baseline, cases: Sequence[CaseTally]) -> _Matched:
    before = {(item.case, item.agent): item for item in baseline.cases}
    now = {item.name: item for item in cases}
    notes: tuple[str, ...] = ()
    renamed = _renamed(before, now)
    if renamed:
        old, new = renamed
        before = {(case, new): item for (case, _), item in before.items()}
        notes = (f"compares {new} with the baseline of {old}",)
    pairs = [(before[name], item) for name, item in now.items() if name in before]
    return _Matched(
        pairs=tuple(pair for pair in pairs if pair[0].fingerprint == _fingerprint(pair[1], renamed)),
        changed=tuple(pair for pair in pairs if pair[0].fingerprint != _fingerprint(pair[1], renamed)),
        added=tuple(item for name, item in now.items() if name not in before),
        removed=tuple(item for name, item in before.items() if name not in now),
        notes=notes,
    )


def _renamed(before: Mapping[tuple[str, str], object], now: Mapping[tuple[str, str], object]) -> tuple[str, str] | None:
    """One variant on either side, and not the same: the run is another agent on the baseline's cases."""
    old, new = {agent for _, agent in before}, {agent for _, agent in now}
    return (old.pop(), new.pop()) if len(old) == len(new) == 1 and old != new else None


def _fingerprint(item: CaseTally, renamed: tuple[str, str] | None) -> str:
    """The case's fingerprint, as the baseline's agent would have it: which agent is asked is part of it."""
    if renamed is None:
        return item.case.fingerprint
    return replace(item.case, agent=renamed[0].partition("@")[0]).fingerprint


def _facts(baseline: Baseline, run: str, cases: Sequence[CaseTally], matched: _Matched, limits: Limits) -> Decision:
    """Everything but the conclusion."""
    counted = [_change(pair) for pair in matched.pairs if pair[1].decided]
    tested = [_change(pair) for pair in matched.pairs if pair[1].decided and pair[0].severity != "minor"]
    facts = Decision(
        baseline.suite,
        "invalid",
        (),
        run,
        baseline.run,
        baseline_commit=baseline.commit,
        blessed_at=baseline.blessed_at,
        alpha=limits.alpha,
        margin=limits.margin,
        lost=tuple(sorted((item for item in counted if item.drop > 0), key=lambda item: (-item.drop, item.case))),
        gained=tuple(sorted((item for item in counted if item.drop < 0), key=lambda item: (item.drop, item.case))),
        changed=tuple(item.case.id for _, item in matched.changed),
        removed=tuple(item.case for item in matched.removed),
        added=tuple(item.case.id for item in matched.added),
        undecided=tuple(item.case.id for item in cases if not item.decided),
        errored=sum(item.errored for item in cases),
        trials=sum(item.planned for item in cases),
        notes=(*matched.notes, *(("this is the run that the baseline was taken from",) if run == baseline.run else ())),
    )
    return _with_rates(facts, tested) if tested else facts


def _change(pair: Pair) -> CaseChange:
    before, now = pair
    return CaseChange(now.case.id, now.variant, before.passed, before.trials, now.passed, now.decided, now.reason)


def _with_rates(facts: Decision, tested: Sequence[CaseChange]) -> Decision:
    n = len(tested)
    before = math.fsum(item.baseline_passed / item.baseline for item in tested) / n
    now = math.fsum(item.passed / item.trials for item in tested) / n
    counts = [Counts(item.baseline_passed, item.baseline, item.passed, item.trials) for item in tested]
    return replace(
        facts,
        compared=n,
        baseline_rate=before,
        rate=now,
        drop=before - now,
        drop_limit=drop_limit(tested, facts.alpha),
        p=stratified(counts).worse,
    )


def drop_limit(tested: Sequence[CaseChange], alpha: float) -> float:
    """One-sided upper bound of the drop, over cases.

    Agresti and Min's interval for paired rates (four half cases, one of each outcome, are added); for repeated trials the
    added cases weigh as much as a case with the mean number of trials does.
    """
    n = len(tested)
    spread = math.fsum(1 / item.baseline + 1 / item.trials for item in tested) / (2 * n)
    total = math.fsum(item.drop for item in tested)
    squares = math.fsum(item.drop**2 for item in tested) + spread
    centre = total / (n + 2)
    error = math.sqrt(max(0.0, squares / (n + 2) - centre**2) / (n + 2))
    return min(1.0, centre + NormalDist().inv_cdf(1 - alpha) * error)


def _hard(cases: Sequence[CaseTally], matched: _Matched, limits: Limits) -> tuple[str, ...]:
    """Rules outside the statistics: one occurrence is enough."""
    bound = {item.name for before, item in (*matched.pairs, *matched.changed) if before.must_pass}
    reasons = []
    for item in cases:
        times = f"failed {item.failed} of {item.decided} trials"
        if (item.case.must_pass or item.name in bound) and item.failed:
            reasons.append(f"{item.case.id} must pass and {times} ({item.reason})")
        elif item.blocker:
            reasons.append(f"{item.case.id} failed a blocker check ({item.blocker})")
        elif item.case.severity == "blocker" and item.failed:
            reasons.append(f"{item.case.id} is a blocker case and {times} ({item.reason})")
    if matched.removed and not limits.allow_removed:
        names = _listed([item.case for item in matched.removed])
        reasons.append(f"{_cases(len(matched.removed))} of the baseline not run: {names}")
    return tuple(reasons)


def _invalid(cases: Sequence[CaseTally], matched: _Matched, limits: Limits) -> tuple[str, ...]:
    """What keeps the run from saying anything."""
    planned = sum(item.planned for item in cases)
    errored, missing = sum(item.errored for item in cases), sum(item.missing for item in cases)
    reasons = []
    if missing:
        reasons.append(f"{missing} of {planned} planned trials have no result; finish the run with `eval --resume`")
    if planned and errored / planned > limits.errored:
        reasons.append(f"{errored} of {planned} trials errored, more than {limits.errored:.0%}; run them again")
    required = {item.name for before, item in matched.pairs if before.must_pass or item.case.must_pass}
    open_ones = [item.case.id for item in cases if item.name in required and not item.decided]
    if open_ones:
        reasons.append(f"no verdict on cases that must pass: {_listed(open_ones)}")
    if not any(item.decided for _, item in matched.pairs):
        reasons.append("no case can be compared with the baseline; bless a run of the cases as they are now")
    return tuple(reasons)


def _statistics(facts: Decision) -> tuple[DecisionValue, str]:
    if facts.p is None or facts.drop is None or facts.drop_limit is None:
        return "inconclusive", "only minor cases were compared"
    points = f"{100 * facts.drop:.1f} points" if facts.drop > 0 else "no drop"
    if facts.p <= facts.alpha and facts.drop > 0:
        return "regress", f"the pass rate dropped by {points} (p = {facts.p:.4f}, {_cases(len(facts.lost))} lost)"
    if facts.undecided:
        return "inconclusive", f"{_cases(len(facts.undecided))} without a verdict: {_listed(facts.undecided)}"
    if facts.drop_limit <= facts.margin:
        return "pass", f"{points}; more than {100 * facts.drop_limit:.1f} points are excluded"
    return "inconclusive", (
        f"{points}, but up to {100 * facts.drop_limit:.1f} points are not excluded with {_cases(facts.compared)}"
        f" (p = {facts.p:.2f}); more trials would decide"
    )


def _cases(number: int) -> str:
    return f"{number} case{'s' if number != 1 else ''}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
