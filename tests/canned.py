"""A server on this machine that answers every request with the same bytes, or with what a function makes of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """What the server has seen."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    open: int = 0


def reply(body: bytes | str = b"", *, status: int = 200, kind: str = "application/json", **headers: str) -> bytes:
    """An answer as it goes over the wire."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


def events(*items: Any, names: bool = False) -> bytes:
    """An answer of server-sent events, ended by closing the connection; pairs of name and data where `names`."""
    parts = []
    for item in items:
        if names:
            parts.append(f"event: {item[0]}\ndata: {json.dumps(item[1])}\n\n")
        else:
            parts.append(f"data: {json.dumps(item)}\n\n")
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return head.encode() + "".join(parts).encode()


Answer = bytes | list[Any] | Callable[[str, bytes], Any]


@contextmanager
def canned(answer: Answer, *, host: str = "127.0.0.1") -> Iterator[Seen]:
    """Serve; an answer may be bytes, a list of bytes and pauses in seconds (None: for ever), or a function that gives these."""
    seen, ready, stop = Seen(), threading.Event(), threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.open += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")]
            body = await reader.readexactly(int(length[0])) if length else b""
            seen.heads.append(head)
            seen.bodies.append(body)
            found = answer(head, body) if callable(answer) else answer
            for part in found if isinstance(found, list) else [found]:
                await pause(part) if part is None or isinstance(part, float) else await sent(writer, part)
        seen.open -= 1
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    async def pause(seconds: float | None) -> None:
        await asyncio.sleep(3600 if seconds is None else seconds)

    async def sent(writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    async def main() -> None:
        server = await asyncio.start_server(serve, host, 0)
        seen.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
        ready.set()
        while not stop.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.01)
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield seen
    finally:
        stop.set()
        thread.join(5)
