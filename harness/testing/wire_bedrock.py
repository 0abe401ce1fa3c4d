"""Bedrock's Converse and ConverseStream, served."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway import wire
from harness.gateway.wire import eventstream
from harness.llm.request import ModelReply, ModelRequest

from .wire import numbered, pieces

_SERVED: Final = wire.BedrockWire()
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
        return _SERVED.read(body)

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        body = _SERVED.whole(numbered(reply, "tooluse"), wire.About("1", model))
        message = body["output"]["message"]
        return {**body, "output": {"message": {**message, "content": [_signed(block) for block in message["content"]]}}}

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """See `Wire`."""
        body = self.whole(reply, model)
        sent = [eventstream.event("messageStart", {"role": "assistant"})]
        for index, block in enumerate(body["output"]["message"]["content"]):
            sent.extend(_block_events(index, block))
        sent.append(eventstream.event("messageStop", {"stopReason": body["stopReason"]}))
        about: dict[str, Any] = {name: body[name] for name in ("metrics", "usage") if name in body}
        return [*sent, eventstream.event("metadata", about)]

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """See `Wire`."""
        return {"x-amzn-ErrorType": _TYPES.get(status, "InternalServerException")}, {"message": message}

    def error_piece(self, message: str) -> bytes:
        """See `Wire`."""
        return eventstream.exception("serviceUnavailableException", message)

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """See `Wire`."""
        return {**body, "output": {"message": {"role": "assistant", "content": None if null else []}}}


def _signed(block: dict[str, Any]) -> dict[str, Any]:
    match block:
        case {"reasoningContent": {"reasoningText": thought}}:
            return {"reasoningContent": {"reasoningText": {**thought, "signature": "c2lnbmF0dXJl"}}}
    return block


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
