"""Drive agents of any form: a function, a stream of events or a session; each becomes events in a recorder."""

from .clock import Clock
from .context import Context
from .loading import LoadedAgent, Runs, load_agent
from .passing import passed
from .request import AgentReply, InvalidOutputError, Request
from .target import TargetError

__all__ = [
    "AgentReply",
    "Clock",
    "Context",
    "InvalidOutputError",
    "LoadedAgent",
    "Request",
    "Runs",
    "TargetError",
    "load_agent",
    "passed",
]
