"""Listeners are places in a ring: slow ones are told what they missed, and hold nothing up."""

from __future__ import annotations

import asyncio
import threading

from harness.model import Event
from harness.relay import hub as hubs
from harness.relay.hub import Hub, listen


def words(*texts):
    return [Event(0.0, "text_delta", {"text": text}) for text in texts]


async def heard(hub, channel, after=0):
    return [wire async for wire in listen(hub, channel, after, ping_s=1) if wire is not None]


def test_everything_is_heard_in_order_and_to_the_end():
    hub = Hub()
    channel = hub.open("t")
    channel.tell(words("a", "b"))
    channel.end(status="passed")
    channel.tell(words("too late"))
    channel.end(status="failed")

    wires = asyncio.run(heard(hub, channel))

    assert [(wire["id"], wire["type"]) for wire in wires] == [(1, "text_delta"), (2, "text_delta"), (3, "done")]
    assert wires[-1]["metadata"] == {"status": "passed"}
    assert [wire["id"] for wire in asyncio.run(heard(hub, channel, after=2))] == [3]


def test_one_who_fell_behind_hears_how_much_was_missed(monkeypatch):
    monkeypatch.setattr(hubs, "RING", 3)
    hub = Hub()
    channel = hub.open("t")
    channel.tell(words(*"abcdefgh"))
    channel.end()

    wires = asyncio.run(heard(hub, channel, after=1))

    assert wires[0] == {"type": "gap", "missed": 5, "id": 6, "session_id": "t"}
    assert [wire["id"] for wire in wires[1:]] == [7, 8, 9]


def test_what_is_kept_is_bounded_in_size_too(monkeypatch):
    monkeypatch.setattr(hubs, "RING_BYTES", 10_000)
    channel = Hub().open("t")

    for _ in range(50):
        channel.tell(words("x" * 1000))

    missed, wires = channel.after(0)
    assert missed > 35
    assert len(wires) + missed == 50


def test_channels_that_are_over_are_forgotten_first(monkeypatch):
    monkeypatch.setattr(hubs, "CHANNELS", 3)
    hub = Hub()
    for number in range(5):
        channel = hub.open(f"over-{number}")
        channel.end()
    running = hub.open("running")

    names = [channel.name for channel in hub.channels()]
    assert running.name in names
    assert len(names) == 3


def test_a_listener_in_another_thread_is_woken():
    hub = Hub()
    channel = hub.open("t")
    found = []

    def hear():
        found.extend(asyncio.run(heard(hub, channel)))

    thread = threading.Thread(target=hear)
    thread.start()
    for text in "abc":
        channel.tell(words(text))
    channel.end()
    thread.join(5)

    assert [wire["type"] for wire in found] == ["text_delta"] * 3 + ["done"]
    assert not hub._waiting


def test_a_trial_that_begins_anew_says_that_what_was_said_does_not_hold():
    channel = Hub().open("t")
    channel.tell(words("half"))
    channel.again()
    channel.tell(words("whole"))

    _, wires = channel.after(0)
    assert [(wire["type"], wire["metadata"].get("restarted")) for wire in wires] == [
        ("text_delta", None), ("text_done", True), ("text_delta", None),
    ]  # fmt: skip


def test_pieces_alone_are_told_as_a_whole_at_the_end_of_their_turn():
    channel = Hub().open("t")
    channel.tell(
        [*words("a", "b"), Event(1.0, "done", {"turn": 0}), *words("c"), Event(2.0, "text_done", {"text": "c"})]
    )
    channel.tell([Event(3.0, "done", {"turn": 1})])

    _, wires = channel.after(0)
    assert [(wire["type"], wire["text"], wire["metadata"]["turn"]) for wire in wires] == [
        ("text_delta", "a", 0), ("text_delta", "b", 0), ("text_done", "ab", 0), ("text_delta", "c", 1), ("text_done", "c", 1),
    ]  # fmt: skip


def test_the_same_wish_twice_is_one():
    channel = Hub().open("t")

    assert channel.interrupt("k1", "sell") is True
    assert channel.interrupt("k1", "sell") is False
    assert channel.interrupt("k2", None) is True
