"""Pairing as many as can be paired."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from harness.steps.matching import pairs


def test_a_flexible_item_makes_room_for_an_inflexible_one():
    edges = {0: {0, 1}, 1: {0}}

    assert pairs(2, 2, lambda item, other: other in edges[item]) == {0: 1, 1: 0}


@given(st.lists(st.sets(st.integers(0, 4)), max_size=5))
def test_no_pairing_is_larger(edges):
    found = pairs(len(edges), 5, lambda item, other: other in edges[item])
    best = max(
        sum(other in edges[item] for item, other in enumerate(order[: len(edges)])) for order in permutations(range(5))
    )

    assert len(found) == best
    assert len(set(found.values())) == len(found)
    assert all(other in edges[item] for item, other in found.items())


def test_long_chains_need_no_recursion():
    size = 1500

    found = pairs(size, size, lambda item, other: other in (item, item - 1) or (item == 0 and other == size - 1))

    assert len(found) == size
