"""Compare the tool calls of a trial with a reference plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from harness.frozen import frozen
from harness.model import PlanCall, PlanStep, Step, canonical

from .calls import canonical_call
from .matching import pairs
from .ordering import ordered_pairs

_MATCHERS = frozenset({"regex", "number", "one_of", "contains", "any", "literal"})


@frozen
class Need:
    """One call that a way through a plan asks for."""

    name: str
    """Tool name."""

    args: Mapping[str, Any]
    """Arguments that must fit."""

    step: int
    """Place of the plan's step that it belongs to."""

    required: bool = True
    """Whether the plan fails without it."""

    def takes(self, call: Step) -> bool:
        """Whether a call is what is asked for: the tool, and every argument that is named."""
        return _takes(self.name, self.args, call)


@frozen
class PlanMatch:
    """Which calls of a plan were made."""

    matched: tuple[tuple[Need, Step], ...]
    """What was asked for with the call that met it, in the plan's order; optional calls too."""

    missing: tuple[Need, ...]
    """What no call met."""

    extra: tuple[Step, ...]
    """Calls beyond the plan, failed ones included."""

    recall: float
    """Share of the required calls that were made."""

    precision: float
    """Share of the distinct successful calls that the plan asked for; 1 when there was none to ask for."""

    required: int
    """Calls that the way asked for, of those through the plan that was followed furthest."""

    @property
    def in_order(self) -> bool:
        """Whether the calls came in the plan's order."""
        times = [call.t0 for _, call in self.matched]
        return times == sorted(times)


def ways(plan: Sequence[PlanStep]) -> list[tuple[Need, ...]]:
    """Every way through a plan: one for each combination of its alternatives."""
    choices = [_alternatives(place, step) for place, step in enumerate(plan)]
    return [tuple(need for part in way for need in part) for way in product(*choices)]


def smallest(plan: Sequence[PlanStep]) -> int:
    """Calls of the shortest way through a plan: the sum of its minima, over alternatives the smallest."""
    return sum(
        min(sum(call.min for call in _calls(way)) for way in step.any_of) if step.any_of else step.min for step in plan
    )


def match(plan: Sequence[PlanStep], calls: Sequence[Step]) -> PlanMatch:
    """Pair as many calls of a plan as possible with successful calls, each with one, on the way that was followed furthest.

    Where the plan's steps say `after`, the calls that meet them must come in that order.
    """
    good = [call for call in calls if call.status == "ok"]
    before = _predecessors(plan)
    return max(
        (_along(way, good, calls, before) for way in ways(plan)), key=lambda found: (found.recall, -found.required)
    )


def takes(step: PlanStep, call: Step) -> bool:
    """Whether a call is what a step of the plan asks for, in one of its ways."""
    if step.any_of:
        return any(_takes(need.name, need.args, call) for way in step.any_of for need in _calls(way))
    return _takes(step.name, step.args, call)


def in_order(plan: Sequence[PlanStep], calls: Sequence[Step]) -> tuple[tuple[Need, ...], list[Step]]:
    """The way that was followed furthest, call after call, and the calls that did so: all of them if it was followed."""
    return max(
        (_followed(way, calls) for way in ways(plan)), key=lambda found: (len(found[1]) - len(found[0]), len(found[1]))
    )


def efficiency(plan: Sequence[PlanStep], calls: Sequence[Step], *, passed: bool = True) -> float:
    """S * L / max(L, n): S whether the case passed, L the calls of the smallest plan, n those that were made."""
    least = smallest(plan)
    return float(passed) * (least / max(least, len(calls)) if least else 1.0)


def _alternatives(place: int, step: PlanStep) -> list[tuple[Need, ...]]:
    if not step.any_of:
        return [tuple(Need(step.name, step.args, place, step.min > 0) for _ in range(max(1, step.min)))]
    return [
        tuple(Need(call.name, call.args, place) for call in _calls(way) for _ in range(call.min)) for way in step.any_of
    ]


