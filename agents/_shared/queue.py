"""The job queue with the semantics of the original's SQS queue, on a virtual clock: nothing waits, time is told to pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

VISIBILITY_S: Final = 910.0
"""How long a received message is hidden: a little more than the planner's 900 seconds."""

MAX_RECEIVES: Final = 3
"""Receives after which a message goes to the dead-letter queue."""

RETENTION_S: Final = 86_400.0
"""How long a message is kept."""

LONG_POLL_S: Final = 10.0
"""How long a receiver waits for a message."""

FUNCTION_TIMEOUT_S: Final = 900.0
"""Time that one run of the planner may take."""

Handler: TypeAlias = Callable[[dict[str, Any]], Any]


@dataclass(slots=True)
class VirtualClock:
    """Seconds that pass only when somebody says so."""

    now: float = 0.0

    def pass_(self, seconds: float) -> None:
        """Let time pass; never backwards."""
        self.now += max(0.0, seconds)

    def reach(self, moment: float) -> None:
        """Let time pass until a moment, if it is not over yet."""
        self.now = max(self.now, moment)


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what became of it so far."""

    id: str
    body: str
    sent: float
    visible: float
    receives: int = 0
    receipt: str = ""


@dataclass(slots=True)
class JobQueue:
    """A queue of text messages, and its dead-letter queue."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    visibility_s: float = VISIBILITY_S
    max_receives: int = MAX_RECEIVES
    retention_s: float = RETENTION_S
    wait_s: float = LONG_POLL_S
    messages: dict[str, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    _sent: int = 0

    def send(self, body: str) -> str:
        """Add a message; its id is returned."""
        self._sent += 1
        name = f"m-{self._sent}"
        self.messages[name] = Message(name, body, sent=self.clock.now, visible=self.clock.now)
        return name

    def receive(self, most: int = 1, *, wait_s: float = 0.0) -> list[Message]:
        """Take visible messages, oldest first, and hide them; those received too often move to the dead-letter queue.

        Where none is visible, one is waited for as long as `wait_s`.
        """
        self._expire()
        later = self.next_visible
        self.clock.reach(self.clock.now + wait_s if later is None else min(later, self.clock.now + wait_s))
        self._expire()
        taken: list[Message] = []
        for message in list(self.messages.values()):
            if len(taken) == most:
                break
            if message.visible > self.clock.now:
                continue
            if message.receives >= self.max_receives:
                self.dead.append(self.messages.pop(message.id))
                continue
            receives = message.receives + 1
            hidden = replace(
                message,
                receives=receives,
                visible=self.clock.now + self.visibility_s,
                receipt=f"{message.id}#{receives}",
            )
            self.messages[message.id] = hidden
            taken.append(hidden)
        return taken

    def delete(self, receipt: str) -> bool:
        """Remove a message that was handled; False for a receipt that a later delivery has replaced."""
        name = receipt.partition("#")[0]
        known = self.messages.get(name)
        if known is None or known.receipt != receipt:
            return False
        del self.messages[name]
        return True

    @property
    def next_visible(self) -> float | None:
        """When the next message can be received; None for an empty queue."""
        return min((message.visible for message in self.messages.values()), default=None)

    def _expire(self) -> None:
        for message in list(self.messages.values()):
            if self.clock.now - message.sent > self.retention_s:
                del self.messages[message.id]


def event_of(messages: list[Message]) -> dict[str, Any]:
    """The event that a Lambda function receives for these messages."""
    records = [
        {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
            "eventSource": "aws:sqs",
        }
        for message in messages
    ]
    return {"Records": records}


def drain(queue: JobQueue, handler: Handler, *, batch: int = 1, most_deliveries: int = 1000) -> int:
    """Deliver messages until none is left, as Lambda's event source does; the number of deliveries is returned.

    A handler that raises, or runs longer than the visibility, has its messages delivered again later. One that returns
    `batchItemFailures` keeps the messages it names; all others are deleted. When nothing is visible, the clock goes to the moment
    when something is.
    """
    for delivery in range(most_deliveries):
        messages = queue.receive(batch, wait_s=queue.wait_s if queue.messages else 0.0)
        if not messages:
            later = queue.next_visible
            if later is None:
                return delivery
            queue.clock.reach(later)
            messages = queue.receive(batch)
            if not messages:
                continue
        for message in _handled(handler, messages):
            if queue.clock.now < message.visible:  # else somebody else has it already
                queue.delete(message.receipt)
    return most_deliveries


def lint(queue: JobQueue, *, function_timeout_s: float = FUNCTION_TIMEOUT_S) -> list[str]:
    """What is wrong with a queue's settings for a function that may take so long."""
    problems = []
    if queue.visibility_s < function_timeout_s:
        problems.append(
            f"visibility {queue.visibility_s:g} s is shorter than the function's {function_timeout_s:g} s: "
            "a slow job is delivered again while it still runs"
        )
    if queue.max_receives < 2:
        problems.append("a message that fails once is given up: allow at least 2 receives")
    if queue.retention_s < queue.visibility_s * queue.max_receives:
        problems.append("messages expire before their last delivery: keep them longer")
    return problems


def _handled(handler: Handler, messages: list[Message]) -> list[Message]:
    try:
        reply = handler(event_of(messages))
    except Exception:  # noqa: BLE001 - whatever a function raises, its messages come back later
        return []
    failed = reply.get("batchItemFailures", ()) if isinstance(reply, Mapping) else ()
    kept = {item["itemIdentifier"] for item in failed}
    return [message for message in messages if message.id not in kept]
