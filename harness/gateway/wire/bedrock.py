"""Bedrock's Converse and ConverseStream, served and overheard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway.refusal import Refusal, RefusalKind
from harness.llm.assembly import Assembly, count, fresh_of, usage_of
from harness.llm.bedrock import STOPS as HEARD
from harness.llm.errors import ModelError, from_status
from harness.llm.request import DeltaKind, Message, ModelReply, ModelRequest, StopReason, Tool, ToolCall
from harness.model import Usage

from . import eventstream
from .wire import About, Failure, UnreadableError, counted, reading, sound, thinking_tokens, tidy

_STOPS: Final[Mapping[StopReason, str]] = {
    "end": "end_turn",
    "unknown": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "content_filtered",
}
_SAID: Final[Mapping[RefusalKind, tuple[int, str]]] = {
    "authentication": (403, "UnrecognizedClientException"),
    "permission": (403, "AccessDeniedException"),
    "not_found": (404, "ResourceNotFoundException"),
    "bad_request": (400, "ValidationException"),
    "too_large": (400, "ValidationException"),
    "rate_limit": (429, "ThrottlingException"),
    "budget": (400, "ServiceQuotaExceededException"),
    "overloaded": (503, "ServiceUnavailableException"),
    "upstream": (500, "InternalServerException"),
    "timeout": (408, "ModelTimeoutException"),
    "internal": (500, "InternalServerException"),
}
_BROKEN: Final[Mapping[RefusalKind, str]] = {
    "rate_limit": "throttlingException",
    "overloaded": "serviceUnavailableException",
    "bad_request": "validationException",
}


class AwsFailures:
    """How everything behind Bedrock's address says that it fails."""

    def failure(self, refusal: Refusal, request_id: str) -> Failure:
        """See `Wire`; a server fault that is final is a 4xx, because AWS's clients go by the status alone."""
        status, kind = _SAID[refusal.kind]
        if refusal.final and status >= 500:
            status, kind = 424, "ModelErrorException"
        headers = {"x-amzn-errortype": kind, "x-amzn-requestid": request_id, **refusal.headers()}
        return Failure(status, tidy({"message": refusal.message}), headers)

    def broken(self, refusal: Refusal) -> bytes:
        """See `Wire`."""
        return eventstream.exception(_BROKEN.get(refusal.kind, "modelStreamErrorException"), refusal.message)


