"""What an agent did beside what somebody who knows the task would have done: matched, missing, extra, repeated, misrouted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.frozen import frozen
from harness.model import PlanStep, Result, Step
from harness.text import one_line

from .words import cell, seconds

MOST: Final = 120
"""Most steps that a strip shows."""


@frozen
class Square:
    """One place of the strip: a step of the plan, a step that was taken, or both."""

    state: str
    """`matched`, `missing`, `extra`, `repeated`, `failed`, `wrong-args`, `wrong-agent` or `taken` (there is no plan)."""

    planned: str
    """What the plan asks for; empty for a step beyond it."""

    taken: str
    """What was done; empty for a missing one."""

    step: str
    """Id of the step that was taken."""

    words: str
    """What a reader must know of it."""

    facts: str
    """How long it took, and its tokens."""


@frozen
class Strip:
    """The whole way."""

    squares: tuple[Square, ...]
    """In the order of what was done; what is missing stands after the step of the plan before it."""

    figures: tuple[tuple[str, str], ...]
    """Recall, precision, efficiency and the like."""

    planned: bool
    """Whether the case has a reference plan."""

    more: int
    """Steps that are left out."""


def strip(result: Result) -> Strip:
    """Lay what was done beside the case's reference."""
    facts = result.steps
    plan = facts.get("plan") or {}
    taken = [step for step in result.outcome.trace.steps if step.kind in {"tool", "handoff"}]
    squares = list(_aligned(result, taken, plan, facts)) if plan else [_plain(step, facts) for step in taken]
    return Strip(tuple(squares[:MOST]), tuple(_figures(facts)), bool(plan), max(0, len(squares) - MOST))


def _aligned(
    result: Result, taken: Sequence[Step], plan: Mapping[str, Any], facts: Mapping[str, Any]
) -> Iterator[Square]:
    matched = {item["step"]: item["name"] for item in plan.get("matched", ())}
    extra = {item["step"]: item.get("why", "unmatched") for item in plan.get("extra", ())}
    missing = [dict(item) for item in plan.get("missing", ())]
    for step in taken:
        if step.id in matched:
            yield _square("matched", step, planned=matched[step.id])
            continue
        if step.kind == "handoff":
            yield _plain(step, facts)
            continue
        near = next((item for item in missing if item.get("name") == step.name), None)
        if near is not None and step.status == "ok" and extra.get(step.id) != "redundant":
            missing.remove(near)
            words = f"called with {cell(dict(step.args))}; the plan asks for {_asked(result, near)}"
            yield _square("wrong-args", step, planned=str(near.get("name", "")), words=words)
            continue
        why = extra.get(step.id, "unmatched")
        state = {"redundant": "repeated", "failed": "failed"}.get(why, "extra")
        words = f"the same call as {_first(step, facts)}" if why == "redundant" else step.error or ""
        yield _square(state, step, words=words)
    for item in missing:
        yield Square(
            "missing", one_line(str(item.get("name", "?")), 60), "", "", f"never called: {_asked(result, item)}", ""
        )


def _asked(result: Result, need: Mapping[str, Any]) -> str:
    """What the plan asks of a call, with its arguments."""
    reference = result.job.case.reference
    name = str(need.get("name", ""))
    args = need.get("args") or (
        next((step.args for step in _all(reference.steps) if step.name == name), {}) if reference else {}
    )
    return one_line(f"{name} {cell(dict(args))}" if args else name, 300)


def _all(steps: Sequence[PlanStep]) -> Iterator[Any]:
    for step in steps:
        for way in step.any_of:
            yield from way if isinstance(way, tuple) else (way,)
        yield step


def _plain(step: Step, facts: Mapping[str, Any]) -> Square:
    repeated = _first(step, facts)
    if step.kind == "handoff":
        expected = [str(name) for name in (facts.get("routing") or {}).get("expected") or ()]
        wrong = bool(expected) and step.name not in expected
        words = f"the request belongs to {', '.join(expected)}" if wrong else ""
        return _square("wrong-agent" if wrong else "taken", step, words=words)
    if step.status != "ok":
        return _square("failed", step, words=step.error or "it did not end")
    return _square("repeated" if repeated else "taken", step, words=f"the same call as {repeated}" if repeated else "")


def _first(step: Step, facts: Mapping[str, Any]) -> str:
    return next((str(item["of"]) for item in facts.get("repeats", ()) if item.get("step") == step.id), "")


def _square(state: str, step: Step, *, planned: str = "", words: str = "") -> Square:
    told = [seconds(step.seconds)] if step.t1 else []
    if step.usage is not None and step.usage.total:
        told.append(f"{step.usage.total:,} tokens")
    name = f"→ {step.name}" if step.kind == "handoff" else step.name
    return Square(state, one_line(planned, 60), one_line(name, 60), step.id, one_line(words, 400), ", ".join(told))


def _figures(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    plan, routing, timing = facts.get("plan"), facts.get("routing"), facts.get("timing")
    if plan:
        for name in ("recall", "precision", "efficiency"):
            if isinstance(plan.get(name), int | float):
                yield name.capitalize(), f"{plan[name]:.2f}"
    if facts.get("calls") is not None:
        yield "Calls", f"{facts['calls']}, {facts.get('repeated', 0)} repeated, {facts.get('errors', 0)} failed"
    for loop in facts.get("loops", ()):
        yield "Loop", one_line(f"{', '.join(loop['calls'])}, {loop['rounds']} times from {loop['step']} on", 200)
    if routing and routing.get("path"):
        expected = f" (expected {' → '.join(routing['expected'])})" if routing.get("expected") else ""
        yield "Route", one_line(f"{' → '.join(routing['path'])}{expected}", 200)
    if timing and timing.get("missed_parallelism"):
        yield "Could run in parallel", f"{timing['missed_parallelism']:.0%} of the tools' time"
