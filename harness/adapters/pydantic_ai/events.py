"""Read the stream of a PydanticAI run as events of the trial."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from typing import Any

from harness.adapters.context import Context
from harness.adapters.modelcall import ModelCall
from harness.adapters.native import plain_of
from harness.adapters.reply import TurnRecord
from harness.adapters.wire.scribe import Scribe
from harness.model import Usage


class Listener:
    """Hears one turn, over all its runs."""

    def __init__(self, context: Context, turn: TurnRecord, *, where: str) -> None:
        self._recorder = context.recorder
        self._scribe = Scribe(context.recorder, turn, where=where)
        self._open: set[str] = set()
        self._call = ModelCall(self._recorder)
        self._answered: list[ModelCall] = []

    async def hear(self, _run: Any, events: AsyncIterable[Any]) -> None:
        """Take what one node of the run tells: a model's reply in pieces, or its tool calls."""
        replies = False
        async for event in events:
            kind = event.event_kind
            if kind in {"part_start", "part_delta"}:
                replies = True
                self._piece(event.part if kind == "part_start" else event.delta)
            elif kind == "function_tool_call":
                self._called(event.part)
            elif kind == "function_tool_result":
                self._result(event.part)
                self._call = ModelCall(self._recorder)
        if replies:
            self._answered.append(self._call)
            self._call = ModelCall(self._recorder)

    def ended(self, messages: Sequence[Any]) -> None:
        """Write down the model calls of a run, in order; only its end says what they took."""
        for message in messages:
            if message.kind == "response":
                self._counted(message)
        self._answered = []

    def _piece(self, part: Any) -> None:
        self._call.piece()
        kind = getattr(part, "part_kind", None) or getattr(part, "part_delta_kind", "")
        text = getattr(part, "content_delta", None) or getattr(part, "content", None)
        if kind in {"text", "thinking"} and isinstance(text, str) and text:
            self._scribe.take([("text_delta" if kind == "text" else "thinking", {"text": text})])

    def _called(self, part: Any) -> None:
        if part.tool_call_id in self._open:  # it was heard before somebody was asked about it
            return
        self._open.add(part.tool_call_id)
        try:
            args = plain_of(part.args_as_dict())
        except ValueError:  # the model wrote no JSON
            args = {"": str(part.args)}
        self._scribe.take([("tool_call", {"id": part.tool_call_id, "name": part.tool_name, "args": args})])

    def _result(self, part: Any) -> None:
        self._open.discard(part.tool_call_id)
        if part.part_kind == "retry-prompt":
            outcome: dict[str, Any] = {"error": part.model_response()}
        elif getattr(part, "outcome", "success") in {"failed", "denied"}:
            outcome = {"error": str(part.content)}
        else:
            outcome = {"result": plain_of(part.content)}
        self._scribe.take([("tool_result", {"id": part.tool_call_id, **outcome})])

    def _counted(self, message: Any) -> None:
        used = message.usage
        told = bool(used.input_tokens or used.output_tokens)
        usage = Usage(used.input_tokens, used.output_tokens, used.cache_read_tokens) if told else Usage()
        call = self._answered.pop(0) if self._answered else ModelCall.unseen(self._recorder)
        call.model, call.provider = message.model_name or "model", message.provider_name or ""
        call.ended(usage, "".join(part.content for part in message.parts if part.part_kind == "text"))
