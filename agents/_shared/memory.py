"""What an advisor remembers: facts about the client for all sessions, and the end of a conversation that fits a budget."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.llm.request import Message

from .calendar_clock import WorldClock

MOST_FACTS: Final = 20
LONGEST_FACT: Final = 300
CONVERSATION: Final = 6000
"""Characters of earlier turns that a model is shown."""


class MemoryFull(Exception):
    """Nothing more can be remembered."""


class Memory:
    """Facts about one client, by key. They are the client's words: data, never instructions."""

    def __init__(self, database: sqlite3.Connection, clock: WorldClock, earlier: Mapping[str, Any]) -> None:
        self._database = database
        self._clock = clock
        for key, fact in earlier.items():
            self.note(str(key), str(fact))

    def note(self, key: str, fact: str) -> None:
        """Remember a fact, in place of an older one of that key.

        Raises:
            MemoryFull: when there are too many.
        """
        facts = self.facts()
        if key not in facts and len(facts) >= MOST_FACTS:
            raise MemoryFull(f"{MOST_FACTS} facts are remembered already; change one of them")
        self._database.execute(
            "INSERT INTO memories VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value, noted_at = excluded.noted_at",
            (key, fact[:LONGEST_FACT], self._clock.stamp()),
        )

    def facts(self) -> dict[str, str]:
        """All of them, in the order they were first noted."""
        return {row[0]: row[1] for row in self._database.execute("SELECT key, value FROM memories ORDER BY rowid")}


def recent(history: Sequence[tuple[Any, str]], *, budget: int = CONVERSATION) -> tuple[Message, ...]:
    """The last turns of a conversation as messages, as many as fit the budget; older ones are left out whole."""
    kept: list[Message] = []
    for said, answered in reversed(history):
        asked = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        budget -= len(asked) + len(answered)
        if budget < 0:
            break
        kept[:0] = [Message("user", asked), Message("assistant", answered or "(nothing)")]
    return tuple(kept)
