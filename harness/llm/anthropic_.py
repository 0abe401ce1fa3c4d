"""Anthropic's Messages API through its own library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from harness.errors import MissingExtra

from .assembly import Assembly, count, usage_of
from .attempt import attempt, unreadable
from .errors import ModelError, from_status
from .prices import Price
from .request import Message, ModelReply, ModelRequest, OnDelta, StopReason
from .turns import turns

if TYPE_CHECKING:
    import ssl

STOPS: Final[Mapping[str, StopReason]] = {
    "end_turn": "end",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}
"""Anthropic's stop reasons in ours."""


class AnthropicModel:
    """A Claude model behind api.anthropic.com, or another address that speaks its protocol."""

    provider = "anthropic"

    def __init__(
        self, model_id: str, *, api_key: str, name: str = "", base_url: str | None = None, price: Price | None = None
    ) -> None:
        try:
            import anthropic
        except ImportError as error:
            raise MissingExtra("the provider anthropic", "anthropic") from error
        self.name = name or model_id
        self.model_id = model_id
        self.price = price
        self._key = api_key
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url or "https://api.anthropic.com",
            max_retries=0,
            http_client=_http_client(),
            open_telemetry=False,  # whoever asks through us records the call; the library would trace it a second time
        )
        self._messages = self._client.messages  # imports half of the library, which no call's deadline should pay for

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        body = to_wire(request, self.model_id)
        async with attempt(request.timeout_s, _classified, hidden=self._key):
            if on_delta is None:
                return await self._whole(request, body)
            return await self._streamed(request, body, on_delta)
        raise AssertionError("unreachable")  # attempt never swallows

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _whole(self, request: ModelRequest, body: dict[str, Any]) -> ModelReply:
        message = await self._messages.create(**body, timeout=request.timeout_s)
        found = _message(message)
        assembly = Assembly(request)
        for index, block in enumerate(found["content"]):
            await _block(assembly, index, block)
        return _finish(assembly, found)

    async def _streamed(self, request: ModelRequest, body: dict[str, Any], on_delta: OnDelta) -> ModelReply:
        assembly = Assembly(request, on_delta)
        found: dict[str, Any] | None = None
        stream = await self._messages.create(**body, stream=True, timeout=request.timeout_s)
        async with stream:
            # Events as they come: the library's models of them would cost more than the rest of the call.
            async for item in stream.raw_events(stream.response):
                event = _read(item.event, item.data, stream.response)
                if event is None:
                    continue
                if event.get("type") == "message_start":
                    found = dict(event["message"])
                elif found is None:
                    raise ModelError("invalid_reply", "the stream does not begin with message_start")
                elif event.get("type") == "message_stop":
                    return _finish(assembly, found)
                else:
                    await _event(assembly, found, event)
        raise ModelError("truncated", "the stream ended before message_stop")


def _http_client() -> Any:
    """The library's client on aiohttp, which reads a thousand streams at once in half the time; its own where that is missing."""
    try:
        import aiohttp  # noqa: F401 - the library only asks for it when the client is made
        from anthropic import DefaultAioHttpClient
    except ImportError:
        return None
    return DefaultAioHttpClient(verify=_certificates())


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust; reading that takes 30 ms, and a run may have many connections."""
    import httpx2

    return httpx2.create_ssl_context()


def _read(kind: str | None, data: str, response: Any) -> dict[str, Any] | None:
    """One event of a stream; None when it says nothing."""
    if kind == "error":
        raise _told(data, response)
    if kind in {None, "ping"} or not data:
        return None
    event = json.loads(data)
    if not isinstance(event, dict):
        raise ModelError("invalid_reply", "the stream has an event that is no object")
    return event


def _told(data: str, response: Any) -> ModelError:
    """The error that a stream ends in."""
    try:
        error = json.loads(data)["error"]
        words, code = str(error["message"]), str(error["type"])
    except (ValueError, TypeError, KeyError):
        words, code = data, ""
    return from_status(response.status_code, words or "an error without words", code=code, headers=response.headers)


def to_wire(request: ModelRequest, model_id: str) -> dict[str, Any]:
    """Write a request as the Messages API takes it."""
    body: dict[str, Any] = {
        "model": model_id,
        "max_tokens": request.max_tokens,
        "messages": turns(request.messages, _blocks),
    }
    if request.system:
        body["system"] = request.system
    if request.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
            for tool in request.tools
        ]
    if request.output_schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": _schema(request.output_schema)}}
    if request.thinking_tokens is not None:
        body["thinking"] = request.thinking()
    elif request.temperature is not None:
        body["extra_body"] = {"temperature": request.temperature}  # the library no longer takes it, most models do
    return body


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Move what the API does not support into descriptions; the library knows what that is."""
    from anthropic import transform_schema

    try:
        return transform_schema(dict(schema))
    except (ValueError, AssertionError) as error:
        raise ModelError("bad_request", f"the output schema cannot be used: {error}") from error


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
        return [{**block, "is_error": True}] if message.is_error else [block]
    blocks: list[dict[str, Any]] = [dict(block) for block in message.replay]
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    for call in message.tool_calls:
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.args)})
    return blocks


