"""Run an agent of the OpenAI Agents SDK through the turns of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.context import Context
from harness.adapters.native import Native, required, value_of
from harness.adapters.reply import TurnRecord
from harness.adapters.request import Request
from harness.adapters.talk import NativeDrive, Talk, answered, refusal_of
from harness.workspace import AgentSettings

from .events import Listener
from .settings import Settings


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> NativeDrive:
    """Import the agent.

    Raises:
        MissingExtra: when the SDK is not installed.
        AgentError: when the target is no agent of it.
    """
    with required(agent):
        from agents import Agent

    async def talk_of(found: Any, context: Context) -> Talk:
        made = await value_of(root, own.run_context, context)
        return _Talk(own, found, made, context, where=agent.target)

    return NativeDrive(Native(root, agent.target, (Agent,), word="agents.Agent"), talk_of)


class _Talk(Talk):
    """What was said earlier goes along as the SDK's own input items."""

    def __init__(self, own: Settings, agent: Any, made: Any, context: Context, *, where: str) -> None:
        self._own = own
        self._agent = agent
        self._made = made
        self._context = context
        self._where = where
        self._items: list[Any] = []
        self._output: Any = None

    def begun(self, request: Request, turn: TurnRecord) -> Any:
        self._listener = Listener(self._context, turn, where=self._where)
        return [*self._items, {"role": "user", "content": request.text}]

    async def run(self, given: Any) -> Any:
        result = await self._streamed(given)
        if result.interruptions:
            return self._decided(result)
        self._items, self._output = result.to_input_list(), result.final_output
        return None

    async def answer(self, turn: TurnRecord) -> None:
        answered(self._output, turn)

    async def _streamed(self, given: Any) -> Any:
        from agents import RunConfig, Runner

        config = RunConfig(tracing_disabled=True)  # it would send what is said to the SDK's maker
        result = Runner.run_streamed(
            self._agent, given, context=self._made, max_turns=self._own.max_turns, run_config=config
        )
        try:
            async for event in result.stream_events():
                self._listener.heard(event)
        except BaseException:
            result.cancel()
            raise
        return result

    def _decided(self, result: Any) -> Any:
        """The run's state, with each call that waits approved or rejected."""
        state = result.to_state()
        for item in result.interruptions:
            details = {"tool": item.name, "arguments": getattr(item.raw_item, "arguments", None)}
            refusal = refusal_of(self._context.ask(f"May {item.agent.name} call {item.name}?", details=details))
            if refusal is None:
                state.approve(item)
            else:
                state.reject(item, rejection_message=refusal)
        return state
