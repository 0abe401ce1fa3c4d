"""Anthropic's Messages API, served."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway import wire
from harness.gateway.wire.events import sse
from harness.llm.request import ModelReply, ModelRequest

from .wire import metered, numbered, pieces

_SERVED: Final = wire.AnthropicWire()
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
        return _SERVED.read(body)

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        body = metered(reply, _SERVED.whole(numbered(reply, "toolu"), wire.About("1", model)))
        return {**body, "content": [_signed(block) for block in body["content"]]}

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


def _signed(block: dict[str, Any]) -> dict[str, Any]:
    return {**block, "signature": "c2lnbmF0dXJl"} if block["type"] == "thinking" else block


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