def _calls(way: PlanCall | tuple[PlanCall, ...]) -> tuple[PlanCall, ...]:
    return way if isinstance(way, tuple) else (way,)


def _predecessors(plan: Sequence[PlanStep]) -> dict[int, frozenset[int]]:
    return {
        place: frozenset(other for other, earlier in enumerate(plan) if earlier.label in step.after)
        for place, step in enumerate(plan)
        if step.after
    }


def _along(
    way: tuple[Need, ...], good: Sequence[Step], calls: Sequence[Step], before: Mapping[int, frozenset[int]]
) -> PlanMatch:
    # Required calls are paired first: an optional one must not take a call away from them.
    order = sorted(range(len(way)), key=lambda place: not way[place].required)
    agree = _agreement([way[place] for place in order], good)
    if before:
        waits = {
            mine: [other for other, there in enumerate(order) if way[there].step in before.get(way[place].step, ())]
            for mine, place in enumerate(order)
        }
        taken = ordered_pairs(len(way), len(good), agree, waits)
    else:
        taken = pairs(len(way), len(good), agree)
    by_need = {order[mine]: call for mine, call in taken.items()}
    required = sum(need.required for need in way)
    met = sum(way[place].required for place in by_need)
    used = {id(good[call]) for call in by_need.values()}
    distinct = {canonical_call(call.name, call.args) for call in good}
    asked = {canonical_call(good[call].name, good[call].args) for call in by_need.values()}
    return PlanMatch(
        matched=tuple((way[place], good[by_need[place]]) for place in sorted(by_need)),
        missing=tuple(need for place, need in enumerate(way) if need.required and place not in by_need),
        extra=tuple(call for call in calls if id(call) not in used),
        recall=met / required if required else 1.0,
        precision=len(asked) / len(distinct) if distinct else 1.0,
        required=required,
    )


def _agreement(needs: Sequence[Need], good: Sequence[Step]) -> Callable[[int, int], bool]:
    """Whether a need and a call agree; equal needs and equal calls are compared once."""
    mine = [canonical_call(need.name, need.args) for need in needs]
    theirs = [canonical_call(call.name, call.args) for call in good]
    known: dict[tuple[str, str], bool] = {}

    def agree(need: int, call: int) -> bool:
        if needs[need].name != good[call].name:
            return False
        key = (mine[need], theirs[call])
        found = known.get(key)
        if found is None:
            found = known[key] = needs[need].takes(good[call])
        return found

    return agree


def _followed(way: tuple[Need, ...], calls: Sequence[Step]) -> tuple[tuple[Need, ...], list[Step]]:
    """The required calls of a way and those calls that met the first of them one after another; optional ones are passed over."""
    needs = tuple(need for need in way if need.required)
    taken: list[Step] = []
    for call in calls:
        if len(taken) < len(needs) and needs[len(taken)].takes(call):
            taken.append(call)
    return needs, taken


def _takes(name: str, args: Mapping[str, Any], call: Step) -> bool:
    if name != call.name or any(key not in call.args for key in args):
        return False
    if any(isinstance(wanted, Mapping) and not _MATCHERS.isdisjoint(wanted) for wanted in args.values()):
        return all(_fits(wanted, call.args[key]) for key, wanted in args.items())
    return canonical_call("", args) == canonical_call("", {key: call.args[key] for key in args})


def _fits(wanted: Any, given: Any) -> bool:
    try:
        return _matcher(canonical(wanted))(given) is None
    except (TypeError, ValueError, RecursionError):  # no JSON, or no matcher that can work: compared as it stands
        return canonical_call("", {"": wanted}) == canonical_call("", {"": given})


@lru_cache(maxsize=1024)
def _matcher(wanted: str) -> Callable[[Any], str | None]:
    import json

    from harness.checks.matchers import matcher

    return matcher(json.loads(wanted), ("args",))
