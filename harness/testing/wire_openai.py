"""OpenAI's chat completions, served; what litellm and most local model servers speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.gateway import wire
from harness.gateway.wire.events import sse
from harness.llm.request import ModelReply, ModelRequest

from .wire import metered, numbered, pieces

_SERVED: Final = wire.OpenAIWire()
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
        return _SERVED.read(body)

    def whole(self, reply: ModelReply, model: str) -> dict[str, Any]:
        """See `Wire`."""
        return metered(reply, _SERVED.whole(numbered(reply, "call"), wire.About("1", model)))

    def stream(self, reply: ModelReply, model: str) -> list[bytes]:
        """See `Wire`."""
        body = self.whole(reply, model)
        head = {**body, "object": "chat.completion.chunk"}
        choice, usage = head.pop("choices")[0], head.pop("usage", None)

        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
            return sse({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        sent = [chunk({"role": "assistant", "content": ""})]
        sent.extend(chunk({"reasoning_content": piece}) for piece in pieces(reply.thinking))
        sent.extend(chunk({"content": piece}) for piece in pieces(reply.text))
        sent.extend(chunk({"tool_calls": [part]}) for part in _call_parts(choice["message"]))
        last = sse({**head, "choices": [], "usage": usage}) if usage else b": no usage\n\n"
        return [*sent, chunk({}, choice["finish_reason"]), last, sse("[DONE]")]

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


def _call_parts(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        yield {"index": index, **call, "function": {"name": function["name"], "arguments": ""}}
        for piece in pieces(function["arguments"], 7):
            yield {"index": index, "function": {"arguments": piece}}
