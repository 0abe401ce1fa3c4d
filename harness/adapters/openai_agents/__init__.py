"""Drive an agent of the OpenAI Agents SDK: streamed, with its tools, handoffs, tokens and approvals in the trace."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
