"""OpenAI's chat completions, served and overheard; what most other providers and local servers speak, too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway.refusal import Refusal
from harness.llm.assembly import Assembly, count
from harness.llm.errors import ModelError, from_status
from harness.llm.litellm_wire import TOOL_ERROR_MARK
from harness.llm.request import DeltaKind, Message, ModelReply, ModelRequest, StopReason, Tool, ToolCall
from harness.model import Usage

from .events import EventReader, sse
from .wire import About, Failure, UnreadableError, counted, reading, sound, tidy

_STOPS: Final[Mapping[StopReason, str]] = {
    "end": "stop",
    "unknown": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "refusal": "content_filter",
}
_HEARD: Final[Mapping[str, StopReason]] = {
    "stop": "end",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
}
_TYPES: Final = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("invalid_request_error", "model_not_allowed"),
    404: ("invalid_request_error", "model_not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_exceeded", "rate_limit_exceeded"),
    529: ("overloaded_error", "overloaded"),
}


class OpenAIWire:
    """JSON and server-sent events of /v1/chat/completions."""

    name = "openai"
    stream_type = "text/event-stream; charset=utf-8"

    def read(self, body: Mapping[str, Any]) -> ModelRequest:
        """See `Wire`."""
        return reading(body, _request)

    def streams(self, operation: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return body.get("stream") is True

    def whole(self, reply: ModelReply, about: About) -> dict[str, Any]:
        """See `Wire`."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.thinking:
            message["reasoning_content"] = reply.thinking
        if reply.tool_calls:
            message["tool_calls"] = list(_calls(reply))
        choice = {"index": 0, "message": message, "finish_reason": _STOPS[reply.stop_reason], "logprobs": None}
        return {**_head(about, "chat.completion"), "choices": [choice], "usage": _usage(reply)}

    def writer(self, about: About) -> OpenAIWriter:
        """See `Wire`."""
        return OpenAIWriter(about)

    def failure(self, refusal: Refusal, request_id: str) -> Failure:
        """See `Wire`."""
        return Failure(refusal.status, tidy(_error(refusal)), {"x-request-id": request_id, **refusal.headers()})

    def broken(self, refusal: Refusal) -> bytes:
        """See `Wire`."""
        return sse(_error(refusal))

    def listener(self, request: ModelRequest) -> OpenAIListener:
        """See `Wire`."""
        return OpenAIListener(request)


