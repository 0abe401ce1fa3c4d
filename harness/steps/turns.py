"""Which tool calls were asked for together: the calls that one model reply issued are one tool turn."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Step


def tool_turns(steps: Sequence[Step]) -> dict[int, int]:
    """The tool turn of every call, by the `id()` of its step; turns are numbered in the order of their start.

    A model call that the call names as its parent issued it; otherwise the last model call of the same agent before it. Where
    an agent has no model calls, calls that ran at the same time belong together, and every other call stands alone.
    """
    found: dict[int, int] = {}
    numbers: dict[tuple[str, str | int], int] = {}
    issuer: dict[str, str] = {}
    models = {step.id for step in steps if step.kind == "llm"}
    alone: dict[str, tuple[int, float]] = {}
    for place, step in enumerate(steps):
        if step.kind == "llm":
            issuer[step.agent] = step.id
        elif step.kind == "tool":
            asked_by = step.parent if step.parent in models else issuer.get(step.agent)
            key = ("alone", _group(place, step, alone)) if asked_by is None else ("model", asked_by)
            found[id(step)] = numbers.setdefault(key, len(numbers))
    return found


def issued(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """The tool calls that each model call issued, by its id."""
    models = {step.id for step in steps if step.kind == "llm"}
    last: dict[str, str] = {}
    found: dict[str, list[Step]] = {}
    for step in steps:
        if step.kind == "llm":
            last[step.agent] = step.id
        elif step.kind == "tool":
            by = step.parent if step.parent in models else last.get(step.agent)
            if by is not None:
                found.setdefault(by, []).append(step)
    return found


def _group(place: int, step: Step, alone: dict[str, tuple[int, float]]) -> int:
    """Place of the first of the calls, of an agent without model calls, that overlap with this one."""
    first, until = alone.get(step.agent, (place, float("-inf")))
    if step.t0 < until:
        alone[step.agent] = (first, max(until, step.t1))
        return first
    alone[step.agent] = (place, step.t1)
    return place
