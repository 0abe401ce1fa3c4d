"""Portfolio: answers questions about what the client owns, from the client's own accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._shared.loop import Limits
from .accounts import portfolio_tools
from .member import Member

if TYPE_CHECKING:
    from harness.adapters import AgentReply, Context, Request

PORTFOLIO: Final = Member(
    "portfolio",
    portfolio_tools,
    # "How can I improve my risk score?" made the original go round between two tools until its limit.
    Limits(max_turns=5, max_tool_calls=4, max_tokens=2048),
    unconnected="No account is connected, so there is nothing to look at.",
    unread="I could not read your accounts just now, so I cannot answer that.",
)


async def portfolio(request: Request, context: Context) -> AgentReply:
    """Answer one question about the client's accounts."""
    return await PORTFOLIO.reply(request, context)
