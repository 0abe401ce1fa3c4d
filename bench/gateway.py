"""What the gateway costs: `python bench/gateway.py`.

Three processes: a provider that speaks Anthropic's protocol, `finharness gateway` with plans, limits, budget, usage log and
a trial in every path in front of it, and a client on plain sockets. The client asks both in turn, the same way, in the same run:
short replies one after the other on kept connections, then two hundred streams at once, forty pieces each, twenty a second, which
is 4,000 pieces a second in all. Every piece carries the time at which the provider sent it, so that its way is measured and not
its speed. CPU is that of the gateway's process alone, server, client library and all. Three rounds, of which the middle one
counts. All three share this machine's cores. Writes bench/gateway.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.gateway import Serving, open_gateway
from harness.gateway.keys import digest
from harness.gateway.values import Budget, Plan, PlanFile, RateLimits
from harness.workspace import ModelSettings, Workspace

KEY = "fgw-bench"
STREAMS, PIECES, EVERY_S = 200, 40, 0.05
TURNS = [
    {"role": "user" if number % 2 == 0 else "assistant", "content": f"Line {number}. " * 12} for number in range(21)
]
ROUNDS = 3


def sse(kind: str, **data: object) -> bytes:
    """One server-sent event as one chunk."""
    event = f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"


WHOLE = json.dumps(
    {
        "id": "m", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn", "stop_sequence": None,
        "content": [{"type": "text", "text": "Diversified, at low cost. " * 10}], "usage": {"input_tokens": 900, "output_tokens": 60},
    }
).encode()  # fmt: skip
START: dict[str, object] = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
    "stop_reason": None,
}
BEGIN = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    + sse("message_start", message={**START, "stop_sequence": None, "usage": {"input_tokens": 900, "output_tokens": 1}})
    + sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
)
END = (
    sse("content_block_stop", index=0)
    + sse("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 60})
    + sse("message_stop")
    + b"0\r\n\r\n"
)


async def provide(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a provider does."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            body = json.loads(await reader.readexactly(size))
            if not body.get("stream"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(WHOLE)
                    + WHOLE
                )
                await writer.drain()
                continue
            writer.write(BEGIN)
            for _ in range(PIECES):
                await asyncio.sleep(EVERY_S)
                stamp = f"@{time.monotonic():.6f}@"
                writer.write(sse("content_block_delta", index=0, delta={"type": "text_delta", "text": stamp}))
                await writer.drain()
            writer.write(END)
            await writer.drain()
    writer.close()


def provider(ports: Any) -> None:
    """The provider's process."""

    async def main() -> None:
        server = await asyncio.start_server(provide, "127.0.0.1", 0, backlog=1024)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def gateway(ports: Any, url: str, folder: str) -> None:
    """The gateway's process."""
    model = ModelSettings(provider="anthropic", id="claude-sonnet-4-5", name="claude", base_url=url, api_key_env="K")
    plenty = RateLimits(rpm=1_000_000, input_tpm=10**10, output_tpm=10**10)
    plan = Plan(entity="bench", models=("*",), keys=(digest(KEY),), limits=plenty, budget="b")
    app = open_gateway(
        Workspace.at(Path(folder), agents={}, models={"claude": model}),
        plans=PlanFile(plans=(plan,), budgets={"b": Budget(usd=1e6)}),
        environ={"K": "sk-upstream"},
        log=Path(folder) / "usage.jsonl",
    )
    ports.put(int(Serving(app).url.rpartition(":")[2]))
    time.sleep(3600)


@dataclass(frozen=True)
class Door:
    """Somewhere to ask."""

    name: str
    port: int
    pid: int
    path: str

    def cpu_s(self) -> float:
        """CPU that its process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def request(self, *, stream: bool) -> bytes:
        """One request's bytes."""
        body = json.dumps(
            {"model": "claude-sonnet-4-5", "max_tokens": 500, "stream": stream, "messages": TURNS}
        ).encode()
        head = f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {KEY}\r\ncontent-type: application/json\r\n"
        return f"{head}anthropic-version: 2023-06-01\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


