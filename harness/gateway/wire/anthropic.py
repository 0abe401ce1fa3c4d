"""Anthropic's Messages API, served and overheard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway.refusal import Refusal
from harness.llm.anthropic_ import STOPS as HEARD
from harness.llm.assembly import Assembly, count, fresh_of, usage_of
from harness.llm.errors import ModelError, from_status
from harness.llm.request import DeltaKind, Message, ModelReply, ModelRequest, StopReason, Tool, ToolCall
from harness.model import Usage

from .events import EventReader, sse
from .wire import About, Failure, UnreadableError, counted, reading, sound, thinking_tokens, tidy

STOPS: Final[Mapping[StopReason, str]] = {
    "end": "end_turn",
    "unknown": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}
"""Our stop reasons in Anthropic's words."""

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicWire:
    """JSON and server-sent events of /v1/messages."""

    name = "anthropic"
    stream_type = "text/event-stream; charset=utf-8"

    def read(self, body: Mapping[str, Any]) -> ModelRequest:
        """See `Wire`."""
        return reading(body, _request)

    def streams(self, operation: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return body.get("stream") is True

    def whole(self, reply: ModelReply, about: About) -> dict[str, Any]:
        """See `Wire`."""
        return {
            "id": f"msg_{about.id}",
            "type": "message",
            "role": "assistant",
            "model": about.model,
            "content": list(_blocks(reply)),
            "stop_reason": STOPS[reply.stop_reason],
            "stop_sequence": None,
            "usage": _usage(reply),
        }

    def writer(self, about: About) -> AnthropicWriter:
        """See `Wire`."""
        return AnthropicWriter(about)

    def failure(self, refusal: Refusal, request_id: str) -> Failure:
        """See `Wire`."""
        body = {"type": "error", "error": _error(refusal), "request_id": request_id}
        return Failure(refusal.status, tidy(body), refusal.headers())

    def broken(self, refusal: Refusal) -> bytes:
        """See `Wire`."""
        return sse({"type": "error", "error": _error(refusal)}, "error")

    def listener(self, request: ModelRequest) -> AnthropicListener:
        """See `Wire`."""
        return AnthropicListener(request)


class AnthropicWriter:
    """A reply as Anthropic streams it."""

    def __init__(self, about: About) -> None:
        self._about = about
        self._index = -1
        self._open = ""

    def start(self) -> bytes:
        """See `Writer`; how many tokens went in is said at the end."""
        message = {**AnthropicWire().whole(ModelReply(""), self._about), "content": [], "stop_reason": None}
        message["usage"] = {"input_tokens": 0, "output_tokens": 0}
        return _event({"type": "message_start", "message": message})

    def delta(self, kind: DeltaKind, piece: str) -> bytes:
        """See `Writer`."""
        sent = b""
        if self._open != kind:
            empty = (
                {"type": "text", "text": ""}
                if kind == "text"
                else {"type": "thinking", "thinking": "", "signature": ""}
            )
            sent = self._stop() + self._begin(kind, empty)
        return sent + self._piece({"type": f"{kind}_delta", kind: piece})

    def finish(self, reply: ModelReply) -> bytes:
        """See `Writer`."""
        sent = self._stop()
        for call in reply.tool_calls:
            sent += self._begin("tool", {"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
            sent += self._piece({"type": "input_json_delta", "partial_json": json.dumps(dict(call.args))})
            sent += self._stop()
        delta = {"stop_reason": STOPS[reply.stop_reason], "stop_sequence": None}
        sent += _event({"type": "message_delta", "delta": delta, "usage": _usage(reply)})
        return sent + _event({"type": "message_stop"})

    def _begin(self, kind: str, block: Mapping[str, Any]) -> bytes:
        self._index += 1
        self._open = kind
        return _event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _piece(self, delta: Mapping[str, Any]) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _stop(self) -> bytes:
        if not self._open:
            return b""
        self._open = ""
        return _event({"type": "content_block_stop", "index": self._index})


class AnthropicListener:
    """A reply of Anthropic's, overheard."""

    def __init__(self, request: ModelRequest) -> None:
        self._assembly = Assembly(request)
        self._events = EventReader()
        self._tools: set[int] = set()  # blocks that are calls of the client's tools, not of the provider's own
        self._usage: dict[str, Any] = {}
        self._model = ""
        self._stop: str | None = None
        self._started = False
        self.finished = False
        self.begun = False

    @property
    def usage(self) -> Usage:
        """See `Listener`."""
        known = self._usage
        # What a stream says of its output at the beginning is a placeholder; a stream that was cut has said nothing.
        output = known.get("output_tokens") if self._stop is not None else None
        return usage_of(
            known.get("input_tokens"),
            output,
            known.get("cache_read_input_tokens"),
            known.get("cache_creation_input_tokens"),
        )

    def feed(self, chunk: bytes) -> None:
        """See `Listener`."""
        for data in self._events.feed(chunk):
            self.event(_parsed(data))

    def event(self, event: Mapping[str, Any]) -> None:
        """Hear one event."""
        match event:
            case {"type": "content_block_delta", "index": index, "delta": dict(delta)}:
                self.begun = True
                self._delta(index, delta)
            case {"type": "content_block_start", "index": index, "content_block": dict(block)}:
                self.begun = True
                self._block(index, block, streamed=True)
            case {"type": "message_start", "message": dict(message)}:
                self._started = True
                self._about(message)
            case {"type": "message_delta", "delta": dict(delta)}:
                self._stop = delta.get("stop_reason") or self._stop
                self._count(event.get("usage"))
            case {"type": "message_stop"}:
                self._end()
            case {"type": "error", "error": dict(error)}:
                said = str(error.get("message") or error.get("type"))
                raise from_status(
                    529 if "overloaded" in str(error.get("type")) else 500, said, code=str(error.get("type"))
                )

    def whole(self, body: Mapping[str, Any]) -> None:
        """See `Listener`."""
        if body.get("type") == "error" or not isinstance(body.get("content"), list):
            raise ModelError("invalid_reply", f"the reply is no message of Anthropic's: {_said(body)}")
        self._about(body)
        for index, block in enumerate(body["content"]):
            self._block(index, block, streamed=False)
        self._stop = body.get("stop_reason")
        self.finished = True

    def reply(self) -> ModelReply:
        """See `Listener`."""
        written = count(self._usage.get("cache_creation_input_tokens"))
        stop = HEARD.get(self._stop or "", "unknown")
        return self._assembly.reply(stop, self.usage, self._model, cache_write_tokens=written)

    def _end(self) -> None:
        if not self._started or self._stop is None:
            raise ModelError("truncated", "the stream ended without a stop reason")
        sound(self)
        self.finished = True

    def _about(self, message: Mapping[str, Any]) -> None:
        self._model = str(message.get("model") or "")
        self._assembly.identity(message.get("id"))
        self._count(message.get("usage"))

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            self._usage |= {name: number for name, number in usage.items() if number is not None}

    def _block(self, index: int, block: Mapping[str, Any], *, streamed: bool) -> None:
        match block:
            case {"type": "text", "text": text}:
                self._assembly.add_text(text)
            case {"type": "thinking", "thinking": text}:
                self._assembly.add_thinking(text)
            case {"type": "tool_use", "id": call_id, "name": name}:
                self._tools.add(index)
                self._assembly.tool(index, call_id, name)
                if not streamed:
                    self._assembly.tool_json(index, json.dumps(block.get("input") or {}))

    def _delta(self, index: int, delta: Mapping[str, Any]) -> None:
        match delta:
            case {"type": "text_delta", "text": text}:
                self._assembly.add_text(text)
            case {"type": "thinking_delta", "thinking": text}:
                self._assembly.add_thinking(text)
            case {"type": "input_json_delta", "partial_json": piece} if index in self._tools:
                self._assembly.tool_json(index, piece)


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise ModelError("invalid_reply", "an event of the stream is not JSON") from error
    if not isinstance(found, dict):
        raise ModelError("invalid_reply", "an event of the stream is no object")
    return found


def _said(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    return (
        str(error.get("message") or error)
        if isinstance(error, dict)
        else f"it has {', '.join(map(str, body)) or 'nothing'}"
    )


def _event(data: Mapping[str, Any]) -> bytes:
    return sse(data, data["type"])


def _error(refusal: Refusal) -> dict[str, str]:
    return {"type": _TYPES.get(refusal.status, "api_error"), "message": refusal.message}


def _usage(reply: ModelReply) -> dict[str, Any]:
    usage = reply.usage
    if usage.input_tokens is None and usage.output_tokens is None:
        return {"input_tokens": None, "output_tokens": None}
    return {
        "input_tokens": fresh_of(usage, reply.cache_write_tokens),
        "cache_read_input_tokens": usage.cached_tokens or 0,
        "cache_creation_input_tokens": reply.cache_write_tokens or 0,
        "output_tokens": usage.output_tokens,
    }


def _blocks(reply: ModelReply) -> Iterator[dict[str, Any]]:
    if reply.thinking:
        yield {"type": "thinking", "thinking": reply.thinking, "signature": ""}
    if reply.text:
        yield {"type": "text", "text": reply.text}
    for call in reply.tool_calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.args)}


def _request(body: Mapping[str, Any]) -> ModelRequest:
    messages = [message for item in body["messages"] for message in _messages(item)]
    if not messages:
        raise UnreadableError("messages: at least one message is needed")
    form = (body.get("output_config") or {}).get("format") or {}
    return ModelRequest(
        messages=tuple(messages),
        system=text_of(body.get("system") or ""),
        tools=tuple(
            Tool(tool["name"], tool.get("description", ""), tool["input_schema"])
            for tool in body.get("tools") or ()
            if "input_schema" in tool
        ),
        output_schema=form.get("schema"),
        max_tokens=counted(body["max_tokens"], name="max_tokens", otherwise=1) if "max_tokens" in body else _needed(),
        temperature=body.get("temperature"),
        thinking_tokens=thinking_tokens(body.get("thinking")),
    )


def _needed() -> int:
    raise UnreadableError("max_tokens: Field required")


def _messages(item: Mapping[str, Any]) -> Iterator[Message]:
    """Read one message of the wire: the results of tools first, each as a message of its own."""
    content = item["content"]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    if item["role"] == "assistant":
        calls = tuple(ToolCall(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use")
        replay = tuple(b for b in blocks if b["type"] in {"thinking", "redacted_thinking"})
        yield Message("assistant", text_of([b for b in blocks if b["type"] == "text"]), tool_calls=calls, replay=replay)
        return
    if item["role"] != "user":
        raise UnreadableError(f"messages: {item['role']!r} is no role")
    for block in blocks:
        if block["type"] == "tool_result":
            said = text_of(block.get("content") or "")
            yield Message("tool", said, tool_call_id=block["tool_use_id"], is_error=bool(block.get("is_error")))
        else:
            yield Message("user", text_of([block]))


def text_of(content: str | list[dict[str, Any]]) -> str:
    """The text of a content; what is none (an image, a document) is named in brackets."""
    if isinstance(content, str):
        return content
    return "".join(str(block["text"]) if "text" in block else f"[{block.get('type', 'block')}]" for block in content)
