"""A thousand agents, each reading a model's answer that takes two seconds to stream: `python bench/streams.py`.

A local server speaks Anthropic's protocol: twenty numbered pieces, one every tenth of a second, to each of a thousand
connections. The agents ask it through Anthropic's own library and `context.model`. Every piece must arrive once and in order.
Server and workers share this machine's cores; the time is from the first trial's start to the last one's end. Writes
bench/streams.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import socket
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from harness.engine.options import RunOptions
from harness.engine.run import run_jobs
from harness.model import Budget, Case, CheckSpec, Job, RunManifest
from harness.registry import Services
from harness.store import Store
from harness.workspace import AgentSettings, ModelSettings, Workspace

PIECES, EVERY_S = 20, 0.1
AGENT = f"""
from harness.llm import Message, ModelRequest

async def agent(request, context):
    pieces = []
    async def hear(kind, text):
        pieces.append(text)
    reply = await context.model.complete(ModelRequest(messages=(Message("user", "go"),)), on_delta=hear)
    wanted = [f"{{number}} " for number in range({PIECES})]
    return "in order" if pieces == wanted and reply.text == "".join(wanted) else f"got {{pieces}}"
"""


def sse(kind: str, **data: object) -> bytes:
    """One server-sent event."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
BEGIN = HEAD + sse(
    "message_start",
    message={
        "id": "m", "type": "message", "role": "assistant", "model": "claude", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1},
    },
) + sse("content_block_start", index=0, content_block={"type": "text", "text": ""})  # fmt: skip
DELTAS = [sse("content_block_delta", index=0, delta={"type": "text_delta", "text": f"{n} "}) for n in range(PIECES)]
END = (
    sse("content_block_stop", index=0)
    + sse("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": PIECES})
    + sse("message_stop")
)


def serve(listening: socket.socket) -> None:
    """Be the server."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        began = asyncio.get_running_loop().time()
        writer.write(BEGIN)
        for number, piece in enumerate(DELTAS, 1):
            await asyncio.sleep(max(0.0, began + number * EVERY_S - asyncio.get_running_loop().time()))
            writer.write(piece)
        writer.write(END)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, sock=listening, backlog=4096)
        await server.serve_forever()

    asyncio.run(main())


def main() -> None:
    """Serve, ask, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    server = multiprocessing.get_context("fork").Process(target=serve, args=(listening,), daemon=True)
    server.start()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "mine.py").write_text(AGENT)
        model = ModelSettings(
            name="claude", provider="anthropic", id="claude", base_url=f"http://127.0.0.1:{listening.getsockname()[1]}"
        )
        settings = AgentSettings(name="agent", target="mine.py:agent", model="claude")
        workspace = Workspace.at(root, agents={"agent": settings}, models={"claude": model})
        check = (CheckSpec(type="equals", params={"value": "in order"}),)
        cases = [
            Case(id=f"c{n}", suite="s", agent="agent", input="go", checks=check, budget=Budget(seconds=120))
            for n in range(options.streams)
        ]
        jobs = [Job(case, "agent", 0, 1) for case in cases]
        manifest = RunManifest(id="streams", started_at=datetime.now(UTC).isoformat(timespec="seconds"))
        with Store.open(root / "results.db") as store:
            run = RunOptions(concurrency=options.streams, workers=2)
            began = time.monotonic()
            asyncio.run(run_jobs(jobs, manifest, workspace, store, options=run, services=Services(root=root)))
            whole = time.monotonic() - began
            results = list(store.results("streams"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    server.kill()
    good = sum(result.status == "passed" for result in results)
    starts = [datetime.fromisoformat(result.started_at).timestamp() for result in results]
    ends = [start + result.outcome.trace.duration_s for start, result in zip(starts, results, strict=True)]
    rows = [
        ("streams with every piece once and in order", f"{good:,} of {options.streams:,}", "all"),
        ("first start to last end", f"{max(ends) - min(starts):.1f} s", "≤ 4 s"),
        ("CPU of the workers", f"{used.ru_utime + used.ru_stime:.1f} s", ""),
        ("with starting workers and importing the library", f"{whole:.1f} s", ""),
    ]
    text = [
        "# Streams", "", *(__doc__ or "").strip().splitlines(), "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}.", "",
        "| what | measured | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows), "",
        "Anchors of an earlier measurement on two cores: aiohttp 2.8 s, litellm 29.3 s, one httpx client 32.6 s.", "",
    ]  # fmt: skip
    print("\n".join(text))
    (Path(__file__).parent / "streams.md").write_text("\n".join(text))


if __name__ == "__main__":
    main()
