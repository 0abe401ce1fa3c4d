"""Run a LangGraph graph through the turns of a trial, and answer its interrupts from the case's script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.context import Context
from harness.adapters.native import Native, plain_of, required
from harness.adapters.reply import TurnRecord
from harness.adapters.request import AgentReply, InvalidOutputError, Request
from harness.adapters.talk import NativeDrive, Talk, refusal_of
from harness.adapters.wire import Session
from harness.jsonpath import parse
from harness.workspace import AgentSettings

from .listen import Ear, callbacks_of
from .settings import Settings


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> NativeDrive:
    """Import the graph.

    Raises:
        MissingExtra: when LangGraph is not installed.
        AgentError: when the target is no graph.
    """
    with required(agent):
        from langgraph.graph import StateGraph
        from langgraph.pregel import Pregel

    async def talk_of(found: Any, context: Context) -> Talk:
        return _Talk(own, _compiled(found), context, where=agent.target)

    return NativeDrive(Native(root, agent.target, (Pregel, StateGraph), word="LangGraph graph"), talk_of)


def _compiled(found: Any) -> Any:
    """The graph with a memory of its own, without which nothing can be interrupted or remembered."""
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import StateGraph

    if isinstance(found, StateGraph):
        return found.compile(checkpointer=InMemorySaver())
    return found.copy(update={"checkpointer": InMemorySaver()})


class _Talk(Talk):
    """Each trial is a thread of its own, remembered in memory."""

    def __init__(self, own: Settings, graph: Any, context: Context, *, where: str) -> None:
        self._own = own
        self._graph = graph
        self._context = context
        self._where = where
        self._session = Session(where=where, environ={})
        self._ear = Ear(context, replays_once=own.replays == "once")
        self._config = {
            "configurable": {**own.configurable, "thread_id": self._session.id},
            "recursion_limit": own.recursion_limit,
            "callbacks": [callbacks_of(self._ear)],
        }
        self._state: Any = {}

    def begun(self, request: Request, turn: TurnRecord) -> Any:
        self._ear.turn(turn, self._where)
        return self._session.fill(self._own.input, self._session.values(request))

    async def run(self, given: Any) -> Any:
        interrupts = await self._streamed(given)
        if interrupts:
            answers = self._answers(interrupts)
            self._ear.resumed()
            return answers
        self._state = (await self._graph.aget_state(self._config)).values
        return None

    async def answer(self, turn: TurnRecord) -> None:
        state = _plain_state(self._state)
        structured = _at(self._own.structured or "$.structured_response", state)
        if self._own.answer is not None:
            answer = _at(self._own.answer, state)
            if answer is None:
                raise InvalidOutputError("answer", f"there is nothing at {self._own.answer} in the final state")
            if not isinstance(answer, str) and structured is None:
                structured = answer
            self._say(answer if isinstance(answer, str) else json.dumps(answer), structured, turn)
            return
        messages = state.get("messages") if isinstance(state, Mapping) else None
        if messages:
            self._say(_last_said(messages), structured, turn)
        elif structured is not None or state:
            self._say("", state if structured is None else structured, turn)

    def close(self) -> None:
        state = _plain_state(self._state)
        for name, path in self._own.artifacts.items():
            self._context.recorder.artifact(name, _at(path, state))
        if self._ear.replayed:
            self._context.recorder.artifact("replayed_calls", self._ear.replayed)

    async def _streamed(self, given: Any) -> tuple[Any, ...]:
        """Run until the end or an interrupt; gives what was asked."""
        asked: tuple[Any, ...] = ()
        modes = ["updates", "messages"]  # the second has models stream; their tokens are heard by the callbacks
        stream = self._graph.astream(given, self._config, stream_mode=modes, subgraphs=True)
        async for space, mode, update in stream:
            if mode == "messages":
                continue
            if space:
                self._ear.entered(str(space[0]).partition(":")[0])
            elif isinstance(update, Mapping) and "__interrupt__" in update:
                asked = (*asked, *update["__interrupt__"])
        return asked

    def _answers(self, interrupts: Sequence[Any]) -> Any:
        """The script's answers, as the graph takes them."""
        from langgraph.types import Command

        answers = {item.id: self._asked(item.value) for item in interrupts}
        return Command(resume=next(iter(answers.values())) if len(answers) == 1 else answers)

    def _asked(self, asked: Any) -> Any:
        requests = asked.get("action_requests") if isinstance(asked, Mapping) else None
        if not isinstance(requests, list):
            return self._context.ask(_question(asked), details=plain_of(asked))
        decisions = []  # LangChain's own middleware: one decision for each call that waits
        for item in requests:
            question = f"May {item.get('name', 'the tool')} be called?"
            refusal = refusal_of(self._context.ask(question, details=plain_of(item)))
            decisions.append({"type": "approve"} if refusal is None else {"type": "reject", "message": refusal})
        return {"decisions": decisions}

    @staticmethod
    def _say(text: str, structured: Any, turn: TurnRecord) -> None:
        if text or structured is not None:
            turn.returned(AgentReply(text or json.dumps(structured, ensure_ascii=False), structured))


def _plain_state(state: Any) -> Any:
    """The state as JSON-plain data; what is none of it is shown as text."""
    return json.loads(json.dumps(plain_of(state), default=_shown))


def _shown(item: Any) -> Any:
    plain = plain_of(item)
    return str(item) if plain is item else plain


def _at(path: str, state: Any) -> Any:
    found = list(parse(path).find(state))
    return found[0].value if found else None


def _last_said(messages: Any) -> str:
    last = messages[-1] if isinstance(messages, list) else None
    if not isinstance(last, Mapping) or (last.get("type") or last.get("role")) not in {"ai", "assistant"}:
        return ""
    content = last.get("content")
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)
    return content if isinstance(content, str) else ""


def _question(asked: Any) -> str:
    if isinstance(asked, Mapping):
        for key in ("question", "message", "prompt", "description", "text"):
            if isinstance(asked.get(key), str):
                return str(asked[key])
        return json.dumps(plain_of(asked), ensure_ascii=False, default=str)
    return str(asked)
