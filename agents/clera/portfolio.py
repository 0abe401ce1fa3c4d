"""Portfolio: answers questions about what the client owns, from the client's own accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply

from .._shared.claims import Evidence
from .._shared.loop import Limits, run
from .._shared.memory import recent
from .accounts import portfolio_tools
from .profile import asked_of, prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.adapters import Context, Request
    from harness.llm.request import Message

    from .._shared.loop import LoopResult

# "How can I improve my risk score?" made the original go round between two tools until its limit.
_LIMITS = Limits(max_turns=5, max_tool_calls=4, max_tokens=2048)

UNREAD = "I could not read your accounts just now, so I cannot answer that."


async def portfolio(request: Request, context: Context) -> AgentReply:
    """Answer one question about the client's accounts; beside the text stand its figures and citations with their sources."""
    if context.world is None:
        return AgentReply("No account is connected, so there is nothing to look at.", {"status": "none"})
    evidence = Evidence()
    result = await look(context, asked_of(request.input), history=recent(request.history), evidence=evidence)
    text = result.text or UNREAD
    return AgentReply(text, {"status": result.stop, "tool_calls": result.tool_calls, **evidence.sidecar(text)})


async def look(
    context: Context,
    task: str,
    *,
    history: Sequence[Message] = (),
    stream: bool = True,
    evidence: Evidence | None = None,
) -> LoopResult[Any]:
    """Run Portfolio's loop."""
    tools = portfolio_tools(context.world)
    return await run(
        context,
        agent="portfolio",
        system=prompt("portfolio", context.world),
        input=task,
        tools=[evidence.listening(tool) for tool in tools] if evidence else tools,
        limits=_LIMITS,
        history=history,
        stream=stream,
    )
