"""Checks of the course of a trial against its reference plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from harness.bounds import Ge, Gt, Le, Len
from harness.model import PlanStep, Step
from harness.registry import Check, Finding, Subject, check
from harness.steps import plan as plans
from harness.steps.calls import may_write

from .calls import calls_of, evidence_of
from .wording import count, listed, shown

_NO_PLAN = "the case has no reference plan; add `reference: {steps: [...]}`"


@check("trajectory:plan")
class Plan(Check):
    """The calls follow the reference plan of the case.

    `writes` (the default) compares only calls that change something: the same calls, as often and with the same arguments, in
    any order. Looking things up another way is no fault, while a trade too many or too few is. `any_order` asks that every
    step of the plan was taken, `in_order` that they came in the plan's order, `exact` that there were no others besides.
    Failed calls take no step and, but for `exact`, do no harm. Without a reference plan the check is undecided.
    """

    mode: Literal["writes", "any_order", "in_order", "exact"] = "writes"
    """How strictly the plan counts."""

    writes: Annotated[tuple[Annotated[str, Len(1)], ...], Len(1)] | None = None
    """Tools that change something; by default all whose names do not begin with get, list, search, compute or the like."""

    def conclude(self, subject: Subject) -> Finding:
        """Compare the calls with the plan."""
        reference = subject.case.reference
        if reference is None or not reference.steps:
            return self.finding(None, _NO_PLAN)
        calls = calls_of(subject)
        if self.mode == "writes":
            return self._writes(reference.steps, calls)
        good = [call for call in calls if call.status == "ok"]
        if self.mode == "any_order":
            return self._told(reference.steps, plans.match(reference.steps, good), [])
        taken = plans.in_order(reference.steps, good)
        beyond = [call for call in calls if call not in taken] if self.mode == "exact" else []
        return self._ordered(reference.steps, taken, beyond)

    def _writes(self, plan: Sequence[PlanStep], calls: Sequence[Step]) -> Finding:
        named = self.writes or ()
        wanted = [step for step in plan if may_write(step.name, named)]
        made = [call for call in calls if may_write(call.name, named) and call.status == "ok"]
        if not wanted and not any(step.name == call.name for step in plan for call in calls):
            reason = f"none of the plan's tools was called ({listed(step.name for step in plan)})"
            return self.finding(False, reason, expected=_written(plan), actual=[call.name for call in calls])
        found = plans.match(wanted, made)
        return self._told(wanted, found, list(found.extra))

    def _told(self, plan: Sequence[PlanStep], found: plans.PlanMatch, beyond: list[Step]) -> Finding:
        parts = []
        if found.missing:
            parts.append(f"not done: {listed(map(_call, found.missing))}")
        if beyond:
            parts.append(f"beyond the plan: {listed(f'{call.name}{shown(dict(call.args))}' for call in beyond)}")
        what = "changing call" if self.mode == "writes" else "step"
        reason = "; ".join(parts) or f"the plan's {count(len(plan), what)} done" + (
            ", and no other" if self.mode == "writes" else ""
        )
        evidence = evidence_of(beyond or [call for _, call in found.matched])
        actual = [call.name for _, call in found.matched] + [call.name for call in beyond]
        return self.finding(
            not parts,
            reason,
            score=found.recall if parts else 1.0,
            expected=_written(plan),
            actual=actual,
            evidence=evidence,
        )

    def _ordered(self, plan: Sequence[PlanStep], taken: list[Step], beyond: list[Step]) -> Finding:
        expected, actual = _written(plan), [call.name for call in taken]
        if len(taken) < len(plan):
            reason = f"step {len(taken) + 1} of {len(plan)} of the plan, {_call(plan[len(taken)])}, was not done in its place"
            score = len(taken) / len(plan)
            return self.finding(
                False, reason, score=score, expected=expected, actual=actual, evidence=evidence_of(taken)
            )
        if beyond:
            reason = f"{count(len(beyond), 'call')} beyond the plan: {listed(call.name for call in beyond)}"
            return self.finding(False, reason, expected=expected, actual=actual, evidence=evidence_of(beyond))
        reason = f"the plan's {count(len(plan), 'step')} done in order"
        return self.finding(True, reason, expected=expected, actual=actual, evidence=evidence_of(taken))


@check("trajectory:efficiency")
class Efficiency(Check):
    """The trial took few calls for its plan: S * L / max(L, n) is at least `min`.

    L is the number of steps of the reference plan, n the number of tool calls, failed and repeated ones included, and S the
    share of the plan's steps that were taken; so doing less than the plan is never efficient. Without a reference plan the
    check is undecided.
    """

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
        score = round(found.recall * len(plan) / max(len(plan), len(calls) - self.slack), 6)
        reason = f"efficiency {score:.2f}, at least {self.min:g} expected: {count(len(calls), 'call')} for a plan of {len(plan)}"
        if found.missing:
            reason = f"{reason}, {listed(map(_call, found.missing))} not done"
        return self.finding(
            score >= self.min, reason, score=score, expected=self.min, actual=score, evidence=evidence_of(found.extra)
        )


def _written(plan: Sequence[PlanStep]) -> list[str]:
    return [_call(step) for step in plan]


def _call(step: PlanStep) -> str:
    return f"{step.name}{shown(step.args)}" if step.args else step.name
