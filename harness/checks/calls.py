"""What checks on calls share: which calls are meant, where they are, how many are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Evidence, Step
from harness.registry import Subject
from harness.steps.course import Course

from .wording import shown

_SHOWN = 5


def calls_of(subject: Subject) -> tuple[Step, ...]:
    """The tool calls of the trial, or of the turn under examination."""
    calls = subject.trace.tools
    return calls if subject.turn is None else tuple(call for call in calls if call.turn == subject.turn)


def course_of(subject: Subject, *, writes: Sequence[str] = (), polls: Sequence[str] = ()) -> Course:
    """The course of the trial, or of the turn under examination; `writes` and `polls` are names that a check gives besides."""
    return Course.of(subject.trace, subject.case, turn=subject.turn, writes=writes, polls=polls)


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
