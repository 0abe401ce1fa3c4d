"""Describe what a trial did, as plain data that is stored with its result: the `steps` section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.model import Case, PlanStep, Reference, Step, Trace, Usage

from .course import Course
from .replies import replies
from .spans import covered

MOST_LISTED = 20
"""Entries of each list that are kept; the counts beside them are of all."""


def analyse(trace: Trace, case: Case, *, passed: bool | None = None) -> dict[str, Any]:
    """Count and time the steps of a trace, and compare them with the case's reference.

    Every key and its exact definition is in docs/steps.md. What does not apply is left out: `plan` without a reference plan,
    `recovery` without a failure, `timing` without times.

    Args:
        trace: What the trial did.
        case: What was asked.
        passed: Whether the case passed, for the efficiency; by default whether the plan was done.
    """
    course = Course.of(trace, case)
    calls = course.calls
    models = trace.models
    facts: dict[str, Any] = {
        "steps": len(trace.steps),
        "calls": len(calls),
        "distinct": len({course.tools.key(call) for call in calls}) if len(calls) > 1 else len(calls),
        "repeated": 0,
        "errors": sum(call.status != "ok" for call in calls),
        "retries": 0,
        "unrecovered": 0,
        "handoffs": sum(step.kind == "handoff" for step in trace.steps),
        "model_calls": len(models),
        "tokens": _tokens(sum((step.usage or Usage() for step in models), Usage(0, 0, 0))),
        "seconds": _seconds(trace),
        "tools": _tally(calls),
    }
    if len(calls) > 1 or facts["errors"]:
        facts.update(_detours(course))
        facts.update(_flow(course))
    facts.update(_routes(course))
    facts.update(_first_text(trace))
    facts.update(replies(models))
    if case.reference is not None and case.reference.steps:
        facts["plan"] = _plan(case.reference, course, passed)
    return facts


def _detours(course: Course) -> dict[str, Any]:
    """Redundant and failed calls, loops, and what they cost."""
    facts: dict[str, Any] = {"repeated": len(course.repeats)}
    if course.repeats:
        facts["repeats"] = _kept({"step": call.id, "of": first.id, "name": call.name} for call, first in course.repeats)
    if course.recoveries:
        facts["retries"] = sum(len(item.attempts) - (item.by is None) for item in course.recoveries)
        facts["unrecovered"] = sum(item.by is None for item in course.recoveries)
        facts["recovery"] = _kept(
            {
                "step": item.attempts[0].id,
                "name": item.attempts[0].name,
                "attempts": len(item.attempts),
                "by": None if item.by is None else item.by.id,
                "seconds": _rounded(item.seconds),
                "tokens": item.usage.total,
                "cost_usd": item.cost_usd,
            }
            for item in course.recoveries
        )
    if course.loops:
        facts["loops"] = _kept(
            {
                "step": loop.calls[0].id,
                "calls": [call.name for call in loop.calls[: loop.period]],
                "rounds": loop.rounds,
            }
            for loop in course.loops
        )
    if course.useless or course.loops:
        from .waste import waste

        lost = waste(course)
        facts["waste"] = {
            "calls": len(lost.calls),
            "model_calls": len(lost.models),
            "tokens": lost.usage.total,
            "cost_usd": lost.cost_usd,
            "seconds": _rounded(lost.seconds),
        }
    return facts


def _flow(course: Course) -> dict[str, Any]:
    """Where arguments came from, and what could have run at the same time."""
    facts: dict[str, Any] = {}
    if course.sources.unsourced:
        facts["unsourced"] = _kept(
            {
                "step": item.call.id,
                "name": item.call.name,
                "argument": item.value.argument,
                "value": item.value.text[:80],
                "kind": item.value.kind,
            }
            for item in course.sources.unsourced
        )
    found = course.timing
    facts["turns"] = {"tool": found.turns, "saveable": found.turns_saveable}
    if any(call.t1 > call.t0 for call in course.calls):
        facts["timing"] = {
            "total": _rounded(found.total),
            "critical_path": _rounded(found.critical_path),
            "serialisation": _rounded(found.serialisation),
            "redundant": _rounded(found.redundant),
            "failed": _rounded(found.failed),
            "model_idle": _rounded(found.model_idle),
            "missed_parallelism": _rounded(found.missed_parallelism),
        }
    return facts


def _routes(course: Course) -> dict[str, Any]:
    """Agents that were reached, where there were any or the reference names some."""
    expected = course.case.reference.route if course.case.reference else ()
    delegating = course.case.reference is not None and any(
        facts.agent for facts in course.case.reference.tools.values()
    )
    if not expected and not delegating and not any(step.kind == "handoff" for step in course.trace.steps):
        return {}
    from .routing import routing

    found = routing(course)
    section: dict[str, Any] = {
        "path": list(found.path[:MOST_LISTED]),
        "ping_pong": [list(item) for item in found.ping_pong],
    }
    if expected:
        wrong = [agent for agent in found.path if agent not in expected]
        section |= {"expected": list(expected), "first_right": found.first == expected[0], "wrong": len(wrong)}
    return {"routing": section}


def _first_text(trace: Trace) -> dict[str, Any]:
    """Seconds to the first visible text, and to the first after the last tool result, of the first turn that has them."""
    turn = next((turn for turn in trace.turns if turn.ttft_s is not None), None)
    if turn is None:
        return {}
    return {"first_text_s": {"any": _rounded(turn.ttft_s), "useful": _rounded(turn.useful_ttft_s)}}


def _tokens(usage: Usage) -> dict[str, int | None]:
    return {"input": usage.input_tokens, "output": usage.output_tokens, "cached": usage.cached_tokens}


def _seconds(trace: Trace) -> dict[str, float]:
    """Wall time, and the time in which at least one step of a kind was running; parallel steps count once."""
    spans: dict[str, list[tuple[float, float]]] = {"llm": [], "tool": []}
    for step in trace.steps:
        if step.kind in spans:
            spans[step.kind].append((step.t0, step.t1))
    found = {kind: round(covered(spans[kind]), 6) for kind in ("llm", "tool")}
    total = trace.duration_s
    return {
        "total": round(total, 6),
        **found,
        "neither": round(max(0.0, total - covered(spans["llm"] + spans["tool"])), 6),
    }


def _tally(calls: Sequence[Step]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for call in calls:
        tally[call.name] = tally.get(call.name, 0) + 1
    return tally


def _plan(reference: Reference, course: Course, passed: bool | None) -> dict[str, Any]:
    from .plan import efficiency, match, smallest

    plan: Sequence[PlanStep] = reference.steps
    found = match(plan, course.calls)
    done = not found.missing if passed is None else passed
    redundant = {id(call) for call, _ in course.repeats}
    extra = [_extra(call, redundant) for call in found.extra]
    return {
        "steps": len(plan),
        "smallest": smallest(plan),
        "recall": round(found.recall, 6),
        "precision": round(found.precision, 6),
        "matched": _kept({"name": need.name, "step": call.id} for need, call in found.matched),
        "missing": _kept({"name": need.name, "args": dict(need.args)} for need in found.missing),
        "extra": _kept(extra),
        "extra_calls": {why: sum(item["why"] == why for item in extra) for why in ("redundant", "failed", "unmatched")},
        "efficiency": round(efficiency(plan, course.calls, passed=done), 6),
    }


def _extra(call: Step, redundant: set[int]) -> dict[str, str]:
    why = "failed" if call.status != "ok" else "redundant" if id(call) in redundant else "unmatched"
    return {"name": call.name, "step": call.id, "status": call.status, "why": why}


def _kept(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(item) for _, item in zip(range(MOST_LISTED), items, strict=False)]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
