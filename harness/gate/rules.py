"""Compare a run with baselines: hard rules first, then whether the run can be trusted, then the statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.frozen import frozen
from harness.stats import holm, is_flaky, shares, trials_needed
from harness.stats.planning import mean_variance

from .baseline import Baseline
from .counting import CaseTally
from .decision import CaseChange, Decision, DecisionValue, Metric, shown_p, worst
from .hard import broken, doubtful, untrusted
from .limits import Limits
from .matching import Matched, Pair, match
from .testing import Fresh, Tallies, change, escalated, is_suspect, named, number, pass_rate, settled, smallest_drop

_NAMED = 5


@frozen
class Evidence:
    """One suite's baseline, what the run did, and what was run afterwards."""

    baseline: Baseline
    """What it is measured by."""

    cases: tuple[CaseTally, ...]
    """What the run's cases did."""

    fresh: Fresh = Fresh()
    """Trials that were run to confirm or to escalate."""

    quarantined: frozenset[str] = frozenset()
    """Cases that do not decide."""

    notes: tuple[str, ...] = ()
    """What else a reader must know."""


@frozen
class _Draft:
    """A suite before its p-values are adjusted."""

    facts: Decision
    hard: tuple[str, ...]
    untrusted: tuple[str, ...]
    doubtful: tuple[str, ...]
    metrics: tuple[Metric, ...]
    tested: tuple[Pair, ...]
    certain: Metric | None = None
    """The pass rate had every trial without a verdict of its own passed; where many have none."""


def decide(
    baseline: Baseline, run: str, cases: Sequence[CaseTally], limits: Limits | None = None, fresh: Fresh | None = None
) -> Decision:
    """Conclude whether one suite got worse; see `decide_all`."""
    return decide_all(run, [Evidence(baseline, tuple(cases), fresh or Fresh())], limits)[0]


def decide_all(run: str, suites: Iterable[Evidence], limits: Limits | None = None) -> tuple[Decision, ...]:
    """Conclude whether suites got worse; the chance of any false alarm among them all is `limits.alpha`.

    Args:
        run: Id of the run.
        suites: What each suite did, and is measured by.
        limits: What is tolerated.
    """
    limits = limits or Limits()
    drafts = [_draft(run, evidence, limits) for evidence in suites]
    adjusted = iter(holm([metric.p for draft in drafts for metric in draft.metrics]))
    return tuple(
        _conclude(draft, tuple(settled(metric, next(adjusted), limits.alpha) for metric in draft.metrics), limits)
        for draft in drafts
    )


def to_confirm(evidence: Evidence) -> tuple[CaseTally, ...]:
    """Cases whose failure fresh trials must tell from chance."""
    matched = match(evidence.baseline, evidence.cases)
    open_pairs = [pair for pair in matched.pairs if pair[0].must_pass or pair[1].case.must_pass]
    suspects = {pair[1].name for pair in _tested(matched, evidence) if is_suspect(pair)}
    suspects |= {pair[1].name for pair in open_pairs if pair[1].failed}
    suspects |= {item.name for item in matched.added if item.case.must_pass and item.failed}
    return tuple(item for item in evidence.cases if item.name in suspects)


def _tested(matched: Matched, evidence: Evidence) -> tuple[Pair, ...]:
    return tuple(
        pair
        for pair in matched.pairs
        if pair[1].decided and pair[0].severity != "minor" and pair[1].case.id not in evidence.quarantined
    )


def _draft(run: str, evidence: Evidence, limits: Limits) -> _Draft:
    matched = match(evidence.baseline, evidence.cases)
    tested = _tested(matched, evidence)
    metrics: list[Metric] = []
    if tested and "pass_rate" in limits.metrics:
        metrics.append(pass_rate(tested, evidence.fresh, limits))
    if tested:
        others = (number(name, tested, evidence.fresh, limits) for name in limits.metrics if name != "pass_rate")
        metrics += [metric for metric in others if metric is not None]
    open_trials = doubtful(evidence.cases, limits)
    return _Draft(
        _facts(run, evidence, matched, tested, limits),
        broken(evidence.cases, matched, evidence.fresh, limits),
        untrusted(evidence.cases, matched, evidence.fresh, tested),
        open_trials,
        tuple(metrics),
        tested,
        _at_best(evidence, limits) if open_trials and metrics else None,
    )


