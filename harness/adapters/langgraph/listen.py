"""Hear what a graph does: LangChain's callbacks for models and tools, written as events of the trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from harness.adapters.context import Context, described
from harness.adapters.modelcall import ModelCall
from harness.adapters.native import plain_of
from harness.adapters.reply import TurnRecord
from harness.adapters.wire.scribe import Scribe
from harness.model import Usage, canonical


class Ear:
    """What callbacks are told, for one conversation; tool calls that a resumed node repeats are told from new ones."""

    def __init__(self, context: Context, *, replays_once: bool) -> None:
        self._recorder = context.recorder
        self._once = replays_once
        self._scribe: Scribe | None = None
        self._starts: dict[UUID, ModelCall] = {}
        self._silent: set[UUID] = set()
        self._made: list[str] = []
        self._replaying: Counter[str] = Counter()
        self._agent = ""
        self.replayed = 0
        """Tool calls that were repeated because their node was interrupted."""

    def turn(self, turn: TurnRecord, where: str) -> None:
        """A turn begins."""
        self._scribe = Scribe(self._recorder, turn, where=where)
        self._made, self._replaying = [], Counter()

    def resumed(self) -> None:
        """The graph goes on after an interrupt: what its node did before may come again."""
        self._replaying = Counter(self._made) if self._once else Counter()

    def model_begins(self, run_id: UUID, metadata: Mapping[str, Any], name: str) -> None:
        """A model is asked."""
        model = str(metadata.get("ls_model_name") or name)
        provider = str(metadata.get("ls_provider") or "")
        self._starts[run_id] = ModelCall(self._recorder, model=model, provider=provider, agent=self._entered(metadata))

    def token(self, run_id: UUID, text: str) -> None:
        """A piece of a reply has come."""
        call = self._starts.get(run_id)
        if call is not None:
            call.piece()
        if text:
            self._say("text_delta", {"text": text, **({"agent": call.agent} if call and call.agent else {})})

    def model_ends(self, run_id: UUID, message: Any) -> None:
        """A model has answered."""
        call = self._starts.pop(run_id, None)
        if call is None:
            return
        used = getattr(message, "usage_metadata", None) or {}
        cached = (used.get("input_token_details") or {}).get("cache_read")
        told = getattr(message, "response_metadata", None) or {}
        call.model = str(told.get("model_name") or call.model)
        call.ended(Usage(used.get("input_tokens"), used.get("output_tokens"), cached), _text_of(message))

    def model_failed(self, run_id: UUID, error: BaseException) -> None:
        """A model has not answered."""
        call = self._starts.pop(run_id, None)
        if call is not None:
            call.failed(described(error))

    def tool_begins(self, run_id: UUID, name: str, args: Any, metadata: Mapping[str, Any]) -> None:
        """A tool is called."""
        args = plain_of(args) if isinstance(args, Mapping) else {"": args}
        agent = self._entered(metadata)
        key = canonical([agent, name, args])
        if self._replaying[key] > 0:
            self._replaying[key] -= 1
            self._silent.add(run_id)
            self.replayed += 1
            return
        self._made.append(key)
        self._say("tool_call", {"id": str(run_id), "name": name, "args": args, **({"agent": agent} if agent else {})})

    def tool_ends(self, run_id: UUID, **outcome: Any) -> None:
        """A tool has ended, with a `result` or an `error`."""
        if run_id in self._silent:
            self._silent.discard(run_id)
        else:
            self._say("tool_result", {"id": str(run_id), **outcome})

    def entered(self, node: str) -> None:
        """Another agent, a graph in the graph, takes over."""
        if node and node != self._agent:
            self._agent = node
            self._say("handoff", {"to": node})

    def _entered(self, metadata: Mapping[str, Any]) -> str:
        """Which agent acts: the outermost graph in the graph, else the node."""
        space = str(metadata.get("langgraph_checkpoint_ns") or metadata.get("checkpoint_ns") or "")
        parts = [part.partition(":")[0] for part in space.split("|") if part]
        if len(parts) > 1:
            self.entered(parts[0])
        return parts[0] if parts else str(metadata.get("langgraph_node") or "")

    def _say(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._scribe is not None:
            self._scribe.take([(kind, data)])


def callbacks_of(ear: Ear) -> Any:
    """LangChain's handler; a class of its own only once LangChain is there."""
    from langchain_core.callbacks import BaseCallbackHandler

    class Handler(BaseCallbackHandler):
        """Passes on what it is told, on the thread that it is told on."""

        run_inline = True

        def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **about: Any) -> None:  # noqa: ARG002 - LangChain calls it
            ear.model_begins(run_id, about.get("metadata") or {}, _named(serialized, "model"))

        def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **about: Any) -> None:  # noqa: ARG002 - LangChain calls it
            ear.model_begins(run_id, about.get("metadata") or {}, _named(serialized, "model"))

        def on_llm_new_token(self, token: Any, *, run_id: UUID, **_: Any) -> None:
            ear.token(run_id, token if isinstance(token, str) else _blocks(token))

        def on_llm_end(self, response: Any, *, run_id: UUID, **_: Any) -> None:
            first = response.generations[0][0] if response.generations and response.generations[0] else None
            ear.model_ends(run_id, getattr(first, "message", None))

        def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
            ear.model_failed(run_id, error)

        def on_tool_start(self, serialized: Any, input_str: str, *, run_id: UUID, **about: Any) -> None:
            given = about.get("inputs")
            args = input_str if given is None else given
            ear.tool_begins(run_id, _named(serialized, "tool"), args, about.get("metadata") or {})

        def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
            if getattr(output, "status", None) == "error":
                ear.tool_ends(run_id, error=_blocks(output.content))
            else:
                ear.tool_ends(run_id, result=_result_of(output))

        def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
            ear.tool_ends(run_id, error=described(error))

    return Handler()


def _named(serialized: Any, otherwise: str) -> str:
    return str(serialized.get("name") or otherwise) if isinstance(serialized, Mapping) else otherwise


def _result_of(output: Any) -> Any:
    import json

    content = getattr(output, "content", output)
    if isinstance(content, str):
        try:
            return json.loads(content)
        except ValueError:
            return content
    plain = plain_of(content)
    return plain if isinstance(plain, int | float | bool | dict | list | None) else str(plain)


def _text_of(message: Any) -> str:
    return _blocks(getattr(message, "content", ""))


def _blocks(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)
    return content if isinstance(content, str) else ""
