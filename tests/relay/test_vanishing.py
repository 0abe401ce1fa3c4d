"""A client that vanishes at the very moment at which it is sent something is gone all the same."""

from __future__ import annotations

import asyncio

from harness.model import Event
from harness.relay import Relay
from harness.relay.hub import Hub


async def listeners_left(after: int) -> int:
    """Hang up after so many turns of the event loop, whatever the relay is about then."""
    hub, gone, request = Hub(), asyncio.Event(), [{"type": "http.request", "body": b""}]
    channel = hub.open("t")

    async def receive():
        if request:
            return request.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message):
        await asyncio.sleep(0)

    scope = {
        "type": "http", "method": "GET", "path": "/events", "query_string": b"", "client": ("127.0.0.1", 5),
        "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    served = asyncio.ensure_future(Relay(hub, runs_agents=False)(scope, receive, send))
    for _ in range(after):
        channel.tell([Event(0.0, "text_delta", {"text": "a"})])
        await asyncio.sleep(0)
    gone.set()
    await asyncio.wait([served], timeout=0.5)
    served.cancel()
    return hub.listeners


def test_no_listener_is_left_whenever_its_client_vanishes():
    assert [asyncio.run(listeners_left(after)) for after in range(2, 14)] == [0] * 12
