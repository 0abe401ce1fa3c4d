"""Drive the Planner as the original's API and queue do: a message for a job, deliveries until it is handled or dead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .._shared.queue import JobQueue, drain


def submit(queue: JobQueue, job_id: str, *, user: str = "", options: Mapping[str, Any] | None = None) -> str:
    """Send what `POST /api/analyze` sends; the id of the message is returned."""
    body = {"job_id": job_id, "clerk_user_id": user, "analysis_type": "portfolio", "options": dict(options or {})}
    return queue.send(json.dumps(body))


def work(queue: JobQueue, handler: Callable[[Mapping[str, Any], Any], Any], *, batch: int = 1) -> list[Any]:
    """Deliver everything in the queue to a handler; its replies are returned, in order. Dead messages stay in `queue.dead`."""
    replies: list[Any] = []

    def deliver(event: dict[str, Any]) -> Any:
        replies.append(handler(event, None))
        return replies[-1]

    drain(queue, deliver, batch=batch)
    return replies
