"""Checks on the course of a trial: how many steps it took, whether it went in circles or failed on the way."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from harness.bounds import Ge, Len
from harness.model import Step, Trace
from harness.registry import Check, Finding, Subject, check
from harness.steps.calls import named
from harness.steps.recovery import never_succeeded

from .calls import course_of, evidence_of, in_range, ranged
from .wording import count, refuse, shown

Name: TypeAlias = Annotated[str, Len(1)]
Count: TypeAlias = Annotated[int, Ge(0)]


@check("trajectory:step-count")
class StepCount(Check):
    """The trial took between `min` and `max` steps of a kind."""

    spelled = {"kind": "type"}  # under `assert`, `type` is the check's own name

    type: Literal["llm", "tool", "handoff", "message"] | None = None
    """Kind of step; by default all kinds count."""

    pattern: Name | None = None
    """Name of the tool, model or receiving agent; `*` and `?` stand for any characters."""

    min: Count | None = None
    """Fewest steps."""

    max: Count | None = None
    """Most steps."""

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise refuse("max", "there is no limit", "give `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refuse("min", f"{self.min} is more than {self.max}", "write the smaller number under `min`")

    def conclude(self, subject: Subject) -> Finding:
        """Count the steps."""
        found = [step for step in subject.trace.steps if self._counts(step, subject.turn)]
        wanted = ranged(self.min, self.max)
        noun = f"{self.type or ''} step".strip()
        of = f" of {self.pattern}" if self.pattern else ""
        reason = f"{count(len(found), noun)}{of}, expected {wanted}"
        passed = in_range(len(found), self.min, self.max)
        return self.finding(passed, reason, expected=wanted, actual=len(found), evidence=evidence_of(found))

    def _counts(self, step: Step, turn: int | None) -> bool:
        return (
            (self.type is None or step.kind == self.type)
            and (turn is None or step.turn == turn)
            and (self.pattern is None or named(step.name, (self.pattern,)))
        )


@check("trajectory:no-repeated-calls")
class NoRepeatedCalls(Check):
    """No tool was called again with the same arguments and the same result while nothing had changed in between."""

    mutates: tuple[Name, ...] = ()
    """Tools that change something; by default as the reference says, or those with a verb such as `place` in their name."""

    ignore: tuple[Name, ...] = ()
    """Tools that may be asked again and again, such as a job's status; `*` and `?` stand for any characters."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for redundant calls."""
        course = course_of(subject, writes=self.mutates, polls=self.ignore)
        calls, found = course.calls, course.repeats
        if not found:
            return self.finding(True, f"{count(len(calls), 'tool call')}, none repeated", expected=0, actual=0)
        again, first = found[0]
        more = f" ({len(found)} repeated calls in all)" if len(found) > 1 else ""
        reason = f"{again.name}{shown(dict(again.args))} in {again.id} repeats {first.id} with the same result{more}"
        evidence = evidence_of([call for call, _ in found])
        return self.finding(False, reason, expected=0, actual=len(found), evidence=evidence)


@check("trajectory:error-free")
class ErrorFree(Check):
    """No tool or model call failed or was left unfinished, and no error was reported."""

    recovered: bool = False
    """Whether a failed call is forgiven when a later call of the same tool succeeds."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for errors."""
        steps = [step for step in subject.trace.steps if subject.turn in (None, step.turn)]
        failed = never_succeeded(steps) if self.recovered else [step for step in steps if step.status != "ok"]
        reported = _reported(subject.trace) if subject.turn is None and not self.recovered else ()
        if not failed and not reported:
            return self.finding(True, f"{count(len(steps), 'step')} without an error", expected=0, actual=0)
        total = len(failed) + len(reported)
        first = f"{failed[0].id} ({failed[0].name}): {failed[0].error or failed[0].status}" if failed else reported[0]
        reason = f"{count(total, 'error')}: {first[:300]}"
        return self.finding(False, reason, expected=0, actual=total, evidence=evidence_of(failed))


def _reported(trace: Trace) -> tuple[str, ...]:
    """Errors that are not those of a step."""
    own = {step.error for step in trace.steps}
    return tuple(message for message in trace.errors if message not in own)
