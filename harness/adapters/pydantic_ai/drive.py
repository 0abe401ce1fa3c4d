"""Run a PydanticAI agent through the turns of a trial."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.context import Context
from harness.adapters.native import Native, approves, plain_of, reason_of, unreached, value_of
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import AgentReply, Request
from harness.errors import MissingExtra
from harness.workspace import AgentSettings

from .events import Listener
from .settings import Settings


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> PydanticDrive:  # noqa: ARG001
    """Import the agent.

    Raises:
        MissingExtra: when PydanticAI is not installed.
        AgentError: when the target is no agent of it.
    """
    try:
        from pydantic_ai.agent import AbstractAgent
    except ImportError as error:
        raise MissingExtra(f"agents.{agent.name}: the adapter pydantic-ai", extra="pydantic-ai") from error
    native = Native(root, agent.target, (AbstractAgent,), word="pydantic_ai.Agent")
    return PydanticDrive(own, native, root, where=agent.target)


class PydanticDrive:
    """Runs it; what was said earlier goes along as PydanticAI's own message history."""

    def __init__(self, own: Settings, native: Native, root: Path, *, where: str) -> None:
        self._own = own
        self._native = native
        self._root = root
        self._where = where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        async with self._native.opened(context) as agent:
            deps = await value_of(self._root, self._own.deps, context)
            talk = _Talk(self._own, agent, deps, where=self._where)
            await run_turns(inputs, first, context, talk.turn)


class _Talk:
    """One conversation."""

    def __init__(self, own: Settings, agent: Any, deps: Any, *, where: str) -> None:
        self._own = own
        self._agent = agent
        self._deps = deps
        self._where = where
        self._history: list[Any] = []

    async def turn(self, request: Request, context: Context, turn: TurnRecord) -> None:
        """Run one turn, as often as somebody has to be asked."""
        from pydantic_ai import DeferredToolRequests

        said = request.input if isinstance(request.input, str) else json.dumps(request.input, ensure_ascii=False)
        listener = Listener(context, turn, where=self._where)
        try:
            result = await self._run(listener, said)
            while isinstance(result.output, DeferredToolRequests):
                result = await self._run(listener, None, _asked(result.output, context))
        except Exception as error:
            provider = unreached(error, self._where)
            raise provider or error from error
        _answer(result.output, turn)

    async def _run(self, listener: Listener, said: str | None, answers: Any = None) -> Any:
        from pydantic_ai import UsageLimits

        result = await self._agent.run(
            said,
            message_history=self._history or None,
            deferred_tool_results=answers,
            deps=self._deps,
            usage_limits=UsageLimits(request_limit=self._own.request_limit),
            event_stream_handler=listener.hear,
        )
        listener.ended(result.new_messages())
        self._history = list(result.all_messages())
        return result


def _asked(waiting: Any, context: Context) -> Any:
    """What the case's script says of each call that waits; calls that are run elsewhere are answered by it, too."""
    from pydantic_ai import DeferredToolResults, ToolDenied

    results = DeferredToolResults()
    for call in waiting.approvals:
        answer = context.ask(f"May {call.tool_name} be called?", details=_told(call))
        results.approvals[call.tool_call_id] = True if approves(answer) else ToolDenied(reason_of(answer))
    for call in waiting.calls:
        results.calls[call.tool_call_id] = context.ask(f"What does {call.tool_name} give?", details=_told(call))
    return results


def _told(call: Any) -> dict[str, Any]:
    return {"tool": call.tool_name, "arguments": plain_of(call.args_as_dict())}


def _answer(output: Any, turn: TurnRecord) -> None:
    if output is None or isinstance(output, str):
        if output:
            turn.returned(output)
        return
    structured = plain_of(output)
    turn.returned(structured if isinstance(structured, Mapping) else AgentReply(json.dumps(structured), structured))