def _at_best(evidence: Evidence, limits: Limits) -> Metric | None:
    """The pass rate had every errored and missing trial passed: what a regression must survive to stand beside them."""
    fresh = Fresh(_all_passed(evidence.fresh.confirm), _all_passed(evidence.fresh.escalated))
    best = replace(evidence, cases=tuple(_passed(item) for item in evidence.cases), fresh=fresh)
    tested = _tested(match(best.baseline, best.cases), best)
    return pass_rate(tested, fresh, limits) if tested and "pass_rate" in limits.metrics else None


def _all_passed(tallies: Tallies | None) -> Tallies | None:
    return None if tallies is None else {name: _passed(item) for name, item in tallies.items()}


def _passed(item: CaseTally) -> CaseTally:
    return replace(item, passed=item.passed + item.errored + item.missing, errored=0)


def _facts(run: str, evidence: Evidence, matched: Matched, tested: Sequence[Pair], limits: Limits) -> Decision:
    """Everything but the conclusion."""
    baseline, cases, fresh = evidence.baseline, evidence.cases, evidence.fresh
    counted = [change(pair) for pair in escalated(matched.pairs, fresh) if pair[1].decided]
    same_run = ("this is the run that the baseline was taken from",) if run in {baseline.run, *baseline.more} else ()
    confirmed, suspected = named(tested, fresh)
    extra = [item for found in (fresh.confirm, fresh.escalated) if found for item in found.values()]
    known = [price for item in (*cases, *extra) for price in item.cost_usd]
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
        renamed=matched.renamed,
        weakened=matched.weakened,
        undecided=tuple(
            item.case.id for item in cases if not item.decided and item.case.id not in evidence.quarantined
        ),
        errored=sum(item.errored for item in cases),
        trials=sum(item.planned for item in cases),
        notes=(*matched.notes, *same_run, *evidence.notes, *_split(tested, fresh)),
        plan=fresh.plan,
        confirmed=confirmed,
        suspected=suspected,
        flaky=_flaky(matched.pairs),
        quarantined=tuple(item.case.id for item in cases if item.case.id in evidence.quarantined),
        fresh_trials=sum(item.planned for item in extra),
        cost_usd=math.fsum(known) if known else None,
        baseline_cost_usd=_usual_cost(matched.pairs),
    )
    return _with_rates(facts, escalated(tested, fresh), fresh, limits) if tested else facts


def _with_rates(facts: Decision, tested: Sequence[Pair], fresh: Fresh, limits: Limits) -> Decision:
    n = len(tested)
    before = math.fsum(old.passed / old.trials for old, _ in tested) / n
    now = math.fsum(new.passed / new.decided for _, new in tested) / n
    found = smallest_drop(tested, fresh, limits)
    return replace(facts, compared=n, baseline_rate=before, rate=now, drop=before - now, detectable=found)


def _split(tested: Sequence[Pair], fresh: Fresh) -> tuple[str, ...]:
    """Say so where a baseline has too few trials for half of them to be held out."""
    if fresh.confirm is None:
        return ()
    short = sum(1 for old, _ in tested if old.held_out[1] < 2)
    if not short:
        return ()
    return (f"{_cases(short)} with fewer than 4 baseline trials can hardly be confirmed; bless with 10 trials",)


def _flaky(pairs: Sequence[Pair]) -> tuple[str, ...]:
    counts = [(old.passed, old.trials) for old, _ in pairs]
    noise = zip(pairs, shares(counts), strict=True)
    mixed = [(share, pair) for pair, share in noise if is_flaky(pair[0].passed, pair[0].trials)]
    ranked = sorted(mixed, key=lambda item: (-item[0], item[1][1].case.id))
    return tuple(
        f"{new.case.id} ({old.passed}/{old.trials} in the baseline, {share:.0%} of the suite's noise)"
        for share, (old, new) in ranked
    )


def _usual_cost(pairs: Sequence[Pair]) -> float | None:
    prices = [math.fsum(old.cost_usd) / len(old.cost_usd) for old, _ in pairs if old.cost_usd]
    return math.fsum(prices) if prices else None


