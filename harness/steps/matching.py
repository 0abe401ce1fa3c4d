"""Pair two lists so that as many as possible are paired: a maximum bipartite matching."""

from __future__ import annotations

from collections.abc import Callable


def pairs(left: int, right: int, agree: Callable[[int, int], bool]) -> dict[int, int]:
    """Pair items 0..left-1 with items 0..right-1, each at most once, as many as can be.

    A greedy pairing can miss one: with `a` fitting both calls and `b` only the first, `a` must take the second.

    Args:
        left: Number of items that want a partner.
        right: Number of possible partners.
        agree: Whether two items may be paired.
    """
    edges = [[other for other in range(right) if agree(item, other)] for item in range(left)]
    owner: dict[int, int] = {}
    for item in range(left):
        _find_partner(item, edges, owner)
    return {item: other for other, item in sorted(owner.items(), key=lambda pair: pair[1])}


def _find_partner(start: int, edges: list[list[int]], owner: dict[int, int]) -> bool:
    """Free a partner for `start` by moving others along an alternating path; breadth first, so no depth limit."""
    came_from: dict[int, int] = {}
    queue = [start]
    for item in queue:
        for other in edges[item]:
            if other in came_from:
                continue
            came_from[other] = item
            if other not in owner:
                _move(start, other, came_from, owner)
                return True
            queue.append(owner[other])
    return False


def _move(start: int, free: int, came_from: dict[int, int], owner: dict[int, int]) -> None:
    previous = {item: other for other, item in owner.items()}
    place: int | None = free
    while place is not None:
        item = came_from[place]
        owner[place] = item
        place = None if item == start else previous[item]
