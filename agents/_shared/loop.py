"""The loop of the reference agents: ask the model, run the tools it asks for, until it has answered or a limit is met."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from harness.faults.errors import InjectedError
from harness.llm.request import DeltaKind, Message, Model, ModelReply, ModelRequest, ToolCall

from .tools import AgentTool, ToolOutcome, failing, said, schema_of

if TYPE_CHECKING:
    from harness.adapters import Context

    from .conditions import Conditions

M = TypeVar("M", bound=BaseModel)

STEP: ContextVar[str | None] = ContextVar("step", default=None)
"""Id of the tool call that is running: the parent of whatever the tool starts."""

StopReason: TypeAlias = Literal[
    "answer",
    "structured",
    "max_turns",
    "max_tool_calls",
    "max_cost",
    "deadline",
    "invalid_output",
    "refused",
    "cut",
    "empty",
    "unreachable",
]
"""Why a loop ended: `answer` and `structured` are success; `cut` is an answer that met the token limit, `unreachable` a model that
the case keeps away. A provider that really fails raises: that is no behaviour of an agent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most that one loop may do."""

    max_turns: int = 10
    """Model requests, repairs included."""

    max_tool_calls: int = 20
    """Tool calls, failed ones included."""

    max_tokens: int = 4096
    """Tokens of one reply."""

    max_usd: float | None = None
    """Dollars of all its model requests, as far as the model has a price; the setting `max_usd` of the agent, where there is one."""

    repairs: int = 1
    """Times that the model may correct an answer that does not fit."""


@dataclass(frozen=True, slots=True)
class LoopResult(Generic[M]):
    """How a loop ended."""

    stop: StopReason
    """Why."""

    text: str = ""
    """The final text."""

    output: M | None = None
    """The validated answer, where one was asked for."""

    error: str | None = None
    """What was wrong, for every stop but `answer` and `structured`."""

    turns: int = 0
    """Model requests made."""

    tool_calls: int = 0
    """Tool calls made."""


@dataclass(frozen=True, slots=True)
class Brief(Generic[M]):
    """Everything about an agent that is the same for each of its tasks."""

    agent: str
    """Name under which steps are recorded."""

    system: str
    """System prompt."""

    tools: Sequence[AgentTool[Any]] = ()
    """What the model may call; several calls in one turn run at the same time."""

    output_model: type[M] | None = None
    """Shape of the answer; without one, text is the answer."""

    accept: Callable[[M], str | None] | None = None
    """A last question to a valid answer: the problem that remains, or None."""

    limits: Limits = Limits()
    """When to stop at the latest."""


async def run(
    context: Context, brief: Brief[M], task: str, *, history: Sequence[Message] = (), stream: bool = True
) -> LoopResult[M]:
    """Run one agent to its end.

    Args:
        context: The trial's means: model, recorder, deadline, seed.
        brief: The agent.
        task: What to do.
        history: Earlier messages of the conversation.
        stream: Whether its text goes to the user as it is written; not for an agent that works for another one.
    """
    talk = _Talk(context, brief, _reached(brief.tools, context.world), is_heard=stream and brief.output_model is None)
    talk.messages.extend(history)
    talk.messages.append(Message("user", task))
    most = brief.limits.max_tool_calls
    while (limit := talk.limit_met()) is None:
        reply = await talk.ask()
        if reply is None:
            return talk.end("unreachable", error="the model cannot be reached")
        if not reply.tool_calls:
            end = talk.conclude(reply)
            if end is not None:
                return end
        elif talk.calls + len(reply.tool_calls) > most:
            return talk.end("max_tool_calls", error=f"more than {most} tool calls were asked for")
        else:
            await talk.use_tools(reply)
    return limit


@dataclass(slots=True)
class _Talk(Generic[M]):
    """One conversation with the model."""

    context: Context
    brief: Brief[M]
    tools: Mapping[str, AgentTool[Any]]
    messages: list[Message] = field(default_factory=list)
    turns: int = 0
    calls: int = 0
    repairs: int = 0
    usd: float = 0.0
    is_heard: bool = True

    def limit_met(self) -> LoopResult[M] | None:
        remaining = self.context.remaining()
        if remaining is not None and remaining <= 0:
            return self.end("deadline", error="the time for this trial is over")
        if self.turns >= self.brief.limits.max_turns:
            return self.end("max_turns", error=f"no answer after {self.turns} model requests")
        most = self.context.settings.get("max_usd", self.brief.limits.max_usd)
        if most is not None and self.usd >= most:
            return self.end("max_cost", error=f"no answer for ${most:g}")
        return None

    async def ask(self) -> ModelReply | None:
        """The model's reply; None where a fault of the case keeps it away, and patience was in vain."""
        self.turns += 1
        remaining = self.context.remaining()
        request = ModelRequest(
            messages=tuple(self.messages),
            system=self.brief.system,
            tools=tuple(tool.spec for tool in self.tools.values()),
            output_schema=self._schema(),
            max_tokens=self.brief.limits.max_tokens,
            seed=self.context.seed,
            timeout_s=60.0 if remaining is None else min(60.0, remaining),
        )
        # A structured answer is shown only when it is valid; half a JSON object helps nobody.
        heard = self._stream if self.is_heard else None
        model: Model = self.context.model
        try:
            reply = await model.complete(request, on_delta=heard)
        except InjectedError as error:
            self.context.recorder.error(error.problem, type="ModelDown")
            return None
        price = getattr(model, "price", None)
        self.usd += (price.of(reply.usage) or 0.0) if price is not None else 0.0
        return reply

    async def use_tools(self, reply: ModelReply) -> None:
        self.calls += len(reply.tool_calls)
        self.messages.append(reply.message())
        outcomes = await asyncio.gather(*(self._call(call) for call in reply.tool_calls))
        for call, outcome in zip(reply.tool_calls, outcomes, strict=True):
            self.messages.append(
                Message("tool", outcome.text, tool_call_id=call.id, is_error=outcome.error is not None)
            )

    def conclude(self, reply: ModelReply) -> LoopResult[M] | None:
        """End with the reply, or ask once more for a valid one."""
        if reply.stop_reason == "refusal":
            return self.end("refused", text=reply.text, error="the model refused")
        if reply.stop_reason == "max_tokens":
            return self.end(
                "cut", text=reply.text, error=f"the answer was cut at {self.brief.limits.max_tokens} tokens"
            )
        if self.brief.output_model is None:
            problem = None if reply.text.strip() else "the model said nothing"
            return self.end("empty" if problem else "answer", text=reply.text, error=problem)
        output, problem = self._validated(self.brief.output_model, reply)
        if output is not None:
            return self.end("structured", text=reply.text, output=output)
        if self.repairs >= self.brief.limits.repairs:
            return self.end("invalid_output", text=reply.text, error=problem)
        self.repairs += 1
        self.messages.append(reply.message() if reply.text else Message("assistant", "(nothing)"))
        self.messages.append(
            Message("user", f"That answer cannot be used: {problem}. Answer again with valid JSON only.")
        )
        return None

    def end(
        self, stop: StopReason, *, text: str = "", output: M | None = None, error: str | None = None
    ) -> LoopResult[M]:
        return LoopResult(stop, text, output, error, self.turns, self.calls)

    def _schema(self) -> dict[str, Any] | None:
        """The answer's schema, where the request carries it.

        Tools and a forced schema in one request fail on some providers, so an agent with tools is told the shape in its prompt,
        held to it here, and given the schema only when it has to correct itself.
        """
        if self.brief.output_model is None or (self.tools and not self.repairs):
            return None
        return schema_of(self.brief.output_model)

    def _validated(self, shape: type[M], reply: ModelReply) -> tuple[M | None, str]:
        try:
            data = reply.structured if reply.structured is not None else json.loads(reply.text, parse_constant=_refuse)
            output = shape.model_validate(data)
        except ValidationError as error:
            return None, said(error)
        except (ValueError, RecursionError):
            return None, "it is not one JSON object without any other text"
        problem = self.brief.accept(output) if self.brief.accept else None
        return (None, problem) if problem else (output, "")

    async def _call(self, call: ToolCall) -> ToolOutcome:
        recorder = self.context.recorder
        step = recorder.call(call.name, dict(call.args), agent=self.brief.agent)
        STEP.set(step)  # calls run in tasks of their own, so each has its own
        tool = self.tools.get(call.name)
        if tool is None:
            outcome = ToolOutcome(
                error=f"there is no tool {call.name!r}; use one of: {', '.join(self.tools) or 'none'}"
            )
        else:
            outcome = await tool.call(call.args)
        recorder.result(step, outcome.result, error=outcome.error)
        return outcome

    async def _stream(self, kind: DeltaKind, piece: str) -> None:
        if kind == "text":
            self.context.recorder.text(piece)
        else:
            self.context.recorder.thinking(piece)


def _reached(tools: Sequence[AgentTool[Any]], world: Any) -> dict[str, AgentTool[Any]]:
    """The tools as the trial's world lets them be reached."""
    conditions = getattr(world, "conditions", None)
    return {tool.name: tool if conditions is None else _spoiled(tool, conditions) for tool in tools}


def _spoiled(tool: AgentTool[Any], conditions: Conditions) -> AgentTool[Any]:
    return failing(tool, conditions.failing_with[tool.name]) if tool.name in conditions.failing_with else tool


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
