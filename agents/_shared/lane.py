"""Let one agent run another: the same means, with every step recorded under the other's name and the call that started it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.adapters import Context
from harness.recorder import Recorder

_OWN: Final = frozenset({"text_delta", "text_done", "done"})
"""What only the agent in front may say to the user."""


class Lane(Recorder):
    """Writes into another recorder, as an agent that was called from one of its steps."""

    def __init__(self, main: Recorder, *, agent: str, parent: str | None) -> None:
        super().__init__(main.elapsed)
        self._main = main
        self._about = {"agent": agent} | ({} if parent is None else {"parent": parent})

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Record one event, unless it is an answer: that goes to the caller, not to the user."""
        if kind not in _OWN:
            self._main.record(kind, {**self._about, **data})

    def call(self, name: str, args: Any = None, *, agent: str = "", parent: str | None = None) -> str:
        """A tool starts, inside the call that started this agent."""
        return self._main.call(
            name, args, agent=agent or self._about["agent"], parent=parent or self._about.get("parent")
        )

    def ask(self, question: str, *, details: Any = None) -> Any:
        """Ask a person."""
        return self._main.ask(question, details=details)

    def elapsed(self) -> float:
        """Seconds since the trial started."""
        return self._main.elapsed()


def lend(context: Context, *, agent: str, parent: str | None = None) -> Context:
    """A context for an agent that another one calls; it shares model, world, clock and deadline, but no settings."""
    return Context(
        Lane(context.recorder, agent=agent, parent=parent),
        clock=context.clock,
        seed=context.seed,
        settings={},
        world=context.world,
        connect=context._connect,  # noqa: SLF001 - the other agent needs its own record of the same model
        limit_s=context._limit_s,  # noqa: SLF001 - and has the same deadline
    )
