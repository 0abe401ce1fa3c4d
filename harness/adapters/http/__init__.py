"""Drive an agent behind HTTP: one JSON answer, server-sent events, JSON lines or a WebSocket."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
