"""Amazon Bedrock's Converse and ConverseStream through boto3."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from harness.errors import MissingExtra

from .assembly import Assembly, count, usage_of
from .attempt import attempt, unreadable
from .bedrock_wire import to_wire
from .errors import ModelError, from_status
from .prices import Price
from .request import ModelReply, ModelRequest, OnDelta, StopReason
from .threads import in_thread, stream_in_thread

_READ_TIMEOUT_S: Final = 600
"""How long an abandoned thread may linger; the deadline of a call is ours."""

_loaders: list[Any] = []
STOPS: Final[Mapping[str, StopReason]] = {
    "end_turn": "end",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "refusal",
    "content_filtered": "refusal",
}
"""Bedrock's stop reasons in ours."""


class BedrockModel:
    """Any chat model that Bedrock serves, asked through Converse."""

    provider = "bedrock"

    def __init__(
        self,
        model_id: str,
        *,
        region: str,
        credentials: Mapping[str, str] | None = None,
        name: str = "",
        base_url: str | None = None,
        price: Price | None = None,
    ) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise MissingExtra("the provider bedrock", "aws") from error
        self.name = name or model_id
        self.model_id = model_id
        self.price = price
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=10,
            read_timeout=_READ_TIMEOUT_S,
            max_pool_connections=64,
        )
        session = boto3.Session(region_name=region, botocore_session=shared_session(), **(credentials or {}))
        self._client = session.client("bedrock-runtime", endpoint_url=base_url, config=config)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        body = to_wire(request, self.model_id)
        async with attempt(request.timeout_s, _classified):
            if on_delta is None:
                return await self._whole(request, body)
            return await self._streamed(request, body, on_delta)
        raise AssertionError("unreachable")  # attempt never swallows

    async def close(self) -> None:
        """Close the connections."""
        self._client.close()

    async def _whole(self, request: ModelRequest, body: dict[str, Any]) -> ModelReply:
        answer = await in_thread(lambda: self._client.converse(**body))
        blocks = ((answer.get("output") or {}).get("message") or {}).get("content")
        if not isinstance(blocks, list) or not isinstance(answer.get("stopReason"), str):
            raise ModelError("invalid_reply", "the reply is not one of Converse")
        assembly = Assembly(request)
        for index, block in enumerate(blocks):
            await _block(assembly, index, block)
        return _finish(assembly, self.model_id, answer)

    async def _streamed(self, request: ModelRequest, body: dict[str, Any], on_delta: OnDelta) -> ModelReply:
        assembly = Assembly(request, on_delta)
        source = _Events(self._client, body)
        found: dict[str, Any] = {}
        try:
            async with aclosing(stream_in_thread(source.read)) as events:
                async for event in events:
                    await _event(assembly, found, event)
        finally:
            source.abandon()
        if "stopReason" not in found:
            raise ModelError("truncated", "the stream ended before messageStop")
        return _finish(assembly, self.model_id, found)


class _Events:
    """A stream of events read in one thread and, when nobody wants it any more, closed from another."""

    def __init__(self, client: Any, body: Mapping[str, Any]) -> None:
        self._client = client
        self._body = body
        self._stream: Any = None
        self._abandoned = threading.Event()

    def read(self) -> Iterator[Mapping[str, Any]]:
        self._stream = self._client.converse_stream(**self._body).get("stream")
        if self._stream is None:
            raise ModelError("invalid_reply", "the reply is not a stream of ConverseStream")
        try:
            for event in self._stream:
                if self._abandoned.is_set():
                    return
                yield event
        finally:
            self._stream.close()

    def abandon(self) -> None:
        self._abandoned.set()


def shared_session() -> Any:
    """A session of botocore that shares the services' descriptions with the others: reading it takes a tenth of a second."""
    from botocore.session import Session

    session = Session()
    if _loaders:
        session.register_component("data_loader", _loaders[0])
    else:
        _loaders.append(session.get_component("data_loader"))
    return session


async def _block(assembly: Assembly, index: int, block: Mapping[str, Any]) -> None:
    match block:
        case {"text": text}:
            await assembly.text(text)
        case {"toolUse": {"toolUseId": call_id, "name": name, "input": args}}:
            assembly.tool(index, call_id, name)
            assembly.tool_json(index, json.dumps(args))
        case {"reasoningContent": {"reasoningText": dict(thought)}}:
            await assembly.think(thought.get("text") or "")
            assembly.keep(thought)


async def _event(assembly: Assembly, found: dict[str, Any], event: Mapping[str, Any]) -> None:
    thoughts: dict[int, dict[str, str]] = found.setdefault("thoughts", {})
    match event:
        case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": call}}}:
            assembly.tool(index, call.get("toolUseId"), call.get("name"))
        case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"text": piece}}}:
            await assembly.text(piece)
        case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}}:
            assembly.tool_json(index, piece)
        case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"reasoningContent": dict(part)}}}:
            thought = thoughts.setdefault(index, {})
            for key, piece in part.items():
                if isinstance(piece, str):
                    thought[key] = thought.get(key, "") + piece
            await assembly.think(part.get("text") or "")
        case {"contentBlockStop": {"contentBlockIndex": index}} if "text" in thoughts.get(index, {}):
            assembly.keep(thoughts.pop(index))
        case {"messageStop": {"stopReason": str(stop)}}:
            found["stopReason"] = stop
        case {"metadata": dict(metadata)}:
            found["usage"] = metadata.get("usage")


def _finish(assembly: Assembly, model_id: str, found: Mapping[str, Any]) -> ModelReply:
    stop = found["stopReason"]
    if stop in {"malformed_model_output", "malformed_tool_use"}:
        raise ModelError("invalid_reply", f"the model's output could not be used: {stop}", fault="agent")
    usage = found.get("usage") or {}
    written = usage.get("cacheWriteInputTokens")
    return assembly.reply(
        STOPS.get(stop, "unknown"),
        usage_of(usage.get("inputTokens"), usage.get("outputTokens"), usage.get("cacheReadInputTokens"), written),
        model_id,
        cache_write_tokens=count(written),
    )


def _classified(error: Exception) -> ModelError:
    from botocore import exceptions

    match error:
        case exceptions.ReadTimeoutError() | exceptions.ConnectTimeoutError():
            return ModelError("timeout", "the provider did not answer in time")
        case exceptions.ClientError():  # an error event inside a stream, too
            said = error.response
            status = int(said.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
            told = said.get("Error", {})
            headers = said.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            words = told.get("Message") or told.get("Code") or f"HTTP {status}"
            return from_status(status, words, code=str(told.get("Code", "")), headers=headers)
        case exceptions.ParamValidationError():
            return ModelError("bad_request", str(error))
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return ModelError("authentication", str(error))
        case exceptions.HTTPClientError() | exceptions.ConnectionError() | OSError():
            return ModelError("connection", f"the connection failed: {error}")
    if type(error).__module__.startswith("urllib3"):
        return ModelError("connection", f"the connection failed: {error}")
    return unreadable(error)
