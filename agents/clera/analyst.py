"""The Analyst: prices, performance and dated research notes, with both sides and their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._shared.loop import Limits
from .member import Member
from .research import analyst_tools

if TYPE_CHECKING:
    from harness.adapters import AgentReply, Context, Request

ANALYST: Final = Member(
    "analyst",
    analyst_tools,
    Limits(max_turns=5, max_tool_calls=6, max_tokens=2048),
    unconnected="No market data are connected, so I have no figures for you.",
    unread="I could not look that up just now, so I have no figures for you.",
)


async def analyst(request: Request, context: Context) -> AgentReply:
    """Answer one question about a security or the market."""
    return await ANALYST.reply(request, context)
