"""The job queue behaves as SQS does, and no second of it is waited for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]

PATH = "agents/_shared/queue.py"
JobQueue, drain, lint = (load_target(ROOT, f"{PATH}:{name}") for name in ("JobQueue", "drain", "lint"))


def test_a_received_message_is_hidden_for_910_seconds():
    queue = JobQueue()
    queue.send("a")

    assert [message.body for message in queue.receive()] == ["a"]
    queue.clock.pass_(909)
    assert queue.receive() == []
    queue.clock.pass_(1)
    assert [message.receives for message in queue.receive()] == [2]


def test_after_three_receives_a_message_is_dead():
    queue = JobQueue()
    queue.send("a")
    for _ in range(3):
        assert queue.receive()
        queue.clock.pass_(910)

    assert queue.receive() == []
    assert [message.body for message in queue.dead] == ["a"]
    assert queue.messages == {}


def test_an_old_receipt_deletes_nothing():
    queue = JobQueue()
    queue.send("a")
    [first] = queue.receive()
    queue.clock.pass_(910)
    [second] = queue.receive()

    assert not queue.delete(first.receipt)
    assert queue.delete(second.receipt)
    assert queue.messages == {}


def test_a_crash_is_delivered_again_after_910_seconds():
    queue, seen = JobQueue(), []

    def handler(event):
        seen.append(queue.clock.now)
        if len(seen) == 1:
            raise RuntimeError("out of memory")

    queue.send("a")
    assert drain(queue, handler) == 2
    assert seen == [0.0, 910.0]
    assert queue.dead == []


def test_a_poison_message_dies_and_blocks_nobody():
    queue, done = JobQueue(), []

    def handler(event):
        [record] = event["Records"]
        if record["body"] == "poison":
            raise ValueError
        done.append(record["body"])

    for body in ("a", "poison", "b"):
        queue.send(body)
    drain(queue, handler)

    assert done == ["a", "b"]
    assert [(message.body, message.receives) for message in queue.dead] == [("poison", 3)]


def test_only_the_named_records_of_a_batch_come_again():
    queue, seen = JobQueue(), []

    def handler(event):
        seen.append([record["body"] for record in event["Records"]])
        bad = [record["messageId"] for record in event["Records"] if len(seen) == 1 and record["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}

    for body in "abc":
        queue.send(body)
    drain(queue, handler, batch=10)

    assert seen == [["a", "b", "c"], ["b"]]


def test_messages_expire_after_a_day():
    queue = JobQueue()
    queue.send("a")
    queue.clock.pass_(86_401)

    assert queue.receive() == []
    assert queue.dead == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, None),
        ({"visibility_s": 300.0}, "shorter than"),
        ({"max_receives": 1}, "given up"),
        ({"retention_s": 1000.0}, "expire"),
    ],
)
def test_settings_that_lose_or_double_work_are_told(settings, words):
    found = lint(JobQueue(**settings))

    assert found == [] if words is None else words in found[0]


class Queue(RuleBasedStateMachine):
    """Whatever happens, each message is somewhere exactly once."""

    def __init__(self):
        super().__init__()
        self.queue, self.sent, self.deleted, self.open = JobQueue(), 0, 0, []

    @rule()
    def send(self):
        self.queue.send("x")
        self.sent += 1

    @rule(most=st.integers(1, 3))
    def receive(self, most):
        self.open += self.queue.receive(most)

    @rule()
    def delete(self):
        if self.open:
            self.deleted += self.queue.delete(self.open.pop(0).receipt)

    @rule(seconds=st.sampled_from([1, 500, 910]))
    def wait(self, seconds):
        if self.queue.clock.now + seconds < 80_000:
            self.queue.clock.pass_(seconds)

    @invariant()
    def nothing_is_lost(self):
        assert len(self.queue.messages) + len(self.queue.dead) + self.deleted == self.sent
        assert all(message.receives <= 3 for message in self.queue.messages.values())


TestQueue = Queue.TestCase


@given(st.text(max_size=80))
def test_no_text_is_taken_for_an_id_by_accident(text):
    job_id = load_target(ROOT, "agents/_shared/jobs.py:job_id")
    found = job_id(text)

    assert found is None or (8 <= len(found) <= 64 and found in text and " " not in found)


def test_a_receiver_waits_as_long_as_it_says_and_no_longer():
    queue = JobQueue()
    assert queue.receive(wait_s=10) == []
    assert queue.clock.now == 10

    queue.send("a")
    queue.receive()
    queue.clock.pass_(905)
    assert [message.receives for message in queue.receive(wait_s=queue.wait_s)] == [2]
    assert queue.clock.now == 920
