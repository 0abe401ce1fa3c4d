"""Read the stream of an OpenAI Agents SDK run as events of the trial."""

from __future__ import annotations

from typing import Any

from harness.adapters.context import Context
from harness.adapters.modelcall import ModelCall
from harness.adapters.native import plain_of
from harness.adapters.reply import TurnRecord
from harness.adapters.wire.calls import args_of
from harness.adapters.wire.scribe import Scribe
from harness.model import Usage


class Listener:
    """Hears one turn, over all its runs."""

    def __init__(self, context: Context, turn: TurnRecord, *, where: str) -> None:
        self._recorder = context.recorder
        self._scribe = Scribe(context.recorder, turn, where=where)
        self._agent = ""
        self._model = ""
        self._open: set[str] = set()
        self._call = ModelCall(self._recorder)

    def heard(self, event: Any) -> None:
        """Take one event."""
        if event.type == "raw_response_event":
            self._raw(event.data)
        elif event.type == "agent_updated_stream_event":
            self._agent = event.new_agent.name
            self._model = _model_of(event.new_agent) or self._model
        elif event.type == "run_item_stream_event":
            self._item(event.name, event.item)

    def _raw(self, data: Any) -> None:
        kind = data.type
        if kind in {"response.created", "response.in_progress"} and self._call.first_chunk_s is None:
            self._call = ModelCall(self._recorder)
        elif kind == "response.output_text.delta":
            self._call.piece()
            self._scribe.take([("text_delta", {"text": data.delta, "agent": self._agent})])
        elif kind in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
            self._call.piece()
            self._scribe.take([("thinking", {"text": data.delta, "agent": self._agent})])
        elif kind.startswith("response.function_call_arguments"):
            self._call.piece()
        elif kind in {"response.completed", "response.incomplete"}:
            self._completed(data.response)

    def _completed(self, response: Any) -> None:
        used, call = response.usage, self._call
        usage = Usage() if used is None else Usage(used.input_tokens, used.output_tokens, _cached(used))
        call.model = self._model or str(getattr(response, "model", "") or "model")
        call.agent = self._agent
        call.ended(usage, _text_of(response))
        self._call = ModelCall(self._recorder)

    def _item(self, name: str, item: Any) -> None:
        if name == "tool_called":
            self._called(item)
        elif name == "tool_output":
            call_id = _field(item.raw_item, "call_id") or _field(item.raw_item, "id")
            self._open.discard(str(call_id))
            self._scribe.take([("tool_result", {"id": str(call_id), **_outcome(item)})])
        elif name == "handoff_occured":
            self._scribe.take([("handoff", {"to": item.target_agent.name, "agent": item.source_agent.name})])

    def _called(self, item: Any) -> None:
        raw = item.raw_item
        call_id = str(_field(raw, "call_id") or _field(raw, "id") or "")
        if call_id in self._open:  # it was heard before somebody was asked about it
            return
        self._open.add(call_id)
        name = getattr(item, "tool_name", None) or _field(raw, "name") or _field(raw, "type") or "tool"
        args = args_of(_field(raw, "arguments") or {})
        self._scribe.take([("tool_call", {"id": call_id, "name": str(name), "args": args, "agent": self._agent})])


def _outcome(item: Any) -> dict[str, Any]:
    output = plain_of(item.output)
    if isinstance(output, str) and output.startswith("An error occurred while running the tool"):  # the SDK's own words
        return {"error": output}
    return {"result": output if isinstance(output, str | int | float | bool | dict | list | None) else str(output)}


def _field(raw: Any, name: str) -> Any:
    return raw.get(name) if isinstance(raw, dict) else getattr(raw, name, None)


def _cached(used: Any) -> int | None:
    details = getattr(used, "input_tokens_details", None)
    return getattr(details, "cached_tokens", None)


def _model_of(agent: Any) -> str:
    model = agent.model
    return model if isinstance(model, str) else str(getattr(model, "model", "") or "")


def _text_of(response: Any) -> str:
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    return "".join(getattr(part, "text", "") or "" for part in parts)
