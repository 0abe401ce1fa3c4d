"""Run an agent of the OpenAI Agents SDK through the turns of a trial."""

from __future__ import annotations

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


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> AgentsDrive:  # noqa: ARG001
    """Import the agent.

    Raises:
        MissingExtra: when the SDK is not installed.
        AgentError: when the target is no agent of it.
    """
    try:
        from agents import Agent
    except ImportError as error:
        raise MissingExtra(f"agents.{agent.name}: the adapter openai-agents", extra="openai-agents") from error
    return AgentsDrive(own, Native(root, agent.target, (Agent,), word="agents.Agent"), root, where=agent.target)


class AgentsDrive:
    """Runs it; what was said earlier goes along as the SDK's own input items."""

    def __init__(self, own: Settings, native: Native, root: Path, *, where: str) -> None:
        self._own = own
        self._native = native
        self._root = root
        self._where = where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        async with self._native.opened(context) as agent:
            made = await value_of(self._root, self._own.run_context, context)
            talk = _Talk(self._own, agent, made, where=self._where)
            await run_turns(inputs, first, context, talk.turn)


class _Talk:
    """One conversation."""

    def __init__(self, own: Settings, agent: Any, made: Any, *, where: str) -> None:
        self._own = own
        self._agent = agent
        self._made = made
        self._where = where
        self._items: list[Any] = []

    async def turn(self, request: Request, context: Context, turn: TurnRecord) -> None:
        """Run one turn, as often as somebody has to be asked."""
        import json

        said = request.input if isinstance(request.input, str) else json.dumps(request.input, ensure_ascii=False)
        given: Any = [*self._items, {"role": "user", "content": said}]
        listener = Listener(context, turn, where=self._where)
        try:
            result = await self._run(given, listener)
            while result.interruptions:
                result = await self._run(self._asked(result, context), listener)
        except Exception as error:
            provider = unreached(error, self._where)
            raise provider or error from error
        self._items = result.to_input_list()
        self._answer(result.final_output, turn)

    async def _run(self, given: Any, listener: Listener) -> Any:
        from agents import RunConfig, Runner

        config = RunConfig(tracing_disabled=True)  # it would send what is said to the SDK's maker
        result = Runner.run_streamed(
            self._agent, given, context=self._made, max_turns=self._own.max_turns, run_config=config
        )
        try:
            async for event in result.stream_events():
                listener.heard(event)
        except BaseException:
            result.cancel()
            raise
        return result

    @staticmethod
    def _asked(result: Any, context: Context) -> Any:
        """The run's state, with each call that waits approved or rejected as the case's script says."""
        state = result.to_state()
        for item in result.interruptions:
            args = getattr(item.raw_item, "arguments", None)
            answer = context.ask(
                f"May {item.agent.name} call {item.name}?", details={"tool": item.name, "arguments": args}
            )
            if approves(answer):
                state.approve(item)
            else:
                state.reject(item, rejection_message=reason_of(answer))
        return state

    @staticmethod
    def _answer(output: Any, turn: TurnRecord) -> None:
        if output is None or isinstance(output, str):
            if output:
                turn.returned(output)
            return
        structured = plain_of(output)
        turn.returned(structured if isinstance(structured, Mapping) else AgentReply(str(output), structured))
