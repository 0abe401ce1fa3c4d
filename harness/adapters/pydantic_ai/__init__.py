"""Drive a PydanticAI agent: streamed, with its tools, tokens, typed output and approvals in the trace."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
