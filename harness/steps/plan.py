"""Compare the tool calls of a trial with a reference plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.model import PlanStep, Step

from .calls import canonical_call
from .matching import pairs


@dataclass(frozen=True, slots=True)
class PlanMatch:
    """Which steps of a plan were taken, by which calls."""

    matched: tuple[tuple[PlanStep, Step], ...]
    """Steps of the plan with the call that took each, in the plan's order."""

    missing: tuple[PlanStep, ...]
    """Steps that no call took."""

    extra: tuple[Step, ...]
    """Calls beyond the plan, failed ones included."""

    recall: float
    """Share of the plan's steps that were taken."""

    precision: float
    """Share of the distinct successful calls that the plan asked for; 1 when there was none to ask for."""

    @property
    def in_order(self) -> bool:
        """Whether the calls that took the steps came in the plan's order."""
        times = [call.t0 for _, call in self.matched]
        return times == sorted(times)


def match(plan: Sequence[PlanStep], calls: Sequence[Step]) -> PlanMatch:
    """Pair as many steps of a plan as possible with successful calls, each with one."""
    good = [call for call in calls if call.status == "ok"]
    taken = pairs(len(plan), len(good), lambda step, call: takes(plan[step], good[call]))
    used = {id(good[call]) for call in taken.values()}
    distinct = {canonical_call(call.name, call.args) for call in good}
    met = {canonical_call(good[call].name, good[call].args) for call in taken.values()}
    return PlanMatch(
        matched=tuple((plan[step], good[call]) for step, call in taken.items()),
        missing=tuple(step for place, step in enumerate(plan) if place not in taken),
        extra=tuple(call for call in calls if id(call) not in used),
        recall=len(taken) / len(plan) if plan else 1.0,
        precision=len(met) / len(distinct) if distinct else 1.0,
    )


def takes(step: PlanStep, call: Step) -> bool:
    """Whether a call is what a step of the plan asks for: the tool, and every argument that the step names."""
    if step.name != call.name or any(name not in call.args for name in step.args):
        return False
    given = {name: call.args[name] for name in step.args}
    return canonical_call("", step.args) == canonical_call("", given)


def in_order(plan: Sequence[PlanStep], calls: Sequence[Step]) -> list[Step]:
    """The calls that take the first steps of a plan one after another; as many as the plan has steps if it was followed."""
    taken: list[Step] = []
    for call in calls:
        if len(taken) < len(plan) and takes(plan[len(taken)], call):
            taken.append(call)
    return taken


def efficiency(plan: Sequence[PlanStep], calls: Sequence[Step]) -> float:
    """Steps of the plan over the calls that were made: 1 for no detour; a trial shorter than its plan is not rewarded."""
    return len(plan) / max(len(plan), len(calls)) if plan else 1.0
