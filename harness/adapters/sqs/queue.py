"""The queue that starts jobs, and the one where messages end that nobody could handle."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from harness.adapters.aws.reach import Reach
from harness.adapters.target import TargetError

from .settings import Settings

_PEEKS: Final = 5


class Queue:
    """Sends messages and looks after dead letters."""

    def __init__(self, own: Settings, reach: Reach) -> None:
        self._own = own
        self._reach = reach
        self._dead = own.dead_letter_url
        self._checked = asyncio.Lock()
        self._before: int | None = None

    async def ready(self) -> int:
        """Letters that were dead before the first job; looked up once.

        Raises:
            TargetError: when there are any, unless they are to be ignored.
        """
        async with self._checked:
            if self._before is None:
                self._dead = self._dead or await self._found()
                self._before = await self.depth()
            if self._before and self._own.dead_letters == "refuse":
                raise TargetError(
                    "dead_letters",
                    f"its dead-letter queue holds {self._before} from before, so that new ones could not be told from them",
                    remedy='look at them and purge that queue, or write dead_letters = "ignore"',
                    where=self._reach.where,
                )
            return self._before

    async def send(self, body: str) -> None:
        """Send a message."""
        client = self._reach.client("sqs")
        fifo = {"MessageGroupId": "finharness"} if self._own.queue_url.endswith(".fifo") else {}
        await self._reach.ask(lambda: client.send_message(QueueUrl=self._own.queue_url, MessageBody=body, **fifo))

    async def depth(self) -> int:
        """Letters that are dead now; 0 where there is no such queue."""
        if self._dead is None:
            return 0
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = await self._attributes(self._dead, names)
        return sum(int(found.get(name, 0)) for name in names)

    async def is_dead(self, job: str) -> bool:
        """Whether the message of a job is among the dead; they are looked at and left where they are."""
        if await self.depth() == 0:
            return False
        client = self._reach.client("sqs")
        for _ in range(_PEEKS):
            reply = await self._reach.ask(
                lambda: client.receive_message(
                    QueueUrl=self._dead, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
                )
            )
            if any(job in message.get("Body", "") for message in reply.get("Messages", ())):
                return True
        return False

    async def _found(self) -> str | None:
        """The dead-letter queue that the queue's own settings name."""
        policy = (await self._attributes(self._own.queue_url, ["RedrivePolicy"])).get("RedrivePolicy")
        if not policy:
            return None
        name = str(json.loads(policy).get("deadLetterTargetArn", "")).rpartition(":")[2]
        client = self._reach.client("sqs")
        url: str = (await self._reach.ask(lambda: client.get_queue_url(QueueName=name)))["QueueUrl"]
        return url

    async def _attributes(self, url: str, names: list[str]) -> dict[str, Any]:
        client = self._reach.client("sqs")
        reply = await self._reach.ask(lambda: client.get_queue_attributes(QueueUrl=url, AttributeNames=names))
        found: dict[str, Any] = reply.get("Attributes", {})
        return found