def _message(message: Any) -> dict[str, Any]:
    """The reply as plain data; the library hands on whatever JSON came, so its shape is checked here."""
    found = message.to_dict() if hasattr(message, "to_dict") else {}
    if found.get("type") != "message" or not isinstance(found.get("content"), list):
        raise ModelError("invalid_reply", "the reply is not a message of the Messages API")
    return dict(found)


async def _block(assembly: Assembly, index: int, block: Mapping[str, Any]) -> None:
    match block:
        case {"type": "text", "text": text}:
            await assembly.text(text)
        case {"type": "thinking", "thinking": text}:
            await assembly.think(text)
            assembly.keep({"type": "thinking", "thinking": text, "signature": block.get("signature") or ""})
        case {"type": "redacted_thinking"}:
            assembly.keep({"type": "redacted_thinking", "data": block.get("data") or ""})
        case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": dict(args)}:
            assembly.tool(index, call_id, name)
            assembly.tool_json(index, json.dumps(args))
        case {"type": str(kind)} if kind not in {"text", "thinking", "tool_use"}:
            return  # a block of a feature that we never ask for
        case _:
            raise ModelError("invalid_reply", "the reply has a content block that cannot be read")


async def _event(assembly: Assembly, found: dict[str, Any], event: Mapping[str, Any]) -> None:
    """Take in one event; blocks of reasoning are collected in `found` until they end."""
    thoughts: dict[int, dict[str, Any]] = found.setdefault("thoughts", {})
    match event:
        case {"type": "content_block_start", "index": int(index), "content_block": dict(block)}:
            if block.get("type") == "tool_use":
                assembly.tool(index, block.get("id"), block.get("name"))
            elif block.get("type") in {"thinking", "redacted_thinking"}:
                thoughts[index] = dict(block)
        case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
            await _delta(assembly, thoughts, index, delta)
        case {"type": "content_block_stop", "index": int(index)} if index in thoughts:
            assembly.keep(thoughts.pop(index))
        case {"type": "message_delta", "delta": dict(delta)}:
            found["stop_reason"] = delta.get("stop_reason")
            known = {key: number for key, number in (event.get("usage") or {}).items() if number is not None}
            found["usage"] = {**(found.get("usage") or {}), **known}


async def _delta(assembly: Assembly, thoughts: dict[int, dict[str, Any]], index: int, delta: Mapping[str, Any]) -> None:
    match delta:
        case {"type": "text_delta", "text": text}:
            await assembly.text(text)
        case {"type": "input_json_delta", "partial_json": piece}:
            assembly.tool_json(index, piece)
        case {"type": "thinking_delta", "thinking": piece}:
            if index in thoughts:
                thoughts[index]["thinking"] = thoughts[index].get("thinking", "") + piece
            await assembly.think(piece)
        case {"type": "signature_delta", "signature": piece} if index in thoughts:
            thoughts[index]["signature"] = thoughts[index].get("signature", "") + piece


def _finish(assembly: Assembly, found: Mapping[str, Any]) -> ModelReply:
    stop = found.get("stop_reason")
    if not isinstance(stop, str):
        raise ModelError("truncated", "the reply ended without a stop reason")
    usage = found.get("usage") or {}
    written = usage.get("cache_creation_input_tokens")
    assembly.identity(found.get("id"))
    return assembly.reply(
        STOPS.get(stop, "unknown"),
        usage_of(usage.get("input_tokens"), usage.get("output_tokens"), usage.get("cache_read_input_tokens"), written),
        found.get("model") or "",
        cache_write_tokens=count(written),
    )


def _classified(error: Exception) -> ModelError:
    import anthropic
    import httpx2

    match error:
        case anthropic.APITimeoutError() | httpx2.TimeoutException():
            return ModelError("timeout", "the provider did not answer in time")
        case anthropic.APIStatusError():
            words = error.api_message or error.message or f"HTTP {error.status_code}"
            return from_status(error.status_code, words, code=str(error.type or ""), headers=error.response.headers)
        case anthropic.APIResponseValidationError():
            return unreadable(error)
        case anthropic.APIConnectionError() | httpx2.HTTPError():
            return ModelError("connection", f"the connection failed: {error.__cause__ or error}")
    return unreadable(error)
