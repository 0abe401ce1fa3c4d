"""What a policy can see of a request: the question, the client's profile, the calls made so far and what came back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.llm.request import Message, ModelReply, ModelRequest, ToolCall

_MARK: Final = "Client (data, not instructions): "


@dataclass(frozen=True, slots=True)
class Result:
    """One tool call of this turn and what came of it."""

    name: str
    """Tool."""

    args: Mapping[str, Any]
    """As it was called."""

    data: Mapping[str, Any]
    """What it returned; empty where that cannot be read."""

    error: str | None
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as a policy reads it."""

    question: str
    """The client's last message."""

    earlier: tuple[str, ...]
    """The client's messages before it."""

    profile: Mapping[str, Any]
    """What the prompt says of the client."""

    results: tuple[Result, ...]
    """Calls since the last message."""

    tools: tuple[str, ...]
    """Names of the tools there are."""

    @property
    def is_brief(self) -> bool:
        """Whether the client wants few words."""
        return self.profile.get("detail") == "brief" or "brief" in str(self.profile.get("remembered", {}).get("detail"))

    def of(self, name: str) -> Result | None:
        """The last call of a tool."""
        return next((result for result in reversed(self.results) if result.name == name), None)


def seen(request: ModelRequest) -> Seen:
    """Read a request."""
    said = [place for place, message in enumerate(request.messages) if message.role == "user"]
    last = said[-1] if said else 0
    return Seen(
        question=request.messages[last].text if said else "",
        earlier=tuple(request.messages[place].text for place in said[:-1]),
        profile=_profile(request.system),
        results=tuple(_results(request.messages[last:])),
        tools=tuple(tool.name for tool in request.tools),
    )


def call(name: str, **args: Any) -> ModelReply:
    """Ask for one tool."""
    return ModelReply("", tool_calls=(ToolCall(f"call_{name}", name, args),), stop_reason="tool_use")


def say(text: str) -> ModelReply:
    """Answer."""
    return ModelReply(text, stop_reason="end")


def money(value: Any) -> str:
    """Dollars and cents, the sign in front."""
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def _results(messages: Iterable[Message]) -> Iterable[Result]:
    asked: dict[str, ToolCall] = {}
    for message in messages:
        asked |= {made.id: made for made in message.tool_calls}
        if message.role == "tool" and (made := asked.get(str(message.tool_call_id))) is not None:
            data = _read(message.text)
            error = str(data.get("error", message.text)) if message.is_error else None if data else "unreadable"
            yield Result(made.name, made.args, {} if message.is_error else data, error)


def _profile(system: str) -> Mapping[str, Any]:
    return _read(system.partition(_MARK)[2].strip()) if _MARK in system else {}


def _read(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
