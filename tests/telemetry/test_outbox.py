from __future__ import annotations

import threading
import time
from pathlib import Path

from builders import a_manifest, a_result

from harness.telemetry import Redactor
from harness.telemetry.outbox import Outbox
from harness.telemetry.packing import Packer
from harness.telemetry.parcel import Receipt


class Stuck:
    """A transport that takes its time."""

    def __init__(self):
        self.entered = threading.Event()
        self.closed = threading.Event()

    def send(self, parcels, pause):
        self.entered.set()
        pause.cut.wait(10)
        return Receipt(sum(len(parcel.spans) for parcel in parcels))

    def finish(self, sums, pause):
        pass

    def close(self):
        self.closed.set()


class Broken(Stuck):
    """A transport with a bug."""

    def send(self, parcels, pause):
        raise KeyError("bug")


class SlowDisk:
    """A spool that is written when it is told to."""

    def __init__(self):
        self.entered, self.go = threading.Event(), threading.Event()

    def keep(self, parcels):
        self.entered.set()
        assert self.go.wait(10)
        return Path("undelivered.jsonl")


def test_what_is_being_written_down_at_the_deadline_counts_as_kept():
    disk = SlowDisk()
    outbox = Outbox("test", Broken, Packer(Redactor({})), spool=disk)
    outbox.export(a_manifest(), a_result())
    assert disk.entered.wait(5)

    threading.Timer(0.2, disk.go.set).start()
    delivery = outbox.close(0.01)

    assert (delivery.spooled, delivery.spool) == (delivery.failed, "undelivered.jsonl")
    assert delivery.failed == delivery.accepted > 0


def test_a_full_queue_loses_trials_instead_of_waiting(monkeypatch):
    monkeypatch.setattr("harness.telemetry.outbox.QUEUE_LIMIT", 2)
    monkeypatch.setattr("harness.telemetry.outbox.LINGER_S", 0)
    transport = Stuck()
    outbox = Outbox("test", lambda: transport, Packer(Redactor({})))
    outbox.export(a_manifest(), a_result())
    assert transport.entered.wait(5)

    started = time.monotonic()
    for _ in range(100):
        outbox.export(a_manifest(), a_result())
    blocked = time.monotonic() - started
    delivery = outbox.close(0.05)

    assert blocked < 1
    assert delivery.accepted == 303
    assert delivery.failed >= 300
    assert delivery.delivered + delivery.failed == delivery.accepted
    assert delivery.reason == "the queue was full"
    assert transport.closed.wait(5)


def test_a_transport_that_breaks_takes_nothing_down():
    transport = Broken()
    outbox = Outbox("test", lambda: transport, Packer(Redactor({})))

    outbox.export(a_manifest(), a_result())
    delivery = outbox.close(5)

    assert (delivery.accepted, delivery.failed, delivery.reason) == (3, 3, "KeyError: 'bug'")
    assert transport.closed.wait(5)


def test_a_transport_that_cannot_be_opened_is_accounted_for():
    def refuse():
        raise OSError("no such library")

    outbox = Outbox("test", refuse, Packer(Redactor({})))
    outbox.export(a_manifest(), a_result())

    assert outbox.close(5).reason == "OSError: no such library"


def test_closing_twice_says_the_same():
    outbox = Outbox("test", Broken, Packer(Redactor({})))

    outbox.export(a_manifest(), a_result())

    assert outbox.close(5) == outbox.close(5)
