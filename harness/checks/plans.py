"""Checks of the calls of a trial against its reference plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from harness.bounds import Ge, Gt, Le, Len
from harness.model import PlanStep, Reference, Step
from harness.registry import Check, Finding, Subject, check
from harness.steps import plan as plans
from harness.steps.calls import may_write
from harness.steps.plan import Need, PlanMatch

from .calls import calls_of, evidence_of
from .wording import count, listed, shown

_NO_PLAN = "the case has no reference plan; add `reference: {steps: [...]}`"


@check("trajectory:plan")
class Plan(Check):
    """The calls follow the reference plan of the case.

    `writes` (the default) compares only calls that change something: the same calls, as often and with the same arguments, in
    any order. Looking things up another way is no fault, while a trade too many or too few is. `any_order` asks that every
    step of the plan was taken, `in_order` that they came in the plan's order, `exact` that there were no others besides.
    Steps and calls are paired so that as many as possible fit; where steps say `after`, `writes` and `any_order` keep that
    order too. Failed calls take no step and, but for `exact`, do no harm. Without a reference plan the check is undecided.
    """

    mode: Literal["writes", "any_order", "in_order", "exact"] = "writes"
    """How strictly the plan counts."""

    writes: Annotated[tuple[Annotated[str, Len(1)], ...], Len(1)] | None = None
    """Tools that change something; by default as the reference says, or all that are not named for getting or listing."""

    def conclude(self, subject: Subject) -> Finding:
        """Compare the calls with the plan."""
        reference = subject.case.reference
        if reference is None or not reference.steps:
            return self.finding(None, _NO_PLAN)
        calls = calls_of(subject)
        if self.mode == "writes":
            return self._writes(reference, calls)
        good = [call for call in calls if call.status == "ok"]
        if self.mode == "any_order":
            return self._told(plans.match(reference.steps, good), [])
        needs, taken = plans.in_order(reference.steps, good)
        used = {id(call) for call in taken}
        beyond = [call for call in calls if id(call) not in used] if self.mode == "exact" else []
        return self._ordered(needs, taken, beyond)

    def _writes(self, reference: Reference, calls: Sequence[Step]) -> Finding:
        plan = reference.steps
        wanted = [step for step in plan if any(self._changing(name, reference) for name in _names(step))]
        made = [call for call in calls if self._changing(call.name, reference) and call.status == "ok"]
        called = {call.name for call in calls}
        if not wanted and not any(name in called for step in plan for name in _names(step)):
            reason = f"none of the plan's tools was called ({listed(name for step in plan for name in _names(step))})"
            return self.finding(False, reason, expected=_written(plan), actual=[call.name for call in calls])
        kept = {step.label for step in wanted}
        found = plans.match([_waiting_for(step, kept) for step in wanted], made)
        return self._told(found, list(found.extra))

    def _changing(self, name: str, reference: Reference) -> bool:
        if self.writes is None and name in reference.tools and reference.tools[name].mutates is not None:
            return bool(reference.tools[name].mutates)
        return may_write(name, self.writes or ())

    def _told(self, found: PlanMatch, beyond: list[Step]) -> Finding:
        parts = []
        if found.missing:
            parts.append(f"not done: {listed(map(_call, found.missing))}")
        if beyond:
            parts.append(f"beyond the plan: {listed(f'{call.name}{shown(dict(call.args))}' for call in beyond)}")
        what = "changing call" if self.mode == "writes" else "call"
        reason = "; ".join(parts) or f"the plan's {count(found.required, what)} done" + (
            ", and no other" if self.mode == "writes" else ""
        )
        return self.finding(
            not parts,
            reason,
            score=found.recall if parts else 1.0,
            expected=[_call(need) for need, _ in found.matched] + [_call(need) for need in found.missing],
            actual=[call.name for _, call in found.matched] + [call.name for call in beyond],
            evidence=evidence_of(beyond or [call for _, call in found.matched]),
        )

    def _ordered(self, needs: Sequence[Need], taken: list[Step], beyond: list[Step]) -> Finding:
        expected, actual = [_call(need) for need in needs], [call.name for call in taken]
        if len(taken) < len(needs):
            reason = (
                f"step {len(taken) + 1} of {len(needs)} of the plan, {expected[len(taken)]}, was not done in its place"
            )
            score, evidence = len(taken) / len(needs), evidence_of(taken)
            return self.finding(False, reason, score=score, expected=expected, actual=actual, evidence=evidence)
        if beyond:
            reason = f"{count(len(beyond), 'call')} beyond the plan: {listed(call.name for call in beyond)}"
            return self.finding(False, reason, expected=expected, actual=actual, evidence=evidence_of(beyond))
        reason = f"the plan's {count(len(needs), 'call')} done in order"
        return self.finding(True, reason, expected=expected, actual=actual, evidence=evidence_of(taken))


@check("trajectory:efficiency")
class Efficiency(Check):
    """The trial took few calls for its plan: S * L / max(L, n) is at least `min`.

    L is the number of calls of the smallest way through the reference plan, n the number of tool calls, failed and repeated
    ones included. S is 1 when the case passed its other checks and 0 otherwise; alone, or inside an assert-set, it is 1 when
    the plan was done. Without a reference plan the check is undecided.
    """

    after_others = True

    min: Annotated[float, Gt(0), Le(1)]
    """Least efficiency: 1 allows no detour, 0.5 twice as many calls as needed."""

    slack: Annotated[int, Ge(0)] = 0
    """Calls that are forgiven, such as one look at the manual."""

    def conclude(self, subject: Subject) -> Finding:
        """Divide the plan's length by the trial's."""
        reference = subject.case.reference
        if reference is None or not reference.steps:
            return self.finding(None, _NO_PLAN, expected=self.min)
        calls, plan = calls_of(subject), reference.steps
        found = plans.match(plan, calls)
        passed = subject.passed if subject.passed is not None else not found.missing
        least, made = plans.smallest(plan), max(0, len(calls) - self.slack)
        score = round(float(passed) * (least / max(least, made) if least else 1.0), 6)
        reason = (
            f"efficiency {score:.2f}, at least {self.min:g} expected: {count(len(calls), 'call')} for a plan of {least}"
        )
        if not passed:
            why = f"{listed(map(_call, found.missing))} not done" if found.missing else "the case did not pass"
            reason = f"{reason}, {why}"
        return self.finding(
            score >= self.min, reason, score=score, expected=self.min, actual=score, evidence=evidence_of(found.extra)
        )


def _names(step: PlanStep) -> tuple[str, ...]:
    """Tools that a step of a plan may use."""
    if not step.any_of:
        return (step.name,)
    return tuple(call.name for way in step.any_of for call in (way if isinstance(way, tuple) else (way,)))


def _waiting_for(step: PlanStep, kept: set[str]) -> PlanStep:
    """The step, waiting only for steps that are compared."""
    from dataclasses import replace

    after = tuple(other for other in step.after if other in kept)
    return step if after == step.after else replace(step, after=after)


def _written(plan: Sequence[PlanStep]) -> list[str]:
    return [f"{step.name}{shown(step.args)}" if step.args else step.name or step.label or "a choice" for step in plan]


def _call(need: Need) -> str:
    return f"{need.name}{shown(dict(need.args))}" if need.args else need.name
