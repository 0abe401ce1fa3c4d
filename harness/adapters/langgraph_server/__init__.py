"""Drive a graph on a LangGraph server: a thread for each trial, a streamed run for each turn, interrupts answered by the case."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