class BedrockWire(AwsFailures):
    """JSON and event-stream frames of /model/<id>/converse and converse-stream."""

    name = "bedrock"
    stream_type = "application/vnd.amazon.eventstream"

    def read(self, body: Mapping[str, Any]) -> ModelRequest:
        """See `Wire`."""
        return reading(body, _request)

    def streams(self, operation: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return operation == "converse-stream"

    def whole(self, reply: ModelReply, about: About) -> dict[str, Any]:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return {
            "output": {"message": {"role": "assistant", "content": list(_blocks(reply))}},
            "stopReason": _STOPS[reply.stop_reason],
            "metrics": {"latencyMs": 1},
            **_usage(reply),
        }

    def writer(self, about: About) -> BedrockWriter:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return BedrockWriter()

    def listener(self, request: ModelRequest) -> BedrockListener:
        """See `Wire`."""
        return BedrockListener(request)


class BedrockWriter:
    """A reply as ConverseStream sends it."""

    def __init__(self) -> None:
        self._index = -1
        self._open = ""

    def start(self) -> bytes:
        """See `Writer`."""
        return eventstream.event("messageStart", {"role": "assistant"})

    def delta(self, kind: DeltaKind, piece: str) -> bytes:
        """See `Writer`."""
        sent = b""
        if self._open != kind:
            sent = self._stop()
            self._index += 1
            self._open = kind
        return sent + self._piece({"text": piece} if kind == "text" else {"reasoningContent": {"text": piece}})

    def finish(self, reply: ModelReply) -> bytes:
        """See `Writer`."""
        sent = self._stop()
        for call in reply.tool_calls:
            self._index += 1
            self._open = "tool"
            start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
            sent += eventstream.event("contentBlockStart", {"contentBlockIndex": self._index, "start": start})
            sent += self._piece({"toolUse": {"input": json.dumps(dict(call.args))}}) + self._stop()
        sent += eventstream.event("messageStop", {"stopReason": _STOPS[reply.stop_reason]})
        return sent + eventstream.event("metadata", {"metrics": {"latencyMs": 1}, **_usage(reply)})

    def _piece(self, delta: Mapping[str, Any]) -> bytes:
        return eventstream.event("contentBlockDelta", {"contentBlockIndex": self._index, "delta": delta})

    def _stop(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return eventstream.event("contentBlockStop", {"contentBlockIndex": self._index})


class BedrockListener:
    """A reply of Converse, overheard."""

    def __init__(self, request: ModelRequest) -> None:
        self._assembly = Assembly(request)
        self._frames = eventstream.FrameReader()
        self._known: Mapping[str, Any] = {}
        self._stop: str | None = None
        self.finished = False
        self.begun = False

    @property
    def usage(self) -> Usage:
        """See `Listener`."""
        known = self._known
        read, written = known.get("cacheReadInputTokens"), known.get("cacheWriteInputTokens")
        return usage_of(known.get("inputTokens"), known.get("outputTokens"), read, written)

    def feed(self, chunk: bytes) -> None:
        """See `Listener`."""
        for found in self._frames.feed(chunk):
            self._event(found.headers.get(":event-type", ""), payload(found))

    def whole(self, body: Mapping[str, Any]) -> None:
        """See `Listener`."""
        blocks = ((body.get("output") or {}).get("message") or {}).get("content")
        if not isinstance(blocks, list) or not isinstance(body.get("stopReason"), str):
            raise ModelError("invalid_reply", "the reply is not one of Converse")
        for index, block in enumerate(blocks):
            self._block(index, block)
        self._stop, self._known = body["stopReason"], body.get("usage") or {}
        self.finished = True

    def reply(self) -> ModelReply:
        """See `Listener`."""
        written = count(self._known.get("cacheWriteInputTokens"))
        return self._assembly.reply(HEARD.get(self._stop or "", "unknown"), self.usage, "", cache_write_tokens=written)

    def _event(self, kind: str, event: Mapping[str, Any]) -> None:
        index = event.get("contentBlockIndex", 0)
        match kind, event:
            case "contentBlockStart", {"start": {"toolUse": dict(call)}}:
                self.begun = True
                self._assembly.tool(index, call.get("toolUseId"), call.get("name"))
            case "contentBlockDelta", {"delta": {"text": piece}}:
                self.begun = True
                self._assembly.add_text(piece)
            case "contentBlockDelta", {"delta": {"toolUse": {"input": piece}}}:
                self._assembly.tool_json(index, piece)
            case "contentBlockDelta", {"delta": {"reasoningContent": {"text": piece}}}:
                self.begun = True
                self._assembly.add_thinking(piece)
            case "messageStop", {"stopReason": str(stop)}:
                self._stop = stop
                sound(self)
                self.finished = True
            case "metadata", {"usage": dict(usage)}:
                self._known = usage

    def _block(self, index: int, block: Mapping[str, Any]) -> None:
        match block:
            case {"text": text}:
                self._assembly.add_text(text)
            case {"toolUse": {"toolUseId": call_id, "name": name, "input": args}}:
                self._assembly.tool(index, call_id, name)
                self._assembly.tool_json(index, json.dumps(args))
            case {"reasoningContent": {"reasoningText": dict(thought)}}:
                self._assembly.add_thinking(thought.get("text") or "")


def payload(found: eventstream.Frame) -> Mapping[str, Any]:
    """The JSON of a frame.

    Raises:
        ModelError: for a frame that reports an error, or is no JSON.
    """
    try:
        body = json.loads(found.payload or b"{}")
    except ValueError as error:
        raise ModelError("invalid_reply", "an event of the stream is not JSON") from error
    if found.headers.get(":message-type") in {"exception", "error"}:
        kind = found.headers.get(":exception-type") or found.headers.get(":error-code") or "error"
        said = body.get("message") if isinstance(body, dict) else None
        raise from_status(500, str(said or kind), code=kind)
    if not isinstance(body, dict):
        raise ModelError("invalid_reply", "an event of the stream is no object")
    return body


def _blocks(reply: ModelReply) -> Iterator[dict[str, Any]]:
    if reply.thinking:
        yield {"reasoningContent": {"reasoningText": {"text": reply.thinking}}}
    if reply.text:
        yield {"text": reply.text}
    for call in reply.tool_calls:
        yield {"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.args)}}


def _usage(reply: ModelReply) -> dict[str, dict[str, int | None]]:
    usage = reply.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return {}
    return {
        "usage": {
            "inputTokens": fresh_of(usage, reply.cache_write_tokens),
            "outputTokens": usage.output_tokens,
            "totalTokens": usage.input_tokens + usage.output_tokens,
            "cacheReadInputTokens": usage.cached_tokens or 0,
            "cacheWriteInputTokens": reply.cache_write_tokens or 0,
        }
    }


def _request(body: Mapping[str, Any]) -> ModelRequest:
    limits = body.get("inferenceConfig") or {}
    specs = [tool["toolSpec"] for tool in (body.get("toolConfig") or {}).get("tools", ()) if "toolSpec" in tool]
    form = (body.get("outputConfig") or {}).get("textFormat")
    fields = body.get("additionalModelRequestFields") or {}
    messages = tuple(message for item in body["messages"] for message in _messages(item))
    if not messages:
        raise UnreadableError("messages: at least one message is needed")
    return ModelRequest(
        messages=messages,
        system="".join(block.get("text", "") for block in body.get("system") or ()),
        tools=tuple(Tool(spec["name"], spec.get("description", ""), spec["inputSchema"]["json"]) for spec in specs),
        output_schema=json.loads(form["structure"]["jsonSchema"]["schema"]) if form else None,
        max_tokens=counted(limits.get("maxTokens"), name="maxTokens", otherwise=ModelRequest(()).max_tokens),
        temperature=limits.get("temperature"),
        thinking_tokens=thinking_tokens(fields.get("thinking")),
    )


def _messages(item: Mapping[str, Any]) -> Iterator[Message]:
    blocks = item["content"]
    if item["role"] == "assistant":
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        thoughts = [block["reasoningContent"] for block in blocks if "reasoningContent" in block]
        yield Message(
            "assistant",
            "".join(block.get("text", "") for block in blocks),
            tool_calls=tuple(ToolCall(use["toolUseId"], use["name"], use["input"]) for use in uses),
            replay=tuple(thought["reasoningText"] for thought in thoughts if "reasoningText" in thought),
        )
        return
    if item["role"] != "user":
        raise UnreadableError(f"messages: {item['role']!r} is no role")
    for block in blocks:
        if "toolResult" in block:
            result = block["toolResult"]
            text = "".join(_part(part) for part in result["content"])
            failed = result.get("status") == "error"
            yield Message("tool", text, tool_call_id=result["toolUseId"], is_error=failed)
        else:
            yield Message("user", _part(block))


def _part(part: Mapping[str, Any]) -> str:
    if "text" in part:
        return str(part["text"])
    if "json" in part:
        return json.dumps(part["json"])
    return "".join(f"[{name}]" for name in part)
