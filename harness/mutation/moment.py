"""What a planted function may know about the moment it is called in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.adapters import Context, Request
    from harness.llm.request import ModelRequest


class Moment:
    """One trial as a planted function sees it; the same object for all calls of the trial."""

    def __init__(self, request: Request) -> None:
        self.asked: Request = request
        """The turn that is being answered: `input`, `turn`, `world`, `as_of`, `seed`, `history`."""
        self.random = random.Random(f"mutant:{request.seed}")  # noqa: S311 - reproducible on purpose
        """Chance that is the same whenever the trial is run again."""
        self.state: dict[str, Any] = {}
        """Anything to remember until the next call in this trial."""
        self.request: ModelRequest | None = None
        """For `reply` and `request`: what the model is asked."""
        self.name = ""
        """For `result` the tool, for `artifact` the end state, for `event` its kind."""
        self.args: Mapping[str, Any] = {}
        """For `result`: what the tool was called with."""
        self.context: Context | None = None
        """The agent's means, once the world is open."""
        self.calls: dict[str, int] = {}
        """How often each place, and each tool by its name, was passed in this trial, this time included."""

    @property
    def seed(self) -> int:
        """Seed of the trial."""
        return self.asked.seed

    @property
    def turn(self) -> int:
        """Number of the conversation's turn, from 0."""
        return self.asked.turn

    @property
    def world(self) -> Any:
        """The trial's world, or None."""
        return None if self.context is None else self.context.world

    @property
    def tools(self) -> tuple[str, ...]:
        """For `reply` and `request`: the tools that the model may call, which tells the members of a team apart."""
        return () if self.request is None else tuple(tool.name for tool in self.request.tools)

    @property
    def called(self) -> tuple[str, ...]:
        """For `reply` and `request`: the tools that the conversation has called so far."""
        if self.request is None:
            return ()
        return tuple(call.name for message in self.request.messages for call in message.tool_calls)
