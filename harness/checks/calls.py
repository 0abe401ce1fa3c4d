"""What checks on calls share: which calls are meant, where they are, how many are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Evidence, Step
from harness.registry import Subject

from .wording import shown

_SHOWN = 5


def calls_of(subject: Subject) -> tuple[Step, ...]:
    """The tool calls of the trial, or of the turn under examination."""
    calls = subject.trace.tools
    return calls if subject.turn is None else tuple(call for call in calls if call.turn == subject.turn)


def evidence_of(steps: Sequence[Step]) -> tuple[Evidence, ...]:
    """Where those steps are."""
    return tuple(Evidence(step=step.id, note=f"{step.name}{shown(dict(step.args), 120)}") for step in steps[:_SHOWN])


def in_range(number: int, least: int | None, most: int | None) -> bool:
    """Whether a number lies between two bounds, either of which may be open."""
    return (least is None or number >= least) and (most is None or number <= most)


def ranged(least: int | None, most: int | None) -> str:
    """`at least 1`, `at most 3`, `2 to 4`, `exactly 2`."""
    if least is None or most is None:
        return f"at most {most}" if least is None else f"at least {least}"
    return f"exactly {least}" if least == most else f"{least} to {most}"
