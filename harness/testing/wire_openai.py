"""OpenAI's chat completions, served; what litellm and most local model servers speak."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.llm.litellm_wire import TOOL_ERROR_MARK
from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall

from .wire import pieces, sse

_STOPS: Final = {
    "end": "stop",
    "unknown": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "refusal": "content_filter",
}
_TYPES: Final = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
}


class OpenAIWire:
    """JSON and server-sent events of /chat/completions."""

    name = "litellm"
    stream_type = "text/event-stream"
    tail = 3

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return bool(body.get("stream"))

    def decode(self, path: str, body: Mapping[str, Any]) -> ModelRequest:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        system = [item for item in body["messages"] if item["role"] in {"system", "developer"}]
        others = [item for item in body["messages"] if item not in system]
        tools = [tool["function"] for tool in body.get("tools") or ()]
        form = body.get("response_format") or {}
        return ModelRequest(
            messages=tuple(_message(item) for item in others),
            system="\n".join(_text(item["content"]) for item in system),
            tools=tuple(Tool(tool["name"], tool.get("description", ""), tool.get("parameters", {})) for tool in tools),
            output_schema=form["json_schema"]["schema"] if form.get("type") == "json_schema" else None,
            max_tokens=body.get("max_tokens") or body.get("max_completion_tokens") or ModelRequest(()).max_tokens,
            temperature=body.get("temperature"),
            seed=body.get("seed"),
        )

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.thinking:
            message["reasoning_content"] = reply.thinking
        if reply.tool_calls:
            message["tool_calls"] = list(_calls(reply))
        choice = {"index": 0, "message": message, "finish_reason": _STOPS[reply.stop_reason], "logprobs": None}
        body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
        usage = _usage(reply)
        return {**body, "usage": usage} if usage else body

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """See `Wire`."""
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}

        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
            return sse({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        sent = [chunk({"role": "assistant", "content": ""})]
        sent.extend(chunk({"reasoning_content": piece}) for piece in pieces(reply.thinking))
        sent.extend(chunk({"content": piece}) for piece in pieces(reply.text))
        sent.extend(chunk({"tool_calls": [part]}) for part in _call_parts(reply))
        usage = _usage(reply)
        last = sse({**head, "choices": [], "usage": usage}) if usage else b": no usage\n\n"
        return [*sent, chunk({}, _STOPS[reply.stop_reason]), last, sse("[DONE]")]

    def error(self, status: int, message: str) -> tuple[dict[str, str], dict[str, Any]]:
        """See `Wire`."""
        code = _TYPES.get(status, "server_error")
        return {}, {"error": {"message": message, "type": code, "param": None, "code": code}}

    def error_piece(self, message: str) -> bytes:
        """See `Wire`."""
        return sse({"error": {"message": message, "type": "overloaded_error", "code": 529}})

    def emptied(self, body: dict[str, Any], *, null: bool) -> dict[str, Any]:
        """See `Wire`."""
        if not null:
            return {**body, "choices": []}
        message = {**body["choices"][0]["message"], "content": None}
        return {**body, "choices": [{**body["choices"][0], "message": message}]}


def _calls(reply: ModelReply) -> Iterator[dict[str, Any]]:
    for number, call in enumerate(reply.tool_calls, 1):
        function = {"name": call.name, "arguments": json.dumps(call.args)}
        yield {"id": call.id or f"call_{number}", "type": "function", "function": function}


def _call_parts(reply: ModelReply) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(_calls(reply)):
        function = call["function"]
        yield {"index": index, **call, "function": {"name": function["name"], "arguments": ""}}
        for piece in pieces(function["arguments"], 7):
            yield {"index": index, "function": {"arguments": piece}}


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


def _message(item: Mapping[str, Any]) -> Message:
    text = _text(item.get("content") or "")
    if item["role"] == "tool":
        failed = text.startswith(TOOL_ERROR_MARK)
        return Message("tool", text.removeprefix(TOOL_ERROR_MARK), tool_call_id=item["tool_call_id"], is_error=failed)
    calls = tuple(
        ToolCall(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
        for call in item.get("tool_calls") or ()
    )
    return Message("assistant" if item["role"] == "assistant" else "user", text, tool_calls=calls)


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
