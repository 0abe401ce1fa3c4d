"""A member of the team that looks things up: answers a client's question, or works for the supervisor on a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply

from .._shared.claims import Evidence
from .._shared.loop import Brief, Limits, run
from .._shared.memory import recent
from .._shared.tools import AgentTool
from .profile import asked_of, prompt

if TYPE_CHECKING:
    from harness.adapters import Context, Request

    from .._shared.loop import LoopResult
    from .._shared.world import World


@dataclass(frozen=True, slots=True)
class Member:
    """What tells one such member from another."""

    name: str
    """Name of its prompt, and of its steps."""

    tools: Callable[[World], Sequence[AgentTool[Any]]]
    """Its tools in a world."""

    limits: Limits
    """When it stops at the latest."""

    unconnected: str
    """What it says where there is no world."""

    unread: str
    """What it says where it could not find an answer."""

    async def reply(self, request: Request, context: Context) -> AgentReply:
        """Answer one question; beside the text stand its figures and citations with their sources."""
        if context.world is None:
            return AgentReply(self.unconnected, {"status": "none"})
        evidence = Evidence()
        tools = [evidence.listening(tool) for tool in self.tools(context.world)]
        task, history = asked_of(request.input), recent(request.history)
        result: LoopResult[Any] = await run(context, self._brief(context.world, tools), task, history=history)
        text = result.text or self.unread
        return AgentReply(text, {"status": result.stop, "tool_calls": result.tool_calls, **evidence.sidecar(text)})

    async def work(self, context: Context, task: str) -> LoopResult[Any]:
        """Do a task for the supervisor; nothing of it goes to the client."""
        return await run(context, self._brief(context.world, self.tools(context.world)), task, stream=False)

    def _brief(self, world: World, tools: Sequence[AgentTool[Any]]) -> Brief[Any]:
        return Brief(self.name, prompt(self.name, world), tools=tools, limits=self.limits)
