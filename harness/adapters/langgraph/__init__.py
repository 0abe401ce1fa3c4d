"""Drive a LangGraph graph in process: streamed, with its model calls, tools, nodes and interrupts in the trace."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
