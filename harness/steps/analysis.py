"""Describe what a trial did, as plain data that is stored with its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.model import Case, PlanStep, Step, Trace, Usage

from .calls import canonical_call
from .plan import efficiency, match
from .repeats import repeated, retries, unrecovered


def analyse(trace: Trace, case: Case) -> dict[str, Any]:
    """Count and time the steps of a trace, and compare them with the case's reference plan.

    Keys: `steps`, `calls`, `distinct`, `repeated`, `errors`, `retries`, `unrecovered`, `handoffs`, `model_calls`, `tokens`
    (None when unknown), `seconds` by kind, `tools` (calls by name), `repeats` (step ids), and, where the case has a reference,
    `plan` with `recall`, `precision`, `matched`, `missing`, `extra` and `efficiency`.
    """
    calls = [step for step in trace.steps if step.kind == "tool"]
    models = [step for step in trace.steps if step.kind == "llm"]
    distinct = len({canonical_call(call.name, call.args) for call in calls}) if len(calls) > 1 else len(calls)
    repeats = repeated(calls) if distinct < len(calls) else []
    failed = [call for call in calls if call.status != "ok"]
    facts: dict[str, Any] = {
        "steps": len(trace.steps),
        "calls": len(calls),
        "distinct": distinct,
        "repeated": len(repeats),
        "errors": len(failed),
        "retries": len(retries(calls)) if failed else 0,
        "unrecovered": len(unrecovered(calls)) if failed else 0,
        "handoffs": len([step for step in trace.steps if step.kind == "handoff"]),
        "model_calls": len(models),
        "tokens": _tokens(models),
        "seconds": _seconds(trace),
        "tools": _tally(calls),
    }
    if repeats:
        facts["repeats"] = [{"step": call.id, "of": first.id, "name": call.name} for call, first in repeats]
    if case.reference is not None and case.reference.steps:
        facts["plan"] = _plan(case.reference.steps, calls)
    return facts


def _tokens(models: Sequence[Step]) -> dict[str, int | None]:
    total = Usage(0, 0, 0)
    for step in models:
        total += step.usage or Usage()
    return {"input": total.input_tokens, "output": total.output_tokens, "cached": total.cached_tokens}


def _seconds(trace: Trace) -> dict[str, float]:
    """Wall time, and the time in which at least one step of a kind was running; parallel steps count once."""
    spans: dict[str, list[tuple[float, float]]] = {"llm": [], "tool": [], "any": []}
    for step in trace.steps:
        if step.kind in spans:
            spans[step.kind].append((step.t0, step.t1))
            spans["any"].append((step.t0, step.t1))
    found = {kind: round(_covered(spans[kind]), 6) for kind in ("llm", "tool")}
    total = trace.duration_s
    return {"total": round(total, 6), **found, "neither": round(max(0.0, total - _covered(spans["any"])), 6)}


def _covered(spans: list[tuple[float, float]]) -> float:
    total, reached = 0.0, -1e300
    for start, end in sorted(spans):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total


def _tally(calls: Sequence[Step]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for call in calls:
        tally[call.name] = tally.get(call.name, 0) + 1
    return tally


def _plan(plan: Sequence[PlanStep], calls: Sequence[Step]) -> dict[str, Any]:
    found = match(plan, calls)
    return {
        "steps": len(plan),
        "recall": round(found.recall, 6),
        "precision": round(found.precision, 6),
        "matched": [{"name": step.name, "step": call.id} for step, call in found.matched],
        "missing": [{"name": step.name, "args": dict(step.args)} for step in found.missing],
        "extra": [{"name": call.name, "step": call.id, "status": call.status} for call in found.extra],
        "efficiency": round(efficiency(plan, calls), 6),
    }
