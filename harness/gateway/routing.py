"""From a path to what is asked: the trial, the protocol and the operation."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

from harness.frozen import frozen

from .wire import AnthropicWire, BedrockWire, InvokeWire, OpenAIWire, Wire

Kind: TypeAlias = Literal["ask", "models", "trial", "health"]

_TRIAL: Final = re.compile(r"/t/([A-Za-z0-9][A-Za-z0-9._~@:=+-]{0,199})(/.*)?")
_BEDROCK: Final = re.compile(r"/model/(.+)/(converse|converse-stream|invoke|invoke-with-response-stream)")

ANTHROPIC: Final = AnthropicWire()
OPENAI: Final = OpenAIWire()
BEDROCK: Final = BedrockWire()
INVOKE: Final = InvokeWire()


@frozen
class Route:
    """What a path asks for."""

    kind: Kind
    """A model, the list of models, a trial's events, or whether anybody is there."""

    wire: Wire
    """Protocol of the answer."""

    operation: str = ""
    """Last part of the path."""

    trial: str = ""
    """Name of the trial; empty where the path names none."""

    model: str = ""
    """Model, where the path and not the body names it."""


def route(method: str, path: str, *, anthropic: bool = False) -> Route | None:
    """Find out what is asked; None for a path that means nothing.

    Args:
        method: HTTP method.
        path: Path, as it was sent: a model's id may hold an escaped slash.
        anthropic: Whether the client says that it speaks Anthropic's protocol, where the path does not tell.
    """
    trial = ""
    named = _TRIAL.fullmatch(path)
    if named is not None:
        trial, path = named[1], named[2] or "/"
    path = path.rstrip("/") or "/"
    if method == "GET":
        return _read(path, trial, ANTHROPIC if anthropic else OPENAI)
    if method != "POST":
        return None
    if path.endswith("/v1/messages"):
        return Route("ask", ANTHROPIC, "messages", trial)
    if path.endswith("/chat/completions"):
        return Route("ask", OPENAI, "chat/completions", trial)
    found = _BEDROCK.fullmatch(path)
    if found is None:
        return None
    wire: Wire = BEDROCK if found[2].startswith("converse") else INVOKE
    return Route("ask", wire, found[2], trial, unquote(found[1]))


def _read(path: str, trial: str, wire: Wire) -> Route | None:
    if path == "/" and trial:
        return Route("trial", wire, trial=trial)
    if path in {"/", "/health"}:
        return Route("health", wire)
    return Route("models", wire, trial=trial) if path in {"/v1/models", "/models"} else None


def wire_of(path: str) -> Wire:
    """The protocol in which a path that means nothing is told so."""
    if "/messages" in path:
        return ANTHROPIC
    return BEDROCK if "/model/" in path else OPENAI
