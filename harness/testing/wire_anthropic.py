"""Anthropic's Messages API, served."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall

from .wire import pieces, sse, thinking_tokens

_STOPS: Final = {
    "end": "end_turn",
    "unknown": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicWire:
    """JSON and server-sent events of /v1/messages."""

    name = "anthropic"
    stream_type = "text/event-stream"
    tail = 2

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return bool(body.get("stream"))

    def decode(self, path: str, body: Mapping[str, Any]) -> ModelRequest:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        messages = [message for item in body["messages"] for message in _messages(item)]
        form = (body.get("output_config") or {}).get("format")
        return ModelRequest(
            messages=tuple(messages),
            system=_text(body.get("system") or ""),
            tools=tuple(
                Tool(tool["name"], tool.get("description", ""), tool["input_schema"]) for tool in body.get("tools", ())
            ),
            output_schema=form["schema"] if form else None,
            max_tokens=body["max_tokens"],
            temperature=body.get("temperature"),
            thinking_tokens=thinking_tokens(body.get("thinking")),
        )

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": list(_blocks(reply)),
            "stop_reason": _STOPS[reply.stop_reason],
            "stop_sequence": None,
        }
        usage = _usage(reply)
        return {**message, "usage": usage} if usage else message

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """See `Wire`."""
        message = self.whole(reply, model)
        usage = message.get("usage")
        start = {**message, "content": [], "stop_reason": None}
        if usage:
            start["usage"] = {**usage, "output_tokens": 1}
        sent = [_event({"type": "message_start", "message": start}), _event({"type": "ping"})]
        for index, block in enumerate(message["content"]):
            sent.extend(_block_events(index, block))
        end = {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None}}
        if usage:
            end["usage"] = {"output_tokens": usage["output_tokens"]}
        return [*sent, _event(end), _event({"type": "message_stop"})]

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """See `Wire`."""
        kind = _TYPES.get(status, "api_error")
        return {}, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    def error_piece(self, message: str) -> bytes:
        """See `Wire`."""
        return _event({"type": "error", "error": {"type": "overloaded_error", "message": message}})

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """See `Wire`."""
        return {**body, "content": None if null else []}


def _event(data: Mapping[str, Any]) -> bytes:
    return sse(data, data["type"])


def _blocks(reply: ModelReply) -> Iterator[dict[str, Any]]:
    if reply.thinking:
        yield {"type": "thinking", "thinking": reply.thinking, "signature": "c2lnbmF0dXJl"}
    if reply.text:
        yield {"type": "text", "text": reply.text}
    for number, call in enumerate(reply.tool_calls, 1):
        yield {"type": "tool_use", "id": call.id or f"toolu_{number}", "name": call.name, "input": dict(call.args)}


def _usage(reply: ModelReply) -> dict[str, int] | None:
    usage = reply.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    read, written = usage.cached_tokens or 0, reply.cache_write_tokens or 0
    return {
        "input_tokens": usage.input_tokens - read - written,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": usage.output_tokens,
    }


def _block_events(index: int, block: Mapping[str, Any]) -> Iterator[bytes]:
    match block["type"]:
        case "text":
            empty, deltas = (
                {**block, "text": ""},
                [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])],
            )
        case "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case _:
            empty = {**block, "input": {}}
            written = json.dumps(block["input"]) if block["input"] else ""
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(written, 7)]]
    yield _event({"type": "content_block_start", "index": index, "content_block": empty})
    for delta in deltas:
        yield _event({"type": "content_block_delta", "index": index, "delta": delta})
    yield _event({"type": "content_block_stop", "index": index})


def _messages(item: Mapping[str, Any]) -> Iterator[Message]:
    """Read one message of the wire: the results of tools first, each as a message of its own."""
    content = item["content"]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if item["role"] == "assistant":
        calls = tuple(ToolCall(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use")
        replay = tuple(b for b in blocks if b["type"] in {"thinking", "redacted_thinking"})
        yield Message("assistant", _text([b for b in blocks if b["type"] == "text"]), tool_calls=calls, replay=replay)
        return
    for block in blocks:
        if block["type"] == "tool_result":
            yield Message(
                "tool",
                _text(block.get("content") or ""),
                tool_call_id=block["tool_use_id"],
                is_error=bool(block.get("is_error")),
            )
        elif block["type"] == "text":
            yield Message("user", block["text"])


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)
