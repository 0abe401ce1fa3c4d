"""What an agent did in a trial, without times: to tell whether a mutant changed anything, and where first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.model import Outcome, Step
from harness.shape import plain
from harness.text import one_line

_SHOWN = 90


def behaviour(outcome: Outcome) -> dict[str, Any]:
    """Everything about a trial that is not time, as plain data."""
    trace = outcome.trace
    return {
        "ended": outcome.status,
        "error": None if outcome.error is None else [outcome.error.type, outcome.error.message],
        "turns": [{"answer": turn.answer, "structured": plain(turn.structured)} for turn in trace.turns],
        "steps": [_step(step) for step in trace.steps],
        "artifacts": plain(dict(trace.artifacts)),
        "errors": list(trace.errors),
        "guardrails": plain(list(trace.guardrails)),
        "interrupts": plain(list(trace.interrupts)),
    }


def _step(step: Step) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "kind": step.kind, "name": step.name, "agent": step.agent, "args": plain(dict(step.args)),
        "result": plain(step.result), "status": step.status, "error": step.error, "turn": step.turn,
    }  # fmt: skip
    if step.usage is not None:
        kept["tokens"] = [step.usage.input_tokens, step.usage.output_tokens]
    return kept


def first_change(before: Any, after: Any, path: str = "") -> str | None:
    """The first place where two behaviours differ, as `place: before → after`; None where they do not."""
    if type(before) is type(after) and isinstance(before, dict):
        return _in_mappings(before, after, path)
    if type(before) is type(after) and isinstance(before, list):
        for place, (old, new) in enumerate(zip(before, after, strict=False)):
            if found := first_change(old, new, f"{path}[{place}]"):
                return found
        return None if len(before) == len(after) else f"{path}: {len(before)} → {len(after)} of them"
    if before == after or (before != before and after != after):  # noqa: PLR0124 - NaN is itself here
        return None
    return f"{path}: {_around(before, after)}"


def _in_mappings(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> str | None:
    for name in {**before, **after}:
        place = f"{path}.{name}" if path else str(name)
        if name not in after:
            return f"{place}: gone"
        if name not in before:
            return f"{place}: new, {_shown(after[name])}"
        if found := first_change(before[name], after[name], place):
            return found
    return None


def _around(before: Any, after: Any) -> str:
    """Two values; of long texts the part where they part."""
    if not isinstance(before, str) or not isinstance(after, str):
        return f"{_shown(before)} → {_shown(after)}"
    start = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(0, start - 20)
    lead = "…" if start else ""
    return f"{lead}{_shown(before[start:])} → {lead}{_shown(after[start:])}"


def _shown(item: Any) -> str:
    return one_line(item if isinstance(item, str) else repr(item), _SHOWN)
