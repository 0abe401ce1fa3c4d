"""Which agents a request reached, in which order, and whether it went back and forth."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from harness.frozen import frozen
from harness.model import Step

from .calls import canonical_result
from .course import Course


@frozen
class Routing:
    """Where the work was handed, one entry per handoff or delegating call."""

    path: tuple[str, ...]
    """Receiving agents, in order."""

    steps: tuple[Step, ...]
    """The steps that handed over."""

    ping_pong: tuple[tuple[str, str, str], ...]
    """A, B and A again, without a new result in between."""

    @property
    def first(self) -> str | None:
        """The agent that was reached first."""
        return self.path[0] if self.path else None


@frozen
class Confusion:
    """How often requests for one agent reached which one first."""

    counts: Mapping[tuple[str, str], int]
    """(expected, reached) to the number of trials; `none` where nobody was reached."""

    @property
    def total(self) -> int:
        """Trials with an expected agent."""
        return sum(self.counts.values())

    @property
    def right(self) -> int:
        """Trials that reached the expected agent first."""
        return sum(number for (expected, reached), number in self.counts.items() if expected == reached)

    @property
    def accuracy(self) -> float | None:
        """Share of requests that reached the right agent first; None without any."""
        return self.right / self.total if self.total else None


def routing(course: Course, delegates: Sequence[str] = ()) -> Routing:
    """Follow the work from agent to agent.

    Args:
        course: The trial.
        delegates: Names of tools that hand over, such as `invoke_*`, where `*` is the agent's name; tools whose facts name an
            agent count besides.
    """
    path: list[str] = []
    steps: list[Step] = []
    start: list[str] = []
    calls = {id(call) for call in course.calls}
    for step in course.trace.steps:
        if step.kind == "handoff":
            to = step.name
            start = start or [step.agent] * bool(step.agent)
        else:
            to = _delegate(step, course, delegates) if id(step) in calls else ""
        if to:
            path.append(to)
            steps.append(step)
    return Routing(tuple(path), tuple(steps), _ping_pong(course, path, steps, start))


def confusion(routes: Iterable[tuple[str, str | None]]) -> Confusion:
    """Count (expected, first reached) pairs."""
    return Confusion(Counter((expected, reached or "none") for expected, reached in routes))


def confusion_of(sections: Iterable[Mapping[str, Any]]) -> Confusion:
    """Count over the `steps` sections of results; those without an expected route are left out."""
    routes = (section.get("routing") or {} for section in sections)
    return confusion((route["expected"][0], (route["path"] or [None])[0]) for route in routes if route.get("expected"))


def _delegate(step: Step, course: Course, patterns: Sequence[str]) -> str:
    known = course.tools[step.name].agent
    if known:
        return str(step.args.get(known[1:-1], "")) if known.startswith("{") and known.endswith("}") else known
    for pattern in patterns:
        if fnmatchcase(step.name, pattern):
            head, star, tail = pattern.partition("*")
            return step.name[len(head) : len(step.name) - len(tail)] if star else step.name
    return ""


def _ping_pong(
    course: Course, path: Sequence[str], steps: Sequence[Step], start: Sequence[str]
) -> tuple[tuple[str, str, str], ...]:
    """Each A, B, A whose middle part gave no result that was not known before."""
    new = _new_results(course)
    places = {id(step): place for place, step in enumerate(course.trace.steps)}
    names = [*start, *path]
    at = [-1] * len(start) + [places[id(step)] for step in steps]
    found = []
    for first, second, third in zip(range(len(names)), range(1, len(names)), range(2, len(names)), strict=False):
        told = bisect_left(new, at[third]) - bisect_left(new, at[second])
        if names[first] == names[third] != names[second] and not told:
            found.append((names[first], names[second], names[third]))
    return tuple(found)


def _new_results(course: Course) -> list[int]:
    """Places of the successful calls that gave something not given before, by any tool."""
    seen: set[str] = set()
    places = []
    for place, step in enumerate(course.trace.steps):
        if step.kind == "tool" and step.status == "ok" and step.result is not None:
            result = canonical_result(step)
            if result not in seen:
                seen.add(result)
                places.append(place)
    return places
