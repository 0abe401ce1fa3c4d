"""For tests of your agents: local model servers that speak the real protocols, faults, and small fakes."""

from harness.llm.request import Message, ModelReply, ModelRequest, Tool, ToolCall
from harness.model import Usage

from .fakes import FixedClock, QueuedModel, scripted_agent, served
from .faults import FAULTS, Fault, FaultKind, rate_limit
from .recorded import RecordedTools
from .server import Answer, ModelServer, SeenRequest

__all__ = [
    "FAULTS",
    "Answer",
    "Fault",
    "FaultKind",
    "FixedClock",
    "Message",
    "ModelReply",
    "ModelRequest",
    "ModelServer",
    "QueuedModel",
    "RecordedTools",
    "SeenRequest",
    "Tool",
    "ToolCall",
    "Usage",
    "rate_limit",
    "scripted_agent",
    "served",
]
