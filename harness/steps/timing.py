"""What the time of a trial went into, and how much of it could have run at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from harness.frozen import frozen
from harness.model import Step, Trace

from .spans import covered

if TYPE_CHECKING:
    from .course import Course

_CLOCK = 1e-9


@frozen
class Timing:
    """The wall time of a trial in parts that add up to it, and what the useful calls needed of it at least."""

    total: float
    """Wall time."""

    critical_path: float
    """The longest chain of useful calls of which each needed the one before."""

    serialisation: float
    """Time in which useful calls ran one after another although they did not need each other."""

    redundant: float
    """Time in which only redundant calls ran."""

    failed: float
    """Time in which only failed calls ran."""

    model_idle: float
    """Time in which no tool ran: the model thought, or nothing happened."""

    missed_parallelism: float
    """1 - critical path / time of the useful calls, counted once where they ran together; 0 without any."""

    turns: int
    """Tool turns with a useful call."""

    turns_saveable: int
    """Tool turns that could have been one with the turn before, because no call needed what that turn gave back."""


def timing(course: Course) -> Timing:
    """Measure a trial."""
    calls, useless = course.calls, course.useless
    inner = _inner(calls)
    useful = [place for place in range(len(calls)) if place not in useless and place not in inner]
    mine = [_span(calls[place]) for place in useful]
    redundant, failed = (
        [_span(calls[place]) for place, why in useless.items() if why == kind and place not in inner]
        for kind in ("redundant", "failed")
    )
    busy, with_redundant, with_failed = covered(mine), covered(mine + redundant), covered(mine + redundant + failed)
    total = max([course.trace.duration_s, *(step.t1 for step in course.trace.steps)], default=0.0)
    critical = min(_Chain(course).longest(useful), busy)
    turns, saveable = _turns(course, useful)
    return Timing(
        total=total,
        critical_path=critical,
        serialisation=busy - critical,
        redundant=with_redundant - busy,
        failed=with_failed - with_redundant,
        model_idle=max(0.0, total - with_failed),
        missed_parallelism=1 - critical / busy if busy > 0 else 0.0,
        turns=turns,
        turns_saveable=saveable,
    )


def _span(step: Step) -> tuple[float, float]:
    return step.t0, step.t1


def _inner(calls: Sequence[Step]) -> set[int]:
    """Calls made inside another tool call: their time is that call's."""
    ids = {call.id for call in calls}
    return {place for place, call in enumerate(calls) if call.parent in ids}


def _turns(course: Course, useful: Sequence[int]) -> tuple[int, int]:
    """Tool turns with a useful call, and how many of them could have been one with the turn before."""
    by_agent: dict[str, dict[int, list[int]]] = {}
    for place in useful:
        call = course.calls[place]
        by_agent.setdefault(call.agent, {}).setdefault(course.turns[id(call)], []).append(place)
    saveable = sum(_saveable(course, list(batches.items())) for batches in by_agent.values())
    return sum(map(len, by_agent.values())), saveable


def _saveable(course: Course, batches: Sequence[tuple[int, list[int]]]) -> int:
    """Turns of one agent that needed nothing of the turns with which they are joined."""
    joined: set[int] = set()
    asked: set[str] = set()
    saved, user_turn, changed = 0, -1, True
    for turn, places in batches:
        calls = [course.calls[place] for place in places]
        changes = any(course.tools.changes(call.name) for call in calls)
        alone = (
            changed or changes or calls[0].turn != user_turn or any(course.sources.latent[place] for place in places)
        )
        keys = {course.tools.key(call) for call in calls}
        alone = alone or not asked.isdisjoint(keys)
        if alone or any(
            course.turns[id(course.calls[other])] in joined for place in places for other in course.sources.edges[place]
        ):
            joined, asked, user_turn, changed = {turn}, keys, calls[0].turn, changes
        else:
            joined.add(turn)
            asked |= keys
            saved += 1
    return saved


class _Chain:
    """The longest chain of calls of which each needed the one before.

    A call needs the results that its arguments came from. With an argument from nowhere it may need all that the turn before
    gave back. The same call, asked again with another answer, waits for the first. A call that changes something waits for
    everything before it, and everything after waits for it; and what the user says next, or another agent is handed, depends
    on all that was done until then.
    """

    def __init__(self, course: Course) -> None:
        self._course = course
        self._handed = _handovers(course.trace)
        self._length: dict[int, float] = {}
        self._running: list[tuple[float, int]] = []
        self._ended = self._after_change = self._after_turn = 0.0
        self._of_turn: dict[int, float] = {}
        self._turns: dict[str, list[int]] = {}
        self._user_turn = 0
        self._same: dict[str, float] = {}
        self._handed_over: dict[str, float] = {}

    def longest(self, useful: Sequence[int]) -> float:
        """Its length in seconds, over the useful calls in order."""
        for place in useful:
            self._add(place, self._course.calls[place])
        return max(self._length.values(), default=0.0)

    def _add(self, place: int, call: Step) -> None:
        self._settle(call.t0)
        if call.turn != self._user_turn:
            self._user_turn, self._after_turn = call.turn, self._ended
        turn = self._course.turns[id(call)]
        needed = [self._length[other] for other in self._course.sources.edges[place] if self._over(other, call)]
        needed.append(self._ended if self._course.tools.changes(call.name) else self._after_change)
        before = self._before(call.agent, turn)
        needed.append(before if self._course.sources.latent[place] else 0.0)
        # Asked again with another answer: it was the time in between that counted.
        key = self._course.tools.key(call)
        needed += [self._after_turn, self._handover(call), self._same.get(key, 0.0)]
        self._length[place] = self._same[key] = length = max(needed) + call.seconds
        self._of_turn[turn] = max(self._of_turn.get(turn, 0.0), length)
        heappush(self._running, (call.t1, place))

    def _settle(self, now: float) -> None:
        """Take note of the calls that have ended."""
        while self._running and self._running[0][0] <= now + _CLOCK:
            _, place = heappop(self._running)
            self._ended = max(self._ended, self._length[place])
            if self._course.tools.changes(self._course.calls[place].name):
                self._after_change = max(self._after_change, self._length[place])

    def _over(self, other: int, call: Step) -> bool:
        return other in self._length and self._course.calls[other].t1 <= call.t0 + _CLOCK

    def _before(self, agent: str, turn: int) -> float:
        """The longest chain to the end of the agent's tool turn before this one."""
        turns = self._turns.setdefault(agent, [])
        if not turns or turns[-1] != turn:
            turns.append(turn)
        return self._of_turn.get(turns[-2], 0.0) if len(turns) > 1 else 0.0

    def _handover(self, call: Step) -> float:
        """The chain that led to the last handoff to this agent before the call."""
        while self._handed and self._handed[-1][0] <= call.t0:
            at, agent = self._handed.pop()
            self._settle(at)
            self._handed_over[agent] = self._ended
        return self._handed_over.get(call.agent, 0.0)


def _handovers(trace: Trace) -> list[tuple[float, str]]:
    """When which agent was handed the work, the last first."""
    return sorted(((step.t0, step.name) for step in trace.steps if step.kind == "handoff"), reverse=True)
