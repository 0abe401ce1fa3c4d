"""The one interface to language models, and the providers behind it."""

from .connection import connect, variables
from .errors import ErrorKind, ModelError
from .request import Message, Model, ModelReply, ModelRequest, OnDelta, Tool, ToolCall

__all__ = [
    "ErrorKind",
    "Message",
    "Model",
    "ModelError",
    "ModelReply",
    "ModelRequest",
    "OnDelta",
    "Tool",
    "ToolCall",
    "connect",
    "variables",
]
