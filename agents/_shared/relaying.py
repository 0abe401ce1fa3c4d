"""Exercises with the relay: streams that are cut, compressed and interrupted, and clients that vanish."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.adapters.http.sse import EventStream
from harness.model import Event
from harness.relay import Relay
from harness.relay.grammar import slips
from harness.relay.hub import Channel, Hub
from harness.workspace import AgentSettings, Workspace

if TYPE_CHECKING:
    from .exercises import Do, Given

_ROOT: Final = Path(__file__).parents[2]
_TARGET: Final = "agents/_shared/speaker.py:speaker"
_SOON_S: Final = 15.0


class Connection:
    """One client's connection to a relay, in this process and without a socket."""

    def __init__(self, relay: Relay, method: str, path: str, *, body: Any = None, **headers: str) -> None:
        self.status = 0
        """Status of the answer."""
        self.headers: dict[str, str] = {}
        """Headers of the answer."""
        self.pieces: list[bytes] = []
        """What arrived, as it arrived."""
        self._told = asyncio.Event()
        self._gone = asyncio.Event()
        self._request = [{"type": "http.request", "body": json.dumps(body or {}).encode()}]
        where, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": where, "query_string": query.encode(), "client": ("127.0.0.1", 5),
            "headers": [(b"host", b"localhost"), *((name.replace("_", "-").encode(), text.encode()) for name, text in headers.items())],
        }  # fmt: skip
        self._served = asyncio.ensure_future(relay(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._request:
            return self._request.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): text.decode() for name, text in message["headers"]}
        elif message.get("body"):
            self.pieces.append(message["body"])
            self._told.set()

    async def first(self) -> bytes:
        """Wait for the first piece."""
        await asyncio.wait_for(self._told.wait(), _SOON_S)
        return self.pieces[0]

    async def hang_up(self) -> None:
        """Vanish, as a browser does whose tab is closed."""
        self._gone.set()
        await self._served

    async def whole(self) -> bytes:
        """Wait for the end; everything that arrived."""
        await asyncio.wait_for(self._served, _SOON_S)
        return b"".join(self.pieces)


def events_of(pieces: Sequence[bytes]) -> list[dict[str, Any]]:
    """What a client makes of pieces of a stream."""
    stream = EventStream()
    return [json.loads(event.data) for piece in pieces for event in stream.feed(piece)]


def text_of(events: Sequence[Mapping[str, Any]]) -> str:
    """The pieces of text, put together."""
    return "".join(event["text"] for event in events if event["type"] == "text_delta")


def _a_run(texts: Sequence[str]) -> Relay:
    """A relay that shows a finished trial in which these texts were said."""
    hub = Hub()
    channel = hub.open("shown")
    channel.tell(Event(0.0, "text_delta", {"text": text}) for text in texts)
    channel.tell([Event(0.1, "done", {})])
    channel.end(status="passed")
    return Relay(hub, runs_agents=False)


def _with_agents(grace_s: float = 0.02) -> Relay:
    settings = AgentSettings(target=_TARGET, name="speaker")
    return Relay(workspace=Workspace.at(_ROOT, agents={"speaker": settings}, models={}), grace_s=grace_s)


async def cut(given: Given, do: Do) -> dict[str, Any]:
    """`{texts, every, gzip}`: what arrives when the stream is cut after every so many bytes."""
    data = b""

    async def fetch(gzip: bool) -> int:
        """Hear the whole stream; gives how many bytes it has, unpacked."""
        nonlocal data
        packed = {"accept_encoding": "gzip"} if gzip else {}
        raw = await Connection(_a_run(given["texts"]), "GET", "/events", **packed).whole()
        data = zlib.decompress(raw, 16 + zlib.MAX_WBITS) if gzip else raw
        return len(data)

    def feed(every: int) -> list[dict[str, Any]]:
        """Give the bytes to a reader, so many at a time."""
        return events_of([data[start : start + every] for start in range(0, len(data), every)])

    size, every = await do(fetch)(gzip=bool(given.get("gzip"))), int(given["every"])
    events = do(feed)(every=every)
    return {
        "text": text_of(events),
        "kinds": [event["type"] for event in events],
        "slips": [slip.rule for slip in slips(events)],
        "bytes": size,
        "cuts_inside_letters": sum(data[place] & 0xC0 == 0x80 for place in range(every, size, every)),
    }


