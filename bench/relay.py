"""What the relay costs and what compression saves: `python bench/relay.py`.

Trials of the reference agents (reports, charts, conversations, orders) are run once and streamed into a file; their events are then
served over a real connection of this machine, plain and compressed, as server-sent events and over a WebSocket, and every byte that
crosses the socket is counted. Writes bench/relay.md.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from harness.gateway.hosting import Serving
from harness.model import Event
from harness.relay import Hub, Relay, TenForm
from harness.relay.grammar import slips

ROOT = Path(__file__).parents[1]
SUITES = (
    "cases/alex/reporter.yaml",
    "cases/alex/charter.yaml",
    "cases/clera/conversation.yaml",
    "cases/clera/analyst.yaml",
)


def recorded() -> dict[str, list[dict]]:
    """The events of real trials, by trial."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "run.jsonl")
        command = [sys.executable, "-m", "harness", "eval", *SUITES, "--stream", str(target), "-j", "8"]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
        streams: dict[str, list[dict]] = {}
        for line in target.read_text().splitlines():
            wire = json.loads(line)
            streams.setdefault(wire["session_id"], []).append(wire)
    return streams


def hub_of(streams: dict[str, list[dict]]) -> Hub:
    """The same events, to be heard again."""
    hub = Hub()
    for name, wires in streams.items():
        channel = hub.open(name, agent="recorded")
        channel.tell(event for wire in wires if (event := as_event(wire)) is not None)
        channel.end(**wires[-1]["metadata"])
    return hub


def as_event(wire: dict) -> Event | None:
    match wire["type"]:
        case "text_delta" | "text_done":
            return Event(0.0, wire["type"], {"text": wire["text"]})
        case "thinking":
            return Event(0.0, "thinking", {"text": wire["thinking"]})
        case "tool_call":
            call = wire["tool_call"]
            return Event(0.0, "tool_call", {"id": call["id"], "name": call["name"], "args": call["arguments"]})
        case "tool_result":
            result = wire["tool_result"]
            said = {"error": result["content"]} if result["isError"] else {"result": result["content"]}
            return Event(0.0, "tool_result", {"id": result["id"], **said})
        case "error":
            return Event(0.0, "error", {"message": wire["error"]})
    return None


def received(url: str, request: str) -> int:
    """Bytes that a server sends after the headers of its answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        line.sendall(request.encode())
        data = bytearray()
        while piece := line.recv(1 << 16):
            data += piece
            if data[-2:] == b"\x03\xe8" or (b"chunked" in data[:600] and data.endswith(b"0\r\n\r\n")):
                break
    return len(data) - data.index(b"\r\n\r\n") - 4


def sse(url: str, trial: str, form: str, *, gzip: bool) -> int:
    accept = "gzip" if gzip else "identity"
    head = f"GET /events?trial={quote(trial)}&form={form} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {accept}\r\nConnection: close\r\n\r\n"
    return received(url, head)


def websocket(url: str, trial: str, form: str, *, deflate: bool) -> int:
    key = base64.b64encode(os.urandom(16)).decode()
    extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else ""
    head = (
        f"GET /ws?trial={quote(trial)}&form={form} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{extension}\r\n"
    )
    return received(url, head)


def rows(hub: Hub, streams: dict[str, list[dict]]) -> Iterator[str]:
    relay = Relay(hub, runs_agents=False)
    serving = Serving(relay, websockets=True)
    try:
        for form in ("seven", "ten"):
            count = (
                sum(len(wires) for wires in streams.values()) if form == "seven" else sum(map(tens, streams.values()))
            )
            for name, way in (("server-sent events, gzip", sse), ("WebSocket, permessage-deflate", websocket)):
                option = "gzip" if way is sse else "deflate"
                sizes = [
                    sum(way(serving.url, trial, form, **{option: packed}) for trial in streams)
                    for packed in (False, True)
                ]
                yield f"| {form} | {name} | {count:,} | {sizes[0]:,} | {sizes[1]:,} | **{sizes[0] / sizes[1]:.2f}** |"
    finally:
        serving.close()


def tens(wires: list[dict]) -> int:
    form = TenForm()
    return sum(len(list(form.feed(wire))) for wire in wires)


def cost(count: int = 200_000) -> tuple[float, float]:
    """Microseconds of CPU to tell one event, and MiB that a trial of so many events holds."""
    channel = Hub().open("t")
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    for number in range(count // 100):
        channel.tell(Event(0.0, "text_delta", {"text": f"piece {number} {item} "}) for item in range(100))
    spent = time.process_time() - start
    return spent / count * 1e6, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    streams = recorded()
    broken = {trial: found for trial, wires in streams.items() if (found := slips(wires))}
    told, held = cost()
    lines = [
        "# The relay",
        "",
        f"`python bench/relay.py`, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}. Bytes that cross the socket for all events of",
        f"{len(streams)} trials of the reference agents; each event is sent, and can be read, as soon as it happens.",
        "",
        "| form | over | events | bytes plain | bytes compressed | ratio |",
        "|---|---|---:|---:|---:|---:|",
        *rows(hub_of(streams), streams),
        "",
        f"Streams that break a rule of the seven-event form: {len(broken)} of {len(streams)}"
        + "".join(f"; {trial}: {found[0].problem}" for trial, found in list(broken.items())[:3]) + ".",
        f"Telling one event costs {told:.1f} µs of CPU. A trial that tells 200,000 events to nobody holds {held:.1f} MiB: its ring keeps the last",
        "4,096 events or 4 MiB of text, whichever is less.",
        "",
    ]  # fmt: skip
    (ROOT / "bench" / "relay.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
