"""Bedrock's Converse and ConverseStream, served."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway.wire import eventstream
from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall

from .wire import pieces, thinking_tokens

_STOPS: Final = {
    "end": "end_turn",
    "unknown": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "content_filtered",
}
_TYPES: Final = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


class BedrockWire:
    """JSON and event-stream frames of /model/<id>/converse and converse-stream."""

    name = "bedrock"
    stream_type = "application/vnd.amazon.eventstream"
    tail = 2

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return path.endswith("/converse-stream")

    def decode(self, path: str, body: Mapping[str, Any]) -> ModelRequest:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        limits = body.get("inferenceConfig") or {}
        specs = [tool["toolSpec"] for tool in (body.get("toolConfig") or {}).get("tools", ())]
        form = (body.get("outputConfig") or {}).get("textFormat")
        fields = body.get("additionalModelRequestFields") or {}
        return ModelRequest(
            messages=tuple(message for item in body["messages"] for message in _messages(item)),
            system="".join(block.get("text", "") for block in body.get("system") or ()),
            tools=tuple(Tool(spec["name"], spec.get("description", ""), spec["inputSchema"]["json"]) for spec in specs),
            output_schema=json.loads(form["structure"]["jsonSchema"]["schema"]) if form else None,
            max_tokens=limits.get("maxTokens", ModelRequest(()).max_tokens),
            temperature=limits.get("temperature"),
            thinking_tokens=thinking_tokens(fields.get("thinking")),
        )

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        body: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": list(_blocks(reply))}},
            "stopReason": _STOPS[reply.stop_reason],
            "metrics": {"latencyMs": 1},
        }
        usage = _usage(reply)
        return {**body, "usage": usage} if usage else body

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        sent = [eventstream.event("messageStart", {"role": "assistant"})]
        for index, block in enumerate(_blocks(reply)):
            sent.extend(_block_events(index, block))
        sent.append(eventstream.event("messageStop", {"stopReason": _STOPS[reply.stop_reason]}))
        usage = _usage(reply)
        metadata = {"metrics": {"latencyMs": 1}, **({"usage": usage} if usage else {})}
        return [*sent, eventstream.event("metadata", metadata)]

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """See `Wire`."""
        return {"x-amzn-ErrorType": _TYPES.get(status, "InternalServerException")}, {"message": message}

    def error_piece(self, message: str) -> bytes:
        """See `Wire`."""
        return eventstream.exception("serviceUnavailableException", message)

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """See `Wire`."""
        return {**body, "output": {"message": {"role": "assistant", "content": None if null else []}}}


def _blocks(reply: ModelReply) -> Iterator[dict[str, Any]]:
    if reply.thinking:
        yield {"reasoningContent": {"reasoningText": {"text": reply.thinking, "signature": "c2lnbmF0dXJl"}}}
    if reply.text:
        yield {"text": reply.text}
    for number, call in enumerate(reply.tool_calls, 1):
        yield {"toolUse": {"toolUseId": call.id or f"tooluse_{number}", "name": call.name, "input": dict(call.args)}}


def _usage(reply: ModelReply) -> dict[str, int] | None:
    usage = reply.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    read, written = usage.cached_tokens or 0, reply.cache_write_tokens or 0
    return {
        "inputTokens": usage.input_tokens - read - written,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens + usage.output_tokens,
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    }


def _block_events(index: int, block: Mapping[str, Any]) -> Iterator[bytes]:
    deltas: list[dict[str, Any]]
    match block:
        case {"text": text}:
            deltas = [{"text": piece} for piece in pieces(text)]
        case {"reasoningContent": {"reasoningText": thought}}:
            deltas = [{"reasoningContent": {"text": piece}} for piece in pieces(thought["text"])]
            deltas.append({"reasoningContent": {"signature": thought["signature"]}})
        case _:
            call = block["toolUse"]
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            yield eventstream.event("contentBlockStart", {"contentBlockIndex": index, "start": start})
            written = json.dumps(call["input"]) if call["input"] else ""
            deltas = [{"toolUse": {"input": piece}} for piece in pieces(written, 7)]
    for delta in deltas:
        yield eventstream.event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
    yield eventstream.event("contentBlockStop", {"contentBlockIndex": index})


def _messages(item: Mapping[str, Any]) -> Iterator[Message]:
    blocks = item["content"]
    if item["role"] == "assistant":
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        thoughts = [block["reasoningContent"]["reasoningText"] for block in blocks if "reasoningContent" in block]
        yield Message(
            "assistant",
            "".join(block.get("text", "") for block in blocks),
            tool_calls=tuple(ToolCall(use["toolUseId"], use["name"], use["input"]) for use in uses),
            replay=tuple(thoughts),
        )
        return
    for block in blocks:
        if "toolResult" in block:
            result = block["toolResult"]
            text = "".join(part.get("text", "") for part in result["content"])
            failed = result.get("status") == "error"
            yield Message("tool", text, tool_call_id=result["toolUseId"], is_error=failed)
        elif "text" in block:
            yield Message("user", block["text"])
