"""The Trader: one order a turn, previewed, confirmed by the client, and reported as it was executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply

from .._shared.loop import Brief, Limits, run
from .._shared.memory import recent
from .desk import Desk
from .profile import asked_of, prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.adapters import Context, Request
    from harness.llm.request import Message

    from .._shared.loop import LoopResult

_LIMITS = Limits(max_turns=8, max_tool_calls=8, max_tokens=1024)

UNFINISHED = "I could not finish this order. Please check your orders before you try again."


async def trader(request: Request, context: Context) -> AgentReply:
    """Take an order in the client's words. The reply's JSON form says what was done, by the broker's books."""
    if context.world is None:
        return AgentReply("No account is connected, so I cannot place orders.", {"status": "none"})
    context.world.clock.advance(float(context.world.client.get("pace_s", 0)) if request.turn else 0)
    desk = Desk(context)
    result = await trade(context, desk, asked_of(request.input), history=recent(request.history))
    return AgentReply(result.text or told(desk), desk.outcome)


async def trade(
    context: Context, desk: Desk, task: str, *, history: Sequence[Message] = (), stream: bool = True
) -> LoopResult[Any]:
    """Run the Trader's loop."""
    brief: Brief[Any] = Brief(
        "trader",
        prompt("trader", context.world),
        tools=desk.tools(aliases=bool(context.settings.get("aliases"))),
        limits=_LIMITS,
    )
    return await run(context, brief, task, history=history, stream=stream)


def told(desk: Desk) -> str:
    """What was done, where the model has nothing to say about it."""
    status = desk.outcome["status"]
    return f"Your order is {status}." if status in {"filled", "partially_filled", "queued", "cancelled"} else UNFINISHED