def _conclude(draft: _Draft, metrics: tuple[Metric, ...], limits: Limits) -> Decision:
    facts = replace(draft.facts, metrics=metrics)
    rate = next((metric for metric in metrics if metric.name == "pass_rate"), None)
    if rate is not None:
        facts = replace(facts, p=rate.p, drop_limit=rate.limit)
    lost = any(metric.value == "regress" for metric in metrics) and (not draft.doubtful or _stands(draft, limits))
    rules: tuple[tuple[DecisionValue, tuple[str, ...]], ...] = (
        ("regress", draft.hard),
        ("invalid", (*draft.doubtful, *draft.untrusted) if draft.untrusted or not lost else ()),
    )
    for value, reasons in rules:
        if reasons:
            seen = _unproven(metrics) if value == "invalid" and draft.doubtful else ()
            return replace(facts, value=value, reasons=(*reasons, *seen))
    if not metrics:
        return replace(facts, value="inconclusive", reasons=("only minor or quarantined cases were compared",))
    value = worst(metric.value for metric in metrics)
    reasons = tuple(_reason(facts, metric, draft.tested, limits) for metric in metrics if metric.value == value)
    if facts.undecided and value == "pass":
        names = listed(facts.undecided)
        return replace(
            facts, value="inconclusive", reasons=(f"{_cases(len(facts.undecided))} without a verdict: {names}",)
        )
    return replace(facts, value=value, reasons=(*reasons, *draft.doubtful))


def _stands(draft: _Draft, limits: Limits) -> bool:
    """Whether the pass rate dropped whatever the trials without a verdict would have said (Bonferroni over the metrics)."""
    found = draft.certain
    if found is None or found.p * len(draft.metrics) > limits.alpha:
        return False
    return found.loss > 0 and found.loss >= found.min_effect


def _unproven(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """What the decided trials show, though those without a verdict could explain it."""
    rate = next((item for item in metrics if item.name == "pass_rate" and item.value == "regress"), None)
    if rate is None:
        return ()
    return (
        (
            f"the decided trials alone dropped by {100 * rate.loss:.1f} points ({shown_p(rate.p_adjusted)}), which those"
            " without a verdict could explain"
        ),
    )


def _reason(facts: Decision, metric: Metric, tested: Sequence[Pair], limits: Limits) -> str:
    if metric.name != "pass_rate":
        return _grown(metric)
    points = f"{100 * metric.loss:.1f} points" if metric.loss > 0 else "no drop"
    if metric.value == "regress":
        sure = f", confirmed in {listed([item.case for item in facts.confirmed])}" if facts.confirmed else ""
        return f"the pass rate dropped by {points} ({shown_p(metric.p_adjusted)}, {_cases(len(facts.lost))} lost{sure})"
    if metric.value == "pass":
        return f"{points}; more than {100 * metric.limit:.1f} points are excluded"
    seen = "" if facts.detectable is None else f"; could only have seen a drop of {100 * facts.detectable:.0f} points"
    return (
        f"{points}, but up to {100 * metric.limit:.1f} points are not excluded with {_cases(facts.compared)}"
        f" ({shown_p(metric.p_adjusted)}){seen}; {_way_out(tested, limits)}"
    )


def _way_out(tested: Sequence[Pair], limits: Limits) -> str:
    history = [(old.passed, old.trials) for old, _ in tested]
    before = min(old.trials for old, _ in tested)
    trials = trials_needed(limits.margin, len(tested), before, variance=mean_variance(history), alpha=limits.alpha)
    now = max(new.decided for _, new in tested)
    if trials is None or trials <= now:
        return "more cases or a larger baseline would decide"
    return f"{trials} trials per case would decide"


def _grown(metric: Metric) -> str:
    grew = f"{metric.name} {'grew' if metric.loss > 0 else 'fell'} by {abs(metric.loss):.1%}"
    if metric.value == "regress":
        return f"{grew} ({shown_p(metric.p_adjusted)})"
    if metric.value == "pass":
        return f"{grew}; more than {max(0.0, metric.limit):.1%} is excluded"
    return f"{grew}, but up to {metric.limit:.1%} is not excluded ({shown_p(metric.p_adjusted)})"


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _cases(number: int) -> str:
    return f"{number} case{'s' if number != 1 else ''}"


__all__ = ["CaseChange", "Evidence", "decide", "decide_all", "listed", "to_confirm"]
