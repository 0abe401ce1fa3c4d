"""Going in circles: the same few calls over and over, without anything new coming back."""

from __future__ import annotations

from collections.abc import Sequence

from harness.frozen import frozen
from harness.model import Step

from .calls import canonical_result
from .facts import Tools

LONGEST = 6
"""Calls in the longest block that is looked for."""

FEWEST = 3
"""Rounds that make a loop."""


@frozen
class Loop:
    """A block of calls that was repeated."""

    calls: tuple[Step, ...]
    """All calls of all rounds, in order."""

    period: int
    """Calls in one round."""

    @property
    def rounds(self) -> int:
        """How often the block was run."""
        return len(self.calls) // self.period

    @property
    def wasted(self) -> tuple[Step, ...]:
        """The calls after the first round."""
        return self.calls[self.period :]


def loops(calls: Sequence[Step], tools: Tools | None = None) -> list[Loop]:
    """The maximal repeats of a block of at most six calls, at least three times, none of which brought a new result.

    Each agent's calls are looked at on their own. A block of nothing but polls is waiting, not looping. A call that changes
    state and gives something new each time, such as an order's number, is no loop either.
    """
    tools = tools or Tools()
    by_agent: dict[str, list[Step]] = {}
    for call in calls:
        by_agent.setdefault(call.agent, []).append(call)
    found = [loop for own in by_agent.values() if len(own) >= FEWEST for loop in _of_one(own, tools)]
    return sorted(found, key=lambda loop: loop.calls[0].t0) if len(by_agent) > 1 else found


def _of_one(calls: Sequence[Step], tools: Tools) -> list[Loop]:
    keys = [tools.key(call) for call in calls]
    if len(set(keys)) > len(keys) - FEWEST + 1:  # a loop repeats some call at least twice
        return []
    tokens = _tokens(calls, keys)
    found = []
    for period in range(1, min(LONGEST, len(calls) // FEWEST) + 1):
        for start, end in _runs(tokens, period):
            whole = start + (end - start) // period * period
            polled = all(tools.polls(call.name) for call in calls[start : start + period])
            if not polled and _primitive(tokens[start : start + period]):
                found.append((start, Loop(tuple(calls[start:whole]), period)))
    return [loop for _, loop in sorted(found, key=lambda item: item[0])]


def _primitive(block: Sequence[int]) -> bool:
    """Whether a block is no repeat of a shorter one, whose loop is found on its own."""
    size = len(block)
    return not any(size % part == 0 and list(block) == [*block[:part]] * (size // part) for part in range(1, size))


def _tokens(calls: Sequence[Step], keys: Sequence[str]) -> list[int]:
    """A number per call: equal for the same call with the same result. Results are compared only where calls repeat."""
    count: dict[str, int] = {}
    for key in keys:
        count[key] = count.get(key, 0) + 1
    numbers: dict[tuple[str, str], int] = {}
    return [
        numbers.setdefault((key, canonical_result(call) if count[key] > 1 else ""), len(numbers))
        for key, call in zip(keys, calls, strict=True)
    ]


def _runs(tokens: Sequence[int], period: int) -> list[tuple[int, int]]:
    """Maximal stretches, of at least three rounds, in which every call equals the one a period before."""
    runs = []
    start = 0
    for place in range(period, len(tokens) + 1):
        if place < len(tokens) and tokens[place] == tokens[place - period]:
            continue
        if place - start >= FEWEST * period:
            runs.append((start, place))
        start = place - period + 1
    return runs
