"""Every other provider through litellm, with its retries, callbacks, price download and chatter turned off."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.errors import MissingExtra
from harness.model import Usage

from .assembly import Assembly, count
from .attempt import attempt
from .errors import ModelError, from_status
from .prices import Price
from .request import Message, ModelReply, ModelRequest, OnDelta, StopReason

TOOL_ERROR_MARK: Final = "[tool error] "
"""Begins the text of a failed tool's result, for which this wire has no field."""

_PREFIX: Final = re.compile(r"^(?:(?:litellm\.)?\w+: )*(?:\w+Exception - )?(?:Error code: \d+ - )?")
_QUIET: Final = {"telemetry": False, "suppress_debug_info": True, "drop_params": False, "num_retries": 0}
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
        self._litellm = _library()
        self.name = name or model_id
        self.model_id = model_id
        self.price = price
        self._key = api_key or ""
        self._known: dict[str, Any] = {"model": model_id, "api_key": api_key, "api_base": base_url}
        self._client: Any = None
        if model_id.startswith("openai/"):
            # A client of our own is one that we can close; litellm's live as long as the process.
            import openai

            self._client = openai.AsyncOpenAI(
                api_key=api_key, base_url=base_url or "https://api.openai.com/v1", max_retries=0
            )
            self._known["client"] = self._client

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        body = {**self._known, **to_wire(request)}
        async with attempt(request.timeout_s, _classified, hidden=self._key):
            if on_delta is None:
                return self._reply(request, await self._litellm.acompletion(**body))
            return await self._streamed(request, body, on_delta)
        raise AssertionError("unreachable")  # attempt never swallows

    async def close(self) -> None:
        """Close our own connections; those that litellm shares between models stay open."""
        if self._client is not None:
            await self._client.close()

    def _reply(self, request: ModelRequest, answer: Any) -> ModelReply:
        found = answer.model_dump()
        choice = _only_choice(found)
        message = choice.get("message") or {}
        assembly = Assembly(request)
        refused = _add_whole(assembly, message)
        stop = "refusal" if refused else choice.get("finish_reason")
        usage, written = _usage(found.get("usage"))
        return assembly.reply(_stop(stop), usage, found.get("model") or "", cache_write_tokens=written)

    async def _streamed(self, request: ModelRequest, body: dict[str, Any], on_delta: OnDelta) -> ModelReply:
        assembly = Assembly(request, on_delta)
        stream = await self._litellm.acompletion(**body, stream=True, stream_options={"include_usage": True})
        model, refused = "", False
        try:
            async for chunk in stream:
                found = chunk.model_dump()
                model = found.get("model") or model
                for choice in (found.get("choices") or ())[:1]:
                    refused = await _add_piece(assembly, choice.get("delta") or {}) or refused
        finally:
            await _closed(stream)
        stop = _finish_reason(stream)
        if stop is None:
            raise ModelError("truncated", "the stream ended without a finish reason")
        known, written = _usage(_sent_usage(stream))
        return assembly.reply(_stop("refusal" if refused else stop), known, model, cache_write_tokens=written)


def to_wire(request: ModelRequest) -> dict[str, Any]:
    """Write a request as litellm takes it: OpenAI's chat completions, and no second request ever."""
    body: dict[str, Any] = {
        "messages": _messages(request),
        "max_tokens": request.max_tokens,
        "timeout": request.timeout_s,
        "num_retries": 0,
        "max_retries": 0,
        "no-log": True,
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in request.tools
        ]
    if request.output_schema is not None:
        schema = {"name": "answer", "schema": dict(request.output_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.thinking_tokens is not None:
        body["thinking"] = request.thinking()
    return body


def _messages(request: ModelRequest) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    return [*system, *(_message(message) for message in request.messages)]


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        text = f"{TOOL_ERROR_MARK}{message.text}" if message.is_error else message.text
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": text}
    written: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.replay:
        written["thinking_blocks"] = [dict(block) for block in message.replay]
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.args)}}
            for call in message.tool_calls
        ]
    return written


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


def _library() -> Any:
    """Import litellm with everything off that talks, waits or retries behind our back."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else importing it downloads a price table
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    try:
        with warnings.catch_warnings():  # it is not clean of them, at import or when it first builds a reply
            warnings.simplefilter("ignore")
            litellm = importlib.import_module("litellm")
            _first_use(litellm)
    except ImportError as error:
        raise MissingExtra("the provider litellm", "litellm") from error
    for name, setting in _QUIET.items():
        setattr(litellm, name, setting)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).disabled = True
    return litellm


def _classified(error: Exception) -> ModelError:
    """Classify by what happened underneath: litellm says 500 for a broken connection and for a reply it cannot read."""
    import httpx
    import openai

    chain = tuple(_chain(error))
    words = _PREFIX.sub("", str(error))
    if any(isinstance(each, openai.APITimeoutError | httpx.TimeoutException) for each in chain):
        return ModelError("timeout", "the provider did not answer in time")
    if any(isinstance(each, httpx.TransportError | ConnectionError) for each in chain):
        return ModelError("connection", f"the connection failed: {str(chain[-1]) or words}")
    for each in chain:
        if isinstance(each, httpx.HTTPStatusError):
            return from_status(each.response.status_code, words, headers=each.response.headers)
    status = getattr(error, "status_code", None)
    code = next((str(each.code) for each in chain if isinstance(each, openai.APIError) and each.code), "")
    misread = type(chain[-1]) is Exception  # what it raises itself over a 200 whose body is an error
    if isinstance(status, int) and not misread and (status != 500 or code):
        return from_status(int(code) if code.isdigit() else status, words, code=code)
    return ModelError("invalid_reply", f"the reply cannot be read: {words}")


def _first_use(litellm: Any) -> None:
    """Build what is built at the first reply, so that no call's deadline pays for it."""
    answer = litellm.ModelResponse()
    answer.choices[0].message = litellm.Message(content="")
    answer.model_dump()
    types = importlib.import_module("litellm.types.utils")
    types.ModelResponseStream(choices=[types.StreamingChoices(delta=types.Delta(content=""))]).model_dump()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, innermost last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
