"""The offline policy of Clera's team: one model serves all four, and its tools tell it which of them it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from harness.llm.request import ModelReply, ModelRequest

from ...alex.policies.phrasing import Voice
from .analyst import answer as analyst
from .portfolio import answer as portfolio
from .seen import Seen, say, seen
from .supervisor import answer as supervisor
from .trader import answer as trader

_UNREADABLE: Final = "What came back could not be read, so I give no figures and nothing was traded by me."


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Answer as the member that has these tools; a pure function of what a model sees."""
    view = seen(request)
    voice = Voice(seed, noise, f"clera:{view.question}")
    try:
        return _member(view.tools)(view, voice)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return say(_UNREADABLE)  # a tool's result without what it promises; a reader would say so, too


def _member(tools: Sequence[str]) -> Callable[[Seen, Voice], ModelReply]:
    if any(name.startswith("transfer_to") for name in tools):
        return supervisor
    if "get_portfolio_summary" in tools:
        return portfolio
    return analyst if "web_search" in tools else trader
