"""The protocols that the gateway speaks, seen from the server."""

from .anthropic import AnthropicWire
from .bedrock import BedrockWire
from .invoke import InvokeWire
from .openai import OpenAIWire
from .wire import About, Failure, Listener, UnreadableError, Wire, Writer

__all__ = [
    "About",
    "AnthropicWire",
    "BedrockWire",
    "Failure",
    "InvokeWire",
    "Listener",
    "OpenAIWire",
    "UnreadableError",
    "Wire",
    "Writer",
]
