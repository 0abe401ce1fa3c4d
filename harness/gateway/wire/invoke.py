"""Bedrock's InvokeModel and its stream, with the bodies of Anthropic's models; other bodies are only passed through."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from harness.llm.errors import ModelError
from harness.llm.request import DeltaKind, ModelReply, ModelRequest

from . import eventstream
from .anthropic import AnthropicListener, AnthropicWire, AnthropicWriter
from .bedrock import AwsFailures, payload
from .wire import About, UnreadableError


class InvokeWire(AwsFailures):
    """JSON and event-stream frames of /model/<id>/invoke and invoke-with-response-stream."""

    name = "invoke"
    stream_type = "application/vnd.amazon.eventstream"

    def read(self, body: Mapping[str, Any]) -> ModelRequest:
        """See `Wire`."""
        if "anthropic_version" not in body:
            raise UnreadableError(
                "only bodies of Anthropic's models (with anthropic_version) can be read here; use Converse for the others"
            )
        return AnthropicWire().read(body)

    def streams(self, operation: str, body: Mapping[str, Any]) -> bool:  # noqa: ARG002 - see `Wire`
        """See `Wire`."""
        return operation == "invoke-with-response-stream"

    def whole(self, reply: ModelReply, about: About) -> dict[str, Any]:
        """See `Wire`."""
        return AnthropicWire().whole(reply, about)

    def writer(self, about: About) -> InvokeWriter:
        """See `Wire`."""
        return InvokeWriter(about)

    def listener(self, request: ModelRequest) -> InvokeListener:
        """See `Wire`."""
        return InvokeListener(request)


class InvokeWriter:
    """Anthropic's events, each as a chunk of its own."""

    def __init__(self, about: About) -> None:
        self._inner = AnthropicWriter(about)

    def start(self) -> bytes:
        """See `Writer`."""
        return _chunks(self._inner.start())

    def delta(self, kind: DeltaKind, piece: str) -> bytes:
        """See `Writer`."""
        return _chunks(self._inner.delta(kind, piece))

    def finish(self, reply: ModelReply) -> bytes:
        """See `Writer`."""
        return _chunks(self._inner.finish(reply))


class InvokeListener(AnthropicListener):
    """Chunks whose bytes are Anthropic's events, overheard."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self._frames = eventstream.FrameReader()

    def feed(self, chunk: bytes) -> None:
        """See `Listener`."""
        for found in self._frames.feed(chunk):
            try:
                event = json.loads(base64.b64decode(payload(found).get("bytes", "")))
            except (ValueError, binascii.Error) as error:
                raise ModelError("invalid_reply", "a chunk of the stream cannot be read") from error
            self.event(event)


def _chunks(events: bytes) -> bytes:
    """Wrap each server-sent event's data as a chunk."""
    data = [line[6:] for line in events.split(b"\n") if line.startswith(b"data: ")]
    return b"".join(eventstream.event("chunk", {"bytes": base64.b64encode(item).decode()}) for item in data)
