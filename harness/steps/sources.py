"""Where the values of each call came from: the user, an earlier result, or nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.frozen import frozen
from harness.model import Case, Step, Trace

from .values import Value, distinctive, tokens

if TYPE_CHECKING:
    from .course import Course

USER = -1
"""Place of what the agent was told: the conversation, its world, its date, answers to its questions."""

OWN = -2
"""Place of what the agent itself wrote first."""


@frozen
class Unsourced:
    """An argument whose value was seen nowhere before."""

    call: Step
    """The call."""

    value: Value
    """The value."""


@frozen
class Sources:
    """For every call, by its place: the calls whose results it uses, and whether it uses something from nowhere."""

    edges: tuple[frozenset[int], ...]
    """Places of the calls whose results first showed a value of this one's arguments."""

    latent: tuple[bool, ...]
    """Whether an argument was seen nowhere before, so that the call may depend on everything the turn before gave back."""

    unsourced: tuple[Unsourced, ...]
    """Arguments from nowhere, at their first use."""


def sources(course: Course) -> Sources:
    """Find where each call's distinctive argument values were first seen.

    A result counts from the moment it was there: when its call had ended before the other began, and was not issued together
    with it.
    """
    calls = course.calls
    wanted = [list(distinctive(call.args, course.tools[call.name].choices)) for call in calls]
    needed = {token for values in wanted for value in values for token in value.tokens}
    book = _Book(needed)
    if not needed:
        return Sources((frozenset(),) * len(calls), _prose_only(wanted), ())
    told = _told(course.case, course.trace)
    edges, latent, unsourced = [], [], []
    ended = _Endings(calls, course.turns)
    for place, call in enumerate(calls):
        while told and told[-1][0] <= call.turn:
            book.see(told.pop()[1], USER)
        for earlier in ended.before(place):
            if calls[earlier].status == "ok":
                book.see(calls[earlier].result, earlier)
        origins = [(value, book.origin(value)) for value in wanted[place]]
        edges.append(
            frozenset(origin for _, found in origins for origin in found if origin is not None and origin >= 0)
        )
        latent.append(any(_latent(value, found) for value, found in origins))
        unsourced += [
            Unsourced(call, value) for value, found in origins if None in found and value.kind not in ("word", "prose")
        ]
        for value in wanted[place]:
            book.own(value)
    return Sources(tuple(edges), tuple(latent), tuple(unsourced))


def _prose_only(wanted: Sequence[Sequence[Value]]) -> tuple[bool, ...]:
    return tuple(any(value.kind == "prose" for value in values) for values in wanted)


def _latent(value: Value, found: Sequence[int | None]) -> bool:
    return value.kind == "prose" or (value.kind != "word" and (None in found or OWN in found))


class _Book:
    """Where each token that somebody asks about was first seen."""

    def __init__(self, needed: Iterable[str]) -> None:
        self._open = set(needed)
        self._first: dict[str, int] = {}

    def see(self, item: Any, place: int) -> None:
        """Read something; only what is still looked for is kept."""
        if not self._open:
            return
        for token in tokens(item, self._open):
            if token in self._open:
                self._open.discard(token)
                self._first[token] = place

    def own(self, value: Value) -> None:
        """The agent wrote a value itself."""
        for token in value.tokens:
            if token in self._open and value.kind != "prose":
                self._open.discard(token)
                self._first[token] = OWN

    def origin(self, value: Value) -> list[int | None]:
        """Where each part of a value was first seen; None for nowhere. Of a word, only a part seen in a result tells."""
        return [self._first.get(token) for token in value.tokens]


class _Endings:
    """Results in the order in which they arrived."""

    def __init__(self, calls: Sequence[Step], turns: Mapping[int, int]) -> None:
        self._calls, self._turns = calls, turns
        self._waiting = sorted(range(len(calls)), key=lambda place: (calls[place].t1, place))
        self._next = 0
        self._held: dict[int | None, list[int]] = {}

    def before(self, place: int) -> list[int]:
        """Calls, not told before, that had ended when this one began and were not issued together with it."""
        start = self._calls[place].t0
        while self._next < len(self._waiting):
            other = self._waiting[self._next]
            if other >= place or self._calls[other].t1 > start:
                break
            self._held.setdefault(self._turn(other), []).append(other)
            self._next += 1
        now = self._turn(place)
        same = self._held.pop(now, None)
        ready = sorted(other for group in self._held.values() for other in group)
        self._held = {} if same is None else {now: same}
        return ready

    def _turn(self, place: int) -> int | None:
        return self._turns.get(id(self._calls[place]))


def _told(case: Case, trace: Trace) -> list[tuple[int, Any]]:
    """What the agent was told, by the turn from which it was known, the last first; answers to its questions from the start."""
    asked = [turn.input for turn in case.turns] or [case.input]
    said: list[tuple[int, Any]] = [(-1, [dict(case.world), case.as_of]), *enumerate(asked)]
    said += [(0, question.get("answer")) for question in trace.interrupts]
    said += [(step.turn, step.result) for step in trace.steps if step.kind == "message"]
    return sorted(said, key=lambda item: item[0], reverse=True)
