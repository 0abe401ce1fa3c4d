"""The Analyst: prices, performance and dated research notes, with both sides and their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply

from .._shared.claims import Evidence
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
    """Answer one question about a security or the market; beside the text stand its figures and citations with their sources."""
    if context.world is None:
        return AgentReply("No market data are connected, so I have no figures for you.", {"status": "none"})
    evidence = Evidence()
    result = await study(context, asked_of(request.input), history=recent(request.history), evidence=evidence)
    text = result.text or UNREAD
    return AgentReply(text, {"status": result.stop, "tool_calls": result.tool_calls, **evidence.sidecar(text)})


async def study(
    context: Context,
    task: str,
    *,
    history: Sequence[Message] = (),
    stream: bool = True,
    evidence: Evidence | None = None,
) -> LoopResult[Any]:
    """Run the Analyst's loop."""
    tools = analyst_tools(context.world)
    return await run(
        context,
        agent="analyst",
        system=prompt("analyst", context.world),
        input=task,
        tools=[evidence.listening(tool) for tool in tools] if evidence else tools,
        limits=_LIMITS,
        history=history,
        stream=stream,
    )
