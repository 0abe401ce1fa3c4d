"""Check that a job went through states that follow from one another, and ended in one that is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import pairwise
from typing import Annotated, Any, Final

from harness.bounds import Len
from harness.jsonpath import Found, parse
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check
from harness.steps.calls import named

from .numbers import path_of
from .wording import count, listed, refuse, shown

TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("running", "failed", "cancelled"),
    "running": ("completed", "partial", "failed", "cancelled"),
    "completed": (),
    "partial": (),
    "failed": (),
    "cancelled": (),
}
"""The state machine of a job: what may follow what. States that nothing follows are terminal."""

_TIMES: Final = ("created_at", "started_at", "completed_at", "updated_at")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "completed": ("completed_at",),
    "partial": ("completed_at", "error_message"),
    "failed": ("error_message",),
}
_BARE: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("started_at", "completed_at"),
    "running": ("completed_at",),
    "completed": ("error_message",),
}
"""Members that a job in a state must have, and must not have, where its row has them at all."""


@check("finance:job-state")
class JobState(Check):
    """Every job ends in a state that is true, and came there by a way that exists.

    A job is a row with a `status` and, if the world records it, the `history` of states that it went through. Each step of the
    history must be a transition of the state machine; nothing follows a terminal state; the last state is the row's. Times do
    not run backwards. A completed job has no error message, a failed one has one, and a running one has not ended. A job that is
    called completed although a call of one of `parts` failed for good is not completed.
    """

    artifact: Annotated[str, Len(1)] = "jobs"
    """Artifact with the jobs: a list, or one of them."""

    path: str = "$"
    """JSON path in it."""

    status: Annotated[str, Len(1)] | tuple[str, ...] | None = None
    """State, or states, in which every job must have ended; by default any terminal one."""

    transitions: dict[str, tuple[str, ...]] | None = None
    """The state machine: state to the states that may follow it."""

    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """State to the members that a job in it must have, such as `{completed: [summary_payload]}`."""

    history: Annotated[str, Len(1)] = "history"
    """Member with the states that the job went through: names, or mappings with `status`."""

    parts: tuple[str, ...] = ()
    """Tools whose failure means that the job is not `completed`, `*` for any characters; a later call that goes well mends it."""

    def __post_init__(self) -> None:
        path_of(self.path, "path")
        unknown = [
            one for follow in (self.transitions or {}).values() for one in follow if one not in (self.transitions or {})
        ]
        if unknown:
            raise refuse(
                "transitions", f"{unknown[0]!r} follows but is no state", f"add `{unknown[0]}: []` if it is terminal"
            )
        asked = (self.status,) if isinstance(self.status, str) else self.status or ()
        if strange := [one for one in asked if one not in self._machine]:
            raise refuse("status", f"{strange[0]!r} is no state", f"use one of: {listed(self._machine, 12)}")

    @property
    def _machine(self) -> Mapping[str, tuple[str, ...]]:
        return self.transitions or TRANSITIONS

    def conclude(self, subject: Subject) -> Finding:
        """Look at every job."""
        if self.artifact not in subject.trace.artifacts:
            return self.finding(None, f"the trial recorded no artifact {self.artifact!r}")
        jobs = list(self._jobs(subject.trace.artifacts[self.artifact]))
        if not jobs:
            return self.finding(None, f"{self.artifact} has no job at {self.path}")
        wrong = [(path, problem) for path, job in jobs for problem in self._problems(job, subject)]
        states = listed([str(job.get("status")) for _, job in jobs])
        if not wrong:
            return self.finding(True, f"{count(len(jobs), 'job')}: {states}", actual=states)
        evidence = tuple(Evidence(path=f"{self.artifact}:{path}", note=problem) for path, problem in wrong[:10])
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return self.finding(False, f"{wrong[0][1]}{more}", expected=self.status, actual=states, evidence=evidence)

    def _jobs(self, artifact: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for found in parse(self.path).find(artifact):
            rows = found.value if isinstance(found.value, list | tuple) else [found.value]
            for place, row in enumerate(rows):
                if isinstance(row, Mapping):
                    yield _place(found, place, rows), row

    def _problems(self, job: Mapping[str, Any], subject: Subject) -> Iterator[str]:
        status = job.get("status")
        if not isinstance(status, str) or status not in self._machine:
            yield f"the job's status is {shown(status)}, which is no state of {listed(self._machine, 12)}"
            return
        wanted = (self.status,) if isinstance(self.status, str) else self.status
        if wanted and status not in wanted:
            yield f"the job is {status}, expected {listed(wanted)}"
        elif not wanted and self._machine[status]:
            yield f"the job is still {status}, which is no terminal state"
        yield from self._members(job, status)
        yield from self._course(job, status)
        if status == "completed" and (failed := self._failed(subject)):
            yield f"the job is called completed although {listed(failed)} failed"

    def _members(self, job: Mapping[str, Any], status: str) -> Iterator[str]:
        for name in self.needs.get(status, ()):
            if job.get(name) in (None, "", [], {}):
                yield f"the job is {status} but has no {name}"
        for name in _NEEDS.get(status, ()):
            if name in job and not job[name]:
                yield f"the job is {status} but has no {name}"
        for name in _BARE.get(status, ()):
            if job.get(name):
                yield f"the job is {status} but has the {name} {shown(job[name])}"
        times = [(name, job[name]) for name in _TIMES[:3] if isinstance(job.get(name), str)]
        for (before, first), (after, second) in pairwise(times):
            if len(first) == len(second) and first > second:
                yield f"{after} {second} is before {before} {first}"

    def _course(self, job: Mapping[str, Any], status: str) -> Iterator[str]:
        history = job.get(self.history)
        if not isinstance(history, list | tuple) or not history:
            return
        states = [item.get("status") if isinstance(item, Mapping) else item for item in history]
        for before, after in pairwise(states):
            if not isinstance(before, str) or after not in self._machine.get(before, ()):
                yield f"{shown(after)} does not follow {shown(before)}"
        if states[-1] != status:
            yield f"the last state of its history is {shown(states[-1])}, not {status}"

    def _failed(self, subject: Subject) -> list[str]:
        last = {call.name: call.status for call in subject.trace.tools if named(call.name, self.parts)}
        return [name for name, ended in last.items() if ended != "ok"]


def _place(found: Found, place: int, rows: Any) -> str:
    return f"{found.path}[{place}]" if rows is found.value else found.path
