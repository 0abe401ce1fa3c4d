"""Where trials tell what happens, and listeners hear it: bounded, so that nobody who is slow holds anything up.

Each trial has one ring of its last events. A listener is only a place in it: one that falls behind by more than the ring holds is
told how many events it missed and goes on from there; one that comes back names the last event that it had.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from harness.model import Event

from .forms import Wire, enveloped, seven

RING: Final = 4096
"""Events of one trial that a listener can go back to."""

RING_BYTES: Final = 4 << 20
"""Most characters of text in them."""

CHANNELS: Final = 512
"""Trials that can still be heard; the oldest that is over goes first."""

LISTENERS: Final = 256
"""Most listeners at once."""


class Channel:
    """One trial's events."""

    def __init__(self, name: str, hub: Hub, *, about: Mapping[str, Any] | None = None) -> None:
        self.name = name
        """Trial that it belongs to."""
        self.about = dict(about or {})
        """What is known of the trial."""
        self.is_over = False
        """Whether its `done` was written."""
        self.began = time.time()
        self._hub = hub
        self._ring: deque[tuple[Wire, int]] = deque()
        self._held = 0
        self._next = 1
        self._turn = 0
        self._pieces: list[str] = []
        self._interrupts: OrderedDict[str, str | None] = OrderedDict()

    @property
    def last(self) -> int:
        """Number of the last event; 0 before the first."""
        return self._next - 1

    def tell(self, events: Iterable[Event]) -> None:
        """Write down what happened; nothing is written after the end."""
        for event in events:
            if event.kind == "done":
                self.finish(self.began + event.offset_s)
                self._turn += 1
                continue
            wire = seven(event)
            if wire is not None:
                self._follow(wire)
                self._add(wire, self.began + event.offset_s, {"turn": self._turn, **_acting(event)})
        self._hub.wake()

    def finish(self, at: float) -> None:
        """Write the whole text of a turn whose pieces alone were told."""
        if self._pieces:
            whole, self._pieces = "".join(self._pieces), []
            self._add({"type": "text_done", "text": whole}, at, {"turn": self._turn})
            self._hub.wake()

    def fail(self, message: str) -> None:
        """Write that the trial failed, after which only its end comes."""
        self._add({"type": "error", "error": message, "final": True}, time.time(), {"turn": self._turn})
        self._hub.wake()

    def _follow(self, wire: Wire) -> None:
        if wire["type"] == "text_delta":
            self._pieces.append(wire["text"])
        elif wire["type"] == "text_done":
            self._pieces.clear()

    def end(self, **metadata: Any) -> None:
        """Write the last event, once."""
        if not self.is_over:
            self._add({"type": "done"}, time.time(), metadata)
            self.is_over = True
            self._hub.wake()

    def again(self) -> None:
        """The trial begins anew, because its worker was lost: what was said does not hold."""
        if self.last and not self.is_over:
            whole, self._pieces = "".join(self._pieces), []
            self._add({"type": "text_done", "text": whole}, time.time(), {"restarted": True})
            self.began = time.time()

    def _add(self, wire: Wire, at: float, metadata: Mapping[str, Any]) -> None:
        with self._hub.lock:
            if self.is_over:
                return
            made = enveloped(wire, self._next, session=self.name, at=at, metadata=metadata)
            size = len(str(wire))
            self._ring.append((made, size))
            self._next += 1
            self._held += size
            while len(self._ring) > 1 and (len(self._ring) > RING or self._held > RING_BYTES):
                self._held -= self._ring.popleft()[1]

    def after(self, number: int, most: int = 256) -> tuple[int, list[Wire]]:
        """How many events after a number are gone for good, and those that come after them."""
        with self._hub.lock:
            first = self._next - len(self._ring)
            missed = max(0, first - number - 1) if number < self.last else 0
            start = max(0, number + 1 - first)
            found = [self._ring[place][0] for place in range(start, min(len(self._ring), start + most))]
        return missed, found

    def interrupt(self, key: str, redirect: str | None) -> bool:
        """Note that somebody wants it to stop; False when that same wish was noted before.

        Args:
            key: The wish's own id: asking twice is asking once.
            redirect: What to do instead; None for nothing.
        """
        with self._hub.lock:
            if key in self._interrupts:
                return False
            self._interrupts[key] = redirect
            while len(self._interrupts) > 64:
                self._interrupts.popitem(last=False)
            return True


def _acting(event: Event) -> dict[str, Any]:
    agent = event.data.get("agent")
    return {"agent": agent} if agent else {}


class Hub:
    """All trials that can be heard."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._channels: OrderedDict[str, Channel] = OrderedDict()
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self.listeners = 0
        """How many listen now."""

    def open(self, name: str, **about: Any) -> Channel:
        """The channel of a trial; a new one where there is none."""
        with self.lock:
            channel = self._channels.get(name)
            if channel is None:
                channel = self._channels[name] = Channel(name, self, about=about)
                self._forget()
        self.wake()
        return channel

    def find(self, name: str) -> Channel | None:
        """The channel of a trial."""
        return self._channels.get(name)

    def channels(self) -> Sequence[Channel]:
        """All of them, the oldest first."""
        with self.lock:
            return tuple(self._channels.values())

    def _forget(self) -> None:
        over = [name for name, channel in self._channels.items() if channel.is_over]
        for name in over[: max(0, len(self._channels) - CHANNELS)]:
            del self._channels[name]
        while len(self._channels) > 4 * CHANNELS:  # so many at once: the oldest is heard no more
            self._channels.popitem(last=False)

    def wake(self) -> None:
        """Tell listeners, in whichever threads they are, that there is something new."""
        with self.lock:
            waiting, self._waiting = self._waiting, {}
        for bell, loop in waiting.items():
            try:
                loop.call_soon_threadsafe(bell.set)
            except RuntimeError:  # its loop is closed: nobody listens there any more
                continue

    async def news(self, seconds: float) -> bool:
        """Wait for something new; False when nothing came for so long."""
        bell = asyncio.Event()
        with self.lock:
            self._waiting[bell] = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):  # not wait_for, which forgets to stop when the bell rings meanwhile
                await bell.wait()
        except TimeoutError:
            return False
        finally:
            with self.lock:
                self._waiting.pop(bell, None)
        return True


async def listen(hub: Hub, channel: Channel, after: int = 0, *, ping_s: float = 15.0) -> AsyncIterator[Wire | None]:
    """The events of a trial from a place on, to its end; None now and then while nothing happens.

    A listener that has fallen too far behind hears `{"type": "gap", "missed": n}`.
    """
    place = after
    while True:
        missed, found = channel.after(place)
        if missed:
            place += missed
            yield {"type": "gap", "missed": missed, "id": place, "session_id": channel.name}
        for wire in found:
            place = int(wire["id"])
            yield wire
        if channel.is_over and place >= channel.last:
            return
        if not found and place >= channel.last and not await _or_news(hub, channel, place, ping_s):
            yield None


async def _or_news(hub: Hub, channel: Channel, place: int, ping_s: float) -> bool:
    """Wait, unless something came just now."""
    waiting = asyncio.ensure_future(hub.news(ping_s))
    await asyncio.sleep(0)
    if channel.last > place or channel.is_over:
        waiting.cancel()
        return True
    return await waiting
