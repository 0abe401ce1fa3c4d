"""What an agent receives and what it may answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from harness.frozen import frozen


@frozen
class Request:
    """One turn's message to an agent."""

    input: Any
    """What the user says: text, or whatever JSON the case gives."""

    turn: int = 0
    """Number of the turn, from 0."""

    world: Mapping[str, Any] = field(default_factory=dict)
    """What the case says about the environment."""

    as_of: str | None = None
    """The date (ISO 8601) to take as today."""

    seed: int = 0
    """Seed for anything random."""

    history: tuple[tuple[Any, str], ...] = ()
    """Earlier turns: what the user said, what was answered."""

    @property
    def text(self) -> str:
        """What the user says as text: anything else as JSON."""
        return self.input if isinstance(self.input, str) else json.dumps(self.input, ensure_ascii=False)


@frozen
class AgentReply:
    """An answer with more than text."""

    text: str = ""
    """What the user reads."""

    structured: Any = None
    """The answer's JSON form."""

    artifacts: Mapping[str, Any] = field(default_factory=dict)
    """End states by name: ledger, charts, job row."""


class InvalidOutputError(Exception):
    """The agent gave something that is no answer.

    Attributes:
        path: Where in what it gave; empty for the whole.
        problem: What is there.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem
