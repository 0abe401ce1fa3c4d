"""Agents of the harness that speak the original's contracts: one Lambda event, or a queue of messages on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.faults.models import SLOW_S

from .._shared.queue import JobQueue, drain, lint
from .deployment import Deployment

if TYPE_CHECKING:
    from harness.adapters import Context, Request


class Shift(BaseModel):
    """What arrives, and what goes wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send: list[str] = []
    """Bodies of messages."""

    crashes: dict[str, int] = {}
    """How often the function dies over a body."""

    takes_s: dict[str, float] = {}
    """Seconds that the function takes over a body."""

    batch: Annotated[int, Field(ge=1, le=10)] = 1
    """Messages of one delivery."""

    settings: dict[str, float] = {}
    """Settings of the queue: `visibility_s`, `max_receives`, `retention_s`."""


async def planner_lambda(request: Request, context: Context) -> dict[str, Any]:
    """The Planner's function: `Records[].body` with a job id or JSON, or a direct `{job_id}`."""
    return await Deployment(context).serve("planner", request.input)


def planner_queue(request: Request, context: Context) -> dict[str, Any]:
    """Work off a queue of messages, whatever happens to the function meanwhile.

    The answer is `{deliveries[{at_s, bodies, receives, outcome}], dead, left, problems}`; `problems` are those of the settings.
    """
    shift = Shift.model_validate(request.input)
    queue = JobQueue(**shift.settings)  # type: ignore[arg-type]  # numbers all
    deliveries: list[dict[str, Any]] = []
    left = dict(shift.crashes)

    def handle(event: Mapping[str, Any]) -> Any:
        records = event["Records"]
        bodies = [record["body"] for record in records]
        receives = max(int(record["attributes"]["ApproximateReceiveCount"]) for record in records)
        told = {"at_s": queue.clock.now, "bodies": bodies, "receives": receives, "outcome": "crashed"}
        deliveries.append(told)
        queue.clock.pass_(sum(shift.takes_s.get(body, 0.0) for body in bodies))
        for body in bodies:
            _strike(context, queue, body)
        for body in bodies:
            if left.get(body, 0) > 0:
                left[body] -= 1
                raise MemoryError("the function ran out of memory")
        reply = asyncio.run(Deployment(context).serve("planner", event))
        told["outcome"] = reply["statusCode"]
        return reply

    for body in shift.send:
        queue.send(body)
    drain(queue, handle, batch=shift.batch)
    return {
        "deliveries": deliveries,
        "dead": [{"body": message.body, "receives": message.receives} for message in queue.dead],
        "left": len(queue.messages),
        "problems": lint(queue),
    }


def _strike(context: Context, queue: JobQueue, body: str) -> None:
    """What the case wants to go wrong with the delivery of a message.

    Raises:
        MemoryError: where the function dies over it.
    """
    fault = context.faults.next("queue", body)
    if fault is None:
        return
    if fault.kind == "duplicate":
        queue.send(body)
    elif fault.kind == "slow":
        queue.clock.pass_(fault.seconds or SLOW_S)
    else:
        raise MemoryError("the function ran out of memory")