class OpenAIWriter:
    """A reply as OpenAI streams it."""

    def __init__(self, about: About) -> None:
        self._wants_usage = about.wants_usage
        self._head = _head(about, "chat.completion.chunk")

    def start(self) -> bytes:
        """See `Writer`."""
        return self._chunk({"role": "assistant", "content": ""})

    def delta(self, kind: DeltaKind, piece: str) -> bytes:
        """See `Writer`."""
        return self._chunk({"content" if kind == "text" else "reasoning_content": piece})

    def finish(self, reply: ModelReply) -> bytes:
        """See `Writer`."""
        sent = b"".join(
            self._chunk({"tool_calls": [{"index": index, **call}]}) for index, call in enumerate(_calls(reply))
        )
        sent += self._chunk({}, _STOPS[reply.stop_reason])
        usage = _usage(reply) if self._wants_usage else None
        if usage is not None:
            sent += sse({**self._head, "choices": [], "usage": usage})
        return sent + sse("[DONE]")

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        return sse({**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


class OpenAIListener:
    """A chat completion, overheard."""

    def __init__(self, request: ModelRequest) -> None:
        self._assembly = Assembly(request)
        self._events = EventReader()
        self._usage: Mapping[str, Any] = {}
        self._model = ""
        self._stop: str | None = None
        self.finished = False
        self.begun = False

    @property
    def usage(self) -> Usage:
        """See `Listener`."""
        details = self._usage.get("prompt_tokens_details")
        cached = count(details.get("cached_tokens")) if isinstance(details, dict) else None
        return Usage(count(self._usage.get("prompt_tokens")), count(self._usage.get("completion_tokens")), cached)

    def feed(self, chunk: bytes) -> None:
        """See `Listener`."""
        for data in self._events.feed(chunk):
            if data == b"[DONE]":
                self._end()
                continue
            try:
                found = json.loads(data)
            except ValueError as error:
                raise ModelError("invalid_reply", "an event of the stream is not JSON") from error
            self._event(found)

    def whole(self, body: Mapping[str, Any]) -> None:
        """See `Listener`."""
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise ModelError("invalid_reply", f"the reply is no chat completion: {_said(body)}")
        message = choices[0].get("message")
        if not isinstance(message, dict):
            raise ModelError("invalid_reply", "the reply's choice has no message")
        self._about(body)
        self._add(message)
        self._stop = choices[0].get("finish_reason")
        self.finished = True

    def reply(self) -> ModelReply:
        """See `Listener`."""
        return self._assembly.reply(_HEARD.get(self._stop or "", "unknown"), self.usage, self._model)

    def _end(self) -> None:
        if self._stop is None:
            raise ModelError("truncated", "the stream ended without a finish reason")
        sound(self)
        self.finished = True

    def _event(self, event: Any) -> None:
        if not isinstance(event, dict):
            raise ModelError("invalid_reply", "an event of the stream is no object")
        if event.get("error"):
            error = event["error"] if isinstance(event["error"], dict) else {"message": event["error"]}
            status = error.get("code") if isinstance(error.get("code"), int) else 500
            raise from_status(int(status or 500), str(error.get("message")), code=str(error.get("type") or ""))
        self._about(event)
        for choice in (event.get("choices") or ())[:1]:
            self.begun = True
            self._add(choice.get("delta") or {})
            self._stop = choice.get("finish_reason") or self._stop

    def _about(self, found: Mapping[str, Any]) -> None:
        self._model = str(found.get("model") or self._model)
        self._assembly.identity(found.get("id"))
        if isinstance(found.get("usage"), dict):
            self._usage = found["usage"]

    def _add(self, piece: Mapping[str, Any]) -> None:
        for text in (piece.get("content"), piece.get("refusal")):
            if text:
                self._assembly.add_text(text)
        if piece.get("reasoning_content"):
            self._assembly.add_thinking(piece["reasoning_content"])
        for place, call in enumerate(piece.get("tool_calls") or ()):
            function = call.get("function") or {}
            index = call.get("index", place)
            self._assembly.tool(index, call.get("id"), function.get("name"))
            self._assembly.tool_json(index, function.get("arguments"))


def _said(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    return str(error.get("message") or error) if isinstance(error, dict) else "it has no choices"


def _head(about: About, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{about.id}", "object": kind, "created": about.created, "model": about.model}


def _error(refusal: Refusal) -> dict[str, Any]:
    kind, code = _TYPES.get(refusal.status, ("server_error", None))
    return {"error": {"message": refusal.message, "type": kind, "param": None, "code": code}}


def _calls(reply: ModelReply) -> Iterator[dict[str, Any]]:
    for call in reply.tool_calls:
        function = {"name": call.name, "arguments": json.dumps(dict(call.args))}
        yield {"id": call.id, "type": "function", "function": function}


def _usage(reply: ModelReply) -> dict[str, Any] | None:
    usage = reply.usage
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
    }


def _request(body: Mapping[str, Any]) -> ModelRequest:
    items = body["messages"]
    system = [item for item in items if item["role"] in {"system", "developer"}]
    others = [item for item in items if item["role"] not in {"system", "developer"}]
    if not others:
        raise UnreadableError("messages: at least one message is needed")
    tools = [tool["function"] for tool in body.get("tools") or () if tool.get("type") == "function"]
    form = body.get("response_format") or {}
    given = body.get("max_completion_tokens") or body.get("max_tokens")
    return ModelRequest(
        messages=tuple(_message(item) for item in others),
        system="\n".join(_text(item["content"]) for item in system),
        tools=tuple(Tool(tool["name"], tool.get("description", ""), tool.get("parameters", {})) for tool in tools),
        output_schema=form["json_schema"]["schema"] if form.get("type") == "json_schema" else None,
        max_tokens=counted(given, name="max_completion_tokens", otherwise=ModelRequest(()).max_tokens),
        temperature=body.get("temperature"),
        seed=body.get("seed"),
    )


def _message(item: Mapping[str, Any]) -> Message:
    text = _text(item.get("content") or "")
    if item["role"] == "tool":
        failed = text.startswith(TOOL_ERROR_MARK)
        return Message("tool", text.removeprefix(TOOL_ERROR_MARK), tool_call_id=item["tool_call_id"], is_error=failed)
    if item["role"] not in {"user", "assistant"}:
        raise UnreadableError(f"messages: {item['role']!r} is no role")
    calls = tuple(
        ToolCall(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
        for call in item.get("tool_calls") or ()
    )
    return Message(item["role"], text, tool_calls=calls)


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part["text"]) if "text" in part else f"[{part.get('type', 'part')}]" for part in content)
