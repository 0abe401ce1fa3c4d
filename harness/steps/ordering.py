"""Pair steps with calls, as many as possible, where some steps must come after others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .matching import pairs

_MOST_TRIES = 20_000
"""Partial pairings that are looked at before the best one so far is taken."""


def ordered_pairs(
    left: int, right: int, agree: Callable[[int, int], bool], waits: Mapping[int, Sequence[int]]
) -> dict[int, int]:
    """Pair items 0..left-1 with calls 0..right-1 so that no item is paired with a call before that of one it waits for.

    Without an order this is a maximum bipartite matching. With one, earlier calls are tried first and whole pairings are
    compared; plans are short, so the best is found long before the limit on tries.

    Args:
        left: Number of items that want a call.
        right: Number of calls, in the order in which they began.
        agree: Whether an item may be paired with a call.
        waits: Items that each item comes after.
    """
    free = pairs(left, right, agree)
    if not _violations(free, waits):
        return free
    search = _Search(left, right, agree, waits, len(free))
    search.run()
    return search.best


def _violations(found: Mapping[int, int], waits: Mapping[int, Sequence[int]]) -> bool:
    return any(found.get(other, -1) > call for item, call in found.items() for other in waits.get(item, ()))


class _Search:
    """Depth-first search with a bound; an item may stay without a call."""

    def __init__(
        self, left: int, right: int, agree: Callable[[int, int], bool], waits: Mapping[int, Sequence[int]], most: int
    ) -> None:
        self.best: dict[int, int] = {}
        self._order = _topological(left, waits)
        self._edges = [[call for call in range(right) if agree(item, call)] for item in range(left)]
        self._waits, self._most, self._tries = waits, most, 0

    def run(self) -> None:
        """Find the largest pairing."""
        found: dict[int, int] = {}
        used: set[int] = set()
        choices = [self._choices(0, found, used)] if self._order else []
        while choices and self._tries < _MOST_TRIES and len(self.best) < self._most:
            place = len(choices) - 1
            item = self._order[place]
            used.discard(found.pop(item, -1))
            call = choices[-1].pop() if choices[-1] else None
            if call is None:
                choices.pop()
                continue
            self._tries += 1
            if call >= 0:
                found[item] = call
                used.add(call)
            if len(found) > len(self.best):
                self.best = dict(found)
            hope = len(found) + len(self._order) - place - 1
            if place + 1 < len(self._order) and hope > len(self.best):
                choices.append(self._choices(place + 1, found, used))

    def _choices(self, place: int, found: Mapping[int, int], used: set[int]) -> list[int]:
        """Calls that an item can take, the earliest last because it is tried first; -1 for none."""
        item = self._order[place]
        earliest = max((found.get(other, -1) for other in self._waits.get(item, ())), default=-1)
        fitting = [call for call in self._edges[item] if call > earliest and call not in used]
        return [-1, *reversed(fitting)]


def _topological(left: int, waits: Mapping[int, Sequence[int]]) -> list[int]:
    """Items with those they wait for before them; a circle, which a plan cannot have, ends it early."""
    order: list[int] = []
    placed: set[int] = set()
    while len(order) < left:
        ready = [item for item in range(left) if item not in placed and placed.issuperset(waits.get(item, ()))]
        if not ready:
            ready = [item for item in range(left) if item not in placed]
        order += ready
        placed.update(ready)
    return order
