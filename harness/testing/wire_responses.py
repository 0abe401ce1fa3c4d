"""OpenAI's responses, served; what the OpenAI Agents SDK speaks unless it is told otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway.wire.events import sse
from harness.llm.litellm_wire import TOOL_ERROR_MARK
from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall

from .wire import numbered, pieces
from .wire_openai import OpenAIWire

_HEAD: Final = {
    "id": "resp_1", "object": "response", "created_at": 1, "error": None, "incomplete_details": None,
    "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto",
    "tools": [], "top_p": 1.0,
}  # fmt: skip
_CUT: Final = {"max_tokens": "max_output_tokens", "refusal": "content_filter"}


class ResponsesWire:
    """JSON and server-sent events of /responses."""

    name = "litellm"
    stream_type = "text/event-stream"
    tail = 1

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return bool(body.get("stream"))

    def decode(self, path: str, body: Mapping[str, Any]) -> ModelRequest:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        given = body["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        system = [body.get("instructions") or "", *(_text(item) for item in items if _is_system(item))]
        form = (body.get("text") or {}).get("format") or {}
        return ModelRequest(
            messages=tuple(_messages(item for item in items if not _is_system(item))),
            system="\n".join(part for part in system if part),
            tools=tuple(_tool(item) for item in body.get("tools") or () if item["type"] == "function"),
            output_schema=form["schema"] if form.get("type") == "json_schema" else None,
            max_tokens=body.get("max_output_tokens") or ModelRequest(()).max_tokens,
            temperature=body.get("temperature"),
        )

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        cut = _CUT.get(reply.stop_reason)
        ended = {"status": "incomplete", "incomplete_details": {"reason": cut}} if cut else {"status": "completed"}
        return {**_HEAD, "model": model, "output": list(_output(reply)), "usage": _usage(reply), **ended}

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """See `Wire`."""
        begun = {**_HEAD, "model": model, "status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [
            {"type": f"response.{kind}", "response": begun} for kind in ("created", "in_progress")
        ]
        for index, item in enumerate(_output(reply)):
            nothing: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
            empty = {**item, "status": "in_progress", **nothing}
            events.append({"type": "response.output_item.added", "output_index": index, "item": empty})
            about = {"item_id": item["id"], "output_index": index}
            events += _text_events(item, about) if item["type"] == "message" else _call_events(item, about)
            events.append({"type": "response.output_item.done", "output_index": index, "item": item})
        last = self.whole(reply, model)
        events.append({"type": f"response.{last['status']}", "response": last})
        return [sse({**event, "sequence_number": number}, event["type"]) for number, event in enumerate(events)]

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """See `Wire`."""
        return OpenAIWire().error(status, message)

    def error_piece(self, message: str) -> bytes:
        """See `Wire`."""
        event = {"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 9}
        return sse(event, "error")

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """See `Wire`."""
        return {**body, "output": None if null else []}


def _output(reply: ModelReply) -> Iterator[dict[str, Any]]:
    if reply.text or not reply.tool_calls:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        yield {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    for number, call in enumerate(numbered(reply, "call").tool_calls, 1):
        yield {
            "id": f"fc_{number}",
            "type": "function_call",
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": json.dumps(call.args),
        }


def _text_events(item: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    place = {**about, "content_index": 0}
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}


def _call_events(item: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for piece in pieces(item["arguments"], 7):
        yield {"type": "response.function_call_arguments.delta", **about, "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **about, **done}


def _usage(reply: ModelReply) -> dict[str, Any] | None:
    usage = reply.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _is_system(item: Mapping[str, Any]) -> bool:
    return item.get("role") in {"system", "developer"}


def _messages(items: Iterator[Mapping[str, Any]]) -> Iterator[Message]:
    """Messages; calls of one reply, which are items of their own here, come together again."""
    calls: list[ToolCall] = []
    for item in items:
        if item.get("type") == "function_call":
            calls.append(ToolCall(item["call_id"], item["name"], json.loads(item["arguments"] or "{}")))
            continue
        if calls:
            yield Message("assistant", "", tool_calls=tuple(calls))
            calls = []
        if item.get("type") == "function_call_output":
            text = _said(item["output"])
            failed = text.startswith(TOOL_ERROR_MARK)
            yield Message("tool", text.removeprefix(TOOL_ERROR_MARK), tool_call_id=item["call_id"], is_error=failed)
        elif "role" in item:
            yield Message("assistant" if item["role"] == "assistant" else "user", _text(item))
    if calls:
        yield Message("assistant", "", tool_calls=tuple(calls))


def _tool(item: Mapping[str, Any]) -> Tool:
    return Tool(item["name"], item.get("description") or "", item.get("parameters") or {})


def _text(item: Mapping[str, Any]) -> str:
    return _said(item.get("content") or "")


def _said(content: Any) -> str:
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)