async def short(door: Door, count: int, at_once: int) -> list[float]:
    """Ask for short replies on kept connections; seconds of each."""
    request = door.request(stream=False)
    took: list[float] = []

    async def one(share: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        for _ in range(share):
            began = time.perf_counter()
            writer.write(request)
            await answer(reader)
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one(count // at_once) for _ in range(at_once)))
    return took


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read one reply, whole or in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise SystemExit(head.decode())
    if b"chunked" not in head:
        return await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def streams(door: Door) -> list[float]:
    """Read many streams at once; seconds that each piece was on its way."""
    request = door.request(stream=True)
    ways: list[float] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number * EVERY_S / 20)
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(request)
        got = 0
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readline(), 16):
            data = await reader.readexactly(size)
            now = time.monotonic()
            await reader.readline()
            stamps = [float(part) for part in data.decode().split("@")[1::2]]
            ways.extend(now - stamp for stamp in stamps)
            got += len(stamps)
        writer.close()
        if got != PIECES:
            raise SystemExit(f"{door.name}: {got} of {PIECES} pieces")

    await asyncio.gather(*(one(number) for number in range(STREAMS)))
    return ways


@dataclass(frozen=True)
class Found:
    """What one round found."""

    short_ms: tuple[float, float]
    short_cpu_ms: float
    way_ms: tuple[float, float]
    way_95_ms: tuple[float, float]
    stream_cpu_ms: float


def measured(work: Callable[[Door], Any], direct: Door, through: Door) -> tuple[list[float], list[float], float]:
    """Both in turn, and the CPU that the gateway needed."""
    straight = asyncio.run(work(direct))
    before = through.cpu_s()
    around = asyncio.run(work(through))
    return straight, around, through.cpu_s() - before


def one_round(direct: Door, through: Door, count: int) -> Found:
    """Everything once."""
    straight, around, cpu_s = measured(lambda door: short(door, count, 1), direct, through)
    ways, longer, stream_cpu_s = measured(streams, direct, through)

    def at(items: list[float], share: float) -> float:
        return sorted(items)[int(len(items) * share)] * 1000

    return Found(
        (at(straight, 0.5), at(around, 0.5)),
        cpu_s * 1000 / count,
        (at(ways, 0.5), at(longer, 0.5)),
        (at(ways, 0.95), at(longer, 0.95)),
        stream_cpu_s * 1000 / STREAMS,
    )


def middle(rounds: list[Found]) -> Found:
    """The median of each figure."""

    def middles(name: str) -> tuple[float, float]:
        pairs: list[tuple[float, float]] = [getattr(one, name) for one in rounds]
        return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)

    def single(name: str) -> float:
        figures: list[float] = [getattr(one, name) for one in rounds]
        return statistics.median(figures)

    return Found(
        middles("short_ms"), single("short_cpu_ms"), middles("way_ms"), middles("way_95_ms"), single("stream_cpu_ms")
    )


def table(found: Found, load: float) -> str:
    """The page."""

    def added(pair: tuple[float, float]) -> str:
        return f"{pair[0]:.2f} ms direct, {pair[1]:.2f} ms through: {pair[1] - pair[0]:+.2f} ms"

    rows = [
        ("own CPU of a request with a short reply", f"{found.short_cpu_ms:.2f} ms", "≤ 2 ms"),
        (f"own CPU of a stream of {PIECES} pieces, {STREAMS} at once", f"{found.stream_cpu_ms:.2f} ms", ""),
        ("latency of a short reply, median", added(found.short_ms), ""),
        (f"way of a piece at {STREAMS} streams, median", added(found.way_ms), "≤ 10 ms added"),
        (f"way of a piece at {STREAMS} streams, 95 %", added(found.way_95_ms), ""),
    ]
    where = f"{os.cpu_count()} cores, load {load:.1f} before, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}."
    lines = "\n".join(f"| {what} | {figure} | {goal} |" for what, figure, goal in rows)
    return f"# Gateway\n\n{__doc__}\n{where}\n\n| what | measured | goal |\n|---|---|---|\n{lines}\n"


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args()
    load, context = os.getloadavg()[0], multiprocessing.get_context("spawn")
    ports = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        upstream = context.Process(target=provider, args=(ports,), daemon=True)
        upstream.start()
        direct = Door("direct", ports.get(), upstream.pid or 0, "/v1/messages")
        ours = context.Process(target=gateway, args=(ports, f"http://127.0.0.1:{direct.port}", folder), daemon=True)
        ours.start()
        through = Door("gateway", ports.get(), ours.pid or 0, "/t/bench/v1/messages")
        asyncio.run(short(through, 50, 1))
        rounds = [one_round(direct, through, options.requests) for _ in range(options.rounds)]
        ours.terminate()
        upstream.terminate()
    text = table(middle(rounds), load)
    print(text)
    if not options.dry:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
