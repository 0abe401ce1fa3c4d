"""Every other provider through litellm, with its retries, callbacks, price download and chatter turned off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.model import Usage

from .assembly import Assembly, count
from .attempt import attempt
from .errors import ModelError
from .litellm_library import classified, client_for, close, library
from .litellm_wire import to_wire
from .prices import Price
from .request import ModelReply, ModelRequest, OnDelta, StopReason

_STOPS: Final[Mapping[str, StopReason]] = {
    "stop": "end",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "refusal",
    "refusal": "refusal",
}


class LiteLLMModel:
    """A chat model that litellm can reach; the id begins with litellm's provider, as in `openai/gpt-4o`."""

    provider = "litellm"

    def __init__(
        self,
        model_id: str,
        *,
        api_key: str | None,
        name: str = "",
        base_url: str | None = None,
        price: Price | None = None,
    ) -> None:
        self._litellm = library()
        self.name = name or model_id
        self.model_id = model_id
        self.price = price
        self._key = api_key or ""
        self._known: dict[str, Any] = {"model": model_id, "api_key": api_key, "api_base": base_url}
        self._client = client_for(model_id, api_key, base_url)
        if self._client is not None:
            self._known["client"] = self._client

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        body = {**self._known, **to_wire(request)}
        async with attempt(request.timeout_s, classified, hidden=self._key):
            if on_delta is None:
                return self._reply(request, await self._litellm.acompletion(**body))
            return await self._streamed(request, body, on_delta)
        raise AssertionError("unreachable")  # attempt never swallows

    async def close(self) -> None:
        """Close our own connections; those that litellm shares between models stay open."""
        await close(self._client)

    def _reply(self, request: ModelRequest, answer: Any) -> ModelReply:
        found = answer.model_dump()
        choice = _only_choice(found)
        message = choice.get("message") or {}
        assembly = Assembly(request)
        refused = _add_whole(assembly, message)
        stop = "refusal" if refused else choice.get("finish_reason")
        usage, written = _usage(found.get("usage"))
        assembly.identity(found.get("id"), cache_hit=_from_cache(answer))
        return assembly.reply(_stop(stop), usage, found.get("model") or "", cache_write_tokens=written)

    async def _streamed(self, request: ModelRequest, body: dict[str, Any], on_delta: OnDelta) -> ModelReply:
        assembly = Assembly(request, on_delta)
        stream = await self._litellm.acompletion(**body, stream=True, stream_options={"include_usage": True})
        model, refused = "", False
        try:
            async for chunk in stream:
                found = chunk.model_dump()
                model = found.get("model") or model
                assembly.identity(found.get("id"))
                for choice in (found.get("choices") or ())[:1]:
                    refused = await _add_piece(assembly, choice.get("delta") or {}) or refused
        finally:
            await _closed(stream)
        stop = _finish_reason(stream)
        if stop is None:
            raise ModelError("truncated", "the stream ended without a finish reason")
        known, written = _usage(_sent_usage(stream))
        assembly.identity(None, cache_hit=_from_cache(stream))
        return assembly.reply(_stop("refusal" if refused else stop), known, model, cache_write_tokens=written)


def _from_cache(answer: Any) -> bool:
    """Whether litellm answered from its own cache of whole replies, which a program may have switched on."""
    known = getattr(answer, "_hidden_params", None)
    cached = isinstance(known, Mapping) and known.get("cache_hit") is True
    return cached or getattr(answer, "custom_llm_provider", None) == "cached_response"


def _only_choice(found: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = found.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ModelError("invalid_reply", "the reply has no choices")
    return choices[0]


def _add_whole(assembly: Assembly, message: Mapping[str, Any]) -> bool:
    """Take in a whole message; whether it is a refusal."""
    assembly.add_text(message.get("content") or _refusal(message) or "")
    assembly.add_thinking(message.get("reasoning_content") or "")
    for block in message.get("thinking_blocks") or ():
        assembly.keep(block)
    for index, call in enumerate(message.get("tool_calls") or ()):
        _add_call(assembly, index, call)
    return bool(_refusal(message))


async def _add_piece(assembly: Assembly, delta: Mapping[str, Any]) -> bool:
    """Take in one piece of a stream; whether it belongs to a refusal."""
    await assembly.think(delta.get("reasoning_content") or "")
    await assembly.text(delta.get("content") or _refusal(delta) or "")
    for block in delta.get("thinking_blocks") or ():
        if block.get("signature"):
            assembly.keep(block)
    for call in delta.get("tool_calls") or ():
        _add_call(assembly, call.get("index") or 0, call)
    return bool(_refusal(delta))


def _add_call(assembly: Assembly, index: int, call: Mapping[str, Any]) -> None:
    function = call.get("function") or {}
    assembly.tool(index, call.get("id"), function.get("name"))
    assembly.tool_json(index, function.get("arguments"))


def _refusal(message: Mapping[str, Any]) -> str:
    return message.get("refusal") or (message.get("provider_specific_fields") or {}).get("refusal") or ""


def _stop(reason: object) -> StopReason:
    return _STOPS.get(str(reason), "unknown")


def _finish_reason(stream: Any) -> object:
    """What the provider said; the stream's own last piece says `stop` even when nobody did."""
    return getattr(stream, "received_finish_reason", None) or getattr(stream, "intermittent_finish_reason", None)


def _sent_usage(stream: Any) -> object:
    """The usage that the provider sent; the one on the stream's own last piece may be litellm's guess."""
    for chunk in reversed(getattr(stream, "chunks", ())):
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            return usage.model_dump()
    return None


def _usage(found: object) -> tuple[Usage, int | None]:
    """Read the usage, in which litellm counts cached tokens as input. It writes 0 where nothing was said."""
    if not isinstance(found, Mapping) or not found.get("prompt_tokens"):
        return Usage(), None
    details = found.get("prompt_tokens_details") or {}
    written = details.get("cache_creation_tokens") or found.get("cache_creation_input_tokens")
    usage = Usage(
        input_tokens=count(found.get("prompt_tokens")),
        output_tokens=count(found.get("completion_tokens")),
        cached_tokens=count(details.get("cached_tokens") or 0),
    )
    return usage, count(written)


async def _closed(stream: Any) -> None:
    inner = getattr(stream, "completion_stream", None)
    close = getattr(inner, "close", None) or getattr(inner, "aclose", None)
    if close is not None:
        await close()
