"""Let wording vary with the seed, as a model's does, without changing what is said."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Voice:
    """Chooses among equally good ways to say something; without noise always the first."""

    def __init__(self, seed: int, noise: float, topic: str) -> None:
        self._source = random.Random(f"{seed}:{topic}")  # noqa: S311 - reproducible on purpose
        self._noise = noise

    def pick(self, ways: Sequence[T]) -> T:
        """One of the ways: the first, or with the probability `noise` any."""
        return self._source.choice(ways) if self._source.random() < self._noise else ways[0]

    def order(self, items: Sequence[T]) -> list[T]:
        """The items in their order, or with the probability `noise` in any."""
        shuffled = list(items)
        if self._source.random() < self._noise:
            self._source.shuffle(shuffled)
        return shuffled
