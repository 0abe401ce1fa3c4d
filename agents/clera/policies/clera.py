"""The offline policy of Clera's team: one model serves all four, and its tools tell it which of them it is."""

from __future__ import annotations

from harness.llm.request import ModelReply, ModelRequest

from ...alex.policies.phrasing import Voice
from .analyst import answer as analyst
from .portfolio import answer as portfolio
from .seen import seen
from .supervisor import answer as supervisor
from .trader import answer as trader


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Answer as the member that has these tools; a pure function of what a model sees."""
    view = seen(request)
    if any(name.startswith("transfer_to") for name in view.tools):
        return supervisor(view, Voice(seed, noise, f"clera:{view.question}"))
    if "get_portfolio_summary" in view.tools:
        return portfolio(view, Voice(seed, noise, "portfolio"))
    if "web_search" in view.tools:
        return analyst(view, Voice(seed, noise, "analyst"))
    return trader(view, Voice(seed, noise, "trader"))
