"""The Analyst: prices, performance and dated research notes, with both sides and their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply

from .._shared.loop import Limits, run
from .._shared.memory import recent
from .profile import asked_of, prompt
from .research import analyst_tools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.adapters import Context, Request
    from harness.llm.request import Message

    from .._shared.loop import LoopResult

_LIMITS = Limits(max_turns=5, max_tool_calls=6, max_tokens=2048)

UNREAD = "I could not look that up just now, so I have no figures for you."


async def analyst(request: Request, context: Context) -> AgentReply:
    """Answer one question about a security or the market."""
    if context.world is None:
        return AgentReply("No market data are connected, so I have no figures for you.", {"status": "none"})
    result = await study(context, asked_of(request.input), history=recent(request.history))
    return AgentReply(result.text or UNREAD, {"status": result.stop, "tool_calls": result.tool_calls})


async def study(
    context: Context, task: str, *, history: Sequence[Message] = (), stream: bool = True
) -> LoopResult[Any]:
    """Run the Analyst's loop."""
    return await run(
        context,
        agent="analyst",
        system=prompt("analyst", context.world),
        input=task,
        tools=analyst_tools(context.world),
        limits=_LIMITS,
        history=history,
        stream=stream,
    )