async def vanish(given: Given, do: Do) -> dict[str, Any]:
    """`{says, back}`: what becomes of an agent whose client hangs up while it works, and perhaps comes `back` in time."""
    back = bool(given.get("back"))
    relay = _with_agents(grace_s=20.0 if back else 0.02)
    listeners: list[int] = []

    async def listen() -> dict[str, Any]:
        """Have an agent work and hear its first words."""
        line = lines["first"] = Connection(relay, "POST", "/stream", body={"agent": "speaker", "input": given["says"]})
        heard = events_of([await line.first()])
        listeners.append(relay.hub.listeners)
        return {"trial": line.headers["x-trial"], "heard": text_of(heard)}

    async def hang_up() -> dict[str, Any]:
        """Close the connection."""
        await lines["first"].hang_up()
        listeners.append(relay.hub.listeners)
        return {"listeners": relay.hub.listeners}

    async def come_back(trial: str) -> dict[str, Any]:
        """Hear the same trial from its beginning, and end it."""
        line = Connection(relay, "GET", f"/events?trial={trial}")
        first = text_of(events_of([await line.first()]))
        over = _channel(relay, trial).is_over
        relay.interrupt(trial, {"id": "enough"})
        return {"heard": first, "over": over, "then": len(events_of([await line.whole()]))}

    lines: dict[str, Connection] = {}
    begun = await do(listen)()
    channel = _channel(relay, begun["trial"])
    since = time.monotonic()
    await do(hang_up)()
    returned = await do(come_back)(trial=begun["trial"]) if back else None
    is_over = await _until_over(relay.hub, channel)
    told: dict[str, Any] = {
        "heard": begun["heard"], "listeners": listeners, "over": is_over,
        "stopped_within_s": round(time.monotonic() - since, 3),
        "status": channel.after(channel.last - 1)[1][0]["metadata"].get("status") if is_over else None,
        "returned": returned,
    }  # fmt: skip
    await _close(relay)
    return told


def _channel(relay: Relay, trial: str) -> Channel:
    found = relay.hub.find(trial)
    assert found is not None, "the relay forgot a trial that it had just begun"
    return found


async def _until_over(hub: Hub, channel: Channel) -> bool:
    """Wait for a trial's end, without listening to it."""
    ends = time.monotonic() + _SOON_S
    while not channel.is_over and time.monotonic() < ends:
        await hub.news(0.01)
    return channel.is_over


async def _close(relay: Relay) -> None:
    if relay.stage is not None:
        await relay.stage.close()


async def interrupt(given: Given, do: Do) -> dict[str, Any]:
    """`{says, wishes: [{id, redirect}]}`: what is heard of an agent that is interrupted with these wishes, one after the other."""
    relay = _with_agents()
    line = Connection(relay, "POST", "/stream", body={"agent": "speaker", "input": given["says"]})
    await line.first()
    trial = line.headers["x-trial"]

    async def wish(id: str, redirect: str | None = None) -> dict[str, Any]:  # noqa: A002 - the relay's own word
        """Interrupt the agent."""
        asked = Connection(relay, "POST", f"/trials/{trial}/interrupt", body={"id": id, "redirect": redirect})
        told = json.loads(await asked.whole())
        return {"status": asked.status, **{name: item for name, item in told.items() if name != "trial"}}

    answers = [await do(wish)(**item) for item in given["wishes"]]
    events = events_of([await line.whole()])
    late = await do(wish)(id="too-late", redirect="buy everything") if given.get("late") else None
    await _close(relay)
    return {
        "text": text_of(events),
        "answers": answers,
        "late": late,
        "status": events[-1]["metadata"].get("status"),
        "slips": [slip.rule for slip in slips(events)],
    }


async def compress(given: Given, do: Do) -> dict[str, Any]:
    """`{text, times}`: what a stream takes with and without compression, and what the relay says of it."""
    relay = _a_run([given["text"]] * int(given["times"]))

    async def fetch(accept: str) -> dict[str, Any]:
        """Hear the whole stream with this encoding."""
        line = Connection(relay, "GET", "/events", accept_encoding=accept)
        raw = bodies[accept] = await line.whole()
        return {"encoding": line.headers.get("content-encoding", "identity"), "bytes": len(raw)}

    async def about() -> dict[str, Any]:
        """What the relay says of itself."""
        return dict(json.loads(await Connection(relay, "GET", "/").whole()))

    bodies: dict[str, bytes] = {}
    plain, packed = await do(fetch)(accept="identity"), await do(fetch)(accept="gzip")
    unpacked = zlib.decompress(bodies["gzip"], 16 + zlib.MAX_WBITS)
    said = await do(about)()
    return {
        "plain": plain, "packed": packed, "same": unpacked == bodies["identity"],
        "raw_bytes": said["raw_bytes"], "sent_bytes": said["sent_bytes"], "ratio": said["ratio"],
    }  # fmt: skip
