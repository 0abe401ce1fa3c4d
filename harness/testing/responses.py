"""How one reply, or one fault, is sent over a connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.frozen import frozen
from harness.llm.request import ModelReply
from harness.model import Usage

from . import http
from .faults import Fault
from .wire import Wire

_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@frozen
class Exchange:
    """One request being answered."""

    wire: Wire
    """Protocol that the client speaks."""

    writer: asyncio.StreamWriter
    """Connection."""

    model: str
    """Model that was asked."""

    streaming: bool
    """Whether a stream is wanted."""

    closing: asyncio.Event
    """Set when the server closes."""

    async def send(self, answer: ModelReply | Fault) -> bool:
        """Answer; whether the connection can be used again."""
        if isinstance(answer, ModelReply):
            await self._reply(answer)
            return True
        return await self._fault(answer)

    async def _reply(self, reply: ModelReply, *, pause_s: float = 0.0) -> None:
        if self.streaming:
            await self._stream(self.wire.stream(reply, self.model), pause_s=pause_s)
        else:
            await asyncio.sleep(pause_s)
            await self._json(200, self.wire.whole(reply, self.model))

    async def _fault(self, fault: Fault) -> bool:
        match fault.kind:
            case "status" | "content_filter" | "context_length":
                await self._error(fault)
            case "overloaded_in_stream":
                await self._overloaded(fault)
            case "hang":
                await self.closing.wait()
                return False
            case "reset":
                http.reset(self.writer)
                return False
            case "reset_after_first_byte" | "truncated" | "truncated_done":
                return await self._cut(fault)
            case "malformed_json" | "html" | "empty_body" | "wrong_schema" | "error_body":
                await self._wrong_body(fault)
            case _:
                await self._spoiled(fault)
        return True

    async def _error(self, fault: Fault) -> None:
        status, message = fault.status, fault.message
        if fault.kind == "content_filter":
            status, message = 400, "The response was filtered: content_filter, see our content policy"
        elif fault.kind == "context_length":
            status, message = 400, "prompt is too long: it exceeds the maximum context length"
        headers, body = self.wire.error(status, message)
        if fault.retry_after is not None:
            headers = {**headers, "Retry-After": fault.retry_after}
        await self._json(status, body, headers)

    async def _overloaded(self, fault: Fault) -> None:
        if not self.streaming:
            await self._error(replace(fault, kind="status", status=529))
            return
        first = self.wire.stream(fault.reply, self.model)[:2]
        await self._stream([*first, self.wire.error_piece(fault.message)])

    async def _cut(self, fault: Fault) -> bool:
        """Send a part; then end in good order (a stream), or break off."""
        if not self.streaming:
            body = json.dumps(self.wire.whole(fault.reply, self.model)).encode()
            half = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            self.writer.write(http.head(200, half) + body[: len(body) // 2])
            await self.writer.drain()
            if fault.kind == "reset_after_first_byte":
                http.reset(self.writer)
            return False
        sent = self.wire.stream(fault.reply, self.model)
        if fault.kind == "reset_after_first_byte":
            await self._stream(sent[:2], end=False)
            http.reset(self.writer)
            return False
        last = sent[-1:] if fault.kind == "truncated_done" else []
        await self._stream([*sent[: -self.wire.tail], *last])
        return True

    async def _wrong_body(self, fault: Fault) -> None:
        body, kind = {
            "malformed_json": (b'{"id": "x", "content": [{"type": "te', "application/json"),
            "html": (_HTML, "text/html"),
            "empty_body": (b"", "application/json"),
            "wrong_schema": (b'{"hello": "world"}', "application/json"),
            "error_body": (b'{"error": {"message": "quota", "type": "server_error"}}', "application/json"),
        }[fault.kind]
        await self._bytes(200, body, {"Content-Type": kind})

    async def _spoiled(self, fault: Fault) -> None:
        match fault.kind:
            case "slow":
                await self._reply(fault.reply, pause_s=fault.seconds)
            case "missing_usage":
                await self._reply(replace(fault.reply, usage=Usage()))
            case "refusal" | "max_tokens":
                await self._reply(replace(fault.reply, stop_reason=fault.kind))
            case _ if self.streaming:
                await self._reply(replace(fault.reply, text="", tool_calls=(), thinking=""))
            case kind:
                whole = self.wire.whole(fault.reply, self.model)
                await self._json(200, self.wire.emptied(whole, null=kind == "null_content"))

    async def _json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        await self._bytes(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    async def _bytes(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.writer.write(http.head(status, {**headers, "Content-Length": str(len(body))}) + body)
        await self.writer.drain()

    async def _stream(self, pieces: Sequence[bytes], *, pause_s: float = 0.0, end: bool = True) -> None:
        headers = {"Content-Type": self.wire.stream_type, "Transfer-Encoding": "chunked"}
        self.writer.write(http.head(200, headers))
        for piece in pieces:
            if pause_s:
                await asyncio.sleep(pause_s)
            self.writer.write(http.chunk(piece))
            await self.writer.drain()
        if end:
            self.writer.write(http.chunk(b""))
            await self.writer.drain()
