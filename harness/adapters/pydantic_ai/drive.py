"""Run a PydanticAI agent through the turns of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.context import Context
from harness.adapters.native import Native, plain_of, required, value_of
from harness.adapters.reply import TurnRecord
from harness.adapters.request import Request
from harness.adapters.talk import NativeDrive, Talk, answered, refusal_of
from harness.workspace import AgentSettings

from .events import Listener
from .settings import Settings


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> NativeDrive:
    """Import the agent.

    Raises:
        MissingExtra: when PydanticAI is not installed.
        AgentError: when the target is no agent of it.
    """
    with required(agent):
        from pydantic_ai.agent import AbstractAgent

    async def talk_of(found: Any, context: Context) -> Talk:
        deps = await value_of(root, own.deps, context)
        return _Talk(own, found, deps, context, where=agent.target)

    return NativeDrive(Native(root, agent.target, (AbstractAgent,), word="pydantic_ai.Agent"), talk_of)


class _Talk(Talk):
    """What was said earlier goes along as PydanticAI's own message history."""

    def __init__(self, own: Settings, agent: Any, deps: Any, context: Context, *, where: str) -> None:
        self._own = own
        self._agent = agent
        self._deps = deps
        self._context = context
        self._where = where
        self._history: list[Any] = []
        self._output: Any = None

    def begun(self, request: Request, turn: TurnRecord) -> Any:
        self._listener = Listener(self._context, turn, where=self._where)
        return {"user_prompt": request.text}

    async def run(self, given: Any) -> Any:
        from pydantic_ai import DeferredToolRequests, UsageLimits

        result = await self._agent.run(
            **given,
            message_history=self._history or None,
            deps=self._deps,
            usage_limits=UsageLimits(request_limit=self._own.request_limit),
            event_stream_handler=self._listener.hear,
        )
        self._listener.ended(result.new_messages())
        self._history, self._output = list(result.all_messages()), result.output
        if isinstance(result.output, DeferredToolRequests):
            return {"deferred_tool_results": self._decided(result.output)}
        return None

    async def answer(self, turn: TurnRecord) -> None:
        answered(self._output, turn)

    def _decided(self, waiting: Any) -> Any:
        """What is said of each call that waits; calls that are run elsewhere are answered, too."""
        from pydantic_ai import DeferredToolResults, ToolDenied

        results = DeferredToolResults()
        for call in waiting.approvals:
            refusal = refusal_of(self._context.ask(f"May {call.tool_name} be called?", details=_told(call)))
            results.approvals[call.tool_call_id] = True if refusal is None else ToolDenied(refusal)
        for call in waiting.calls:
            answer = self._context.ask(f"What does {call.tool_name} give?", details=_told(call))
            results.calls[call.tool_call_id] = answer
        return results


def _told(call: Any) -> dict[str, Any]:
    return {"tool": call.tool_name, "arguments": plain_of(call.args_as_dict())}
