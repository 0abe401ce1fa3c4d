"""What a policy reads in a conversation: the task's JSON, and each tool's results by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from harness.llm.request import ModelRequest


@dataclass(frozen=True, slots=True)
class Called:
    """One tool call and what came of it."""

    name: str
    """Tool."""

    args: dict[str, Any]
    """Its arguments."""

    result: dict[str, Any] | None
    """What it returned; None for an error or something that is no JSON object."""

    error: str | None = None
    """What it said instead."""


def task(request: ModelRequest) -> dict[str, Any]:
    """The JSON object on the last line of the first message; empty where there is none."""
    lines = request.messages[0].text.splitlines() if request.messages else []
    found = _read(lines[-1]) if lines else None
    return found if isinstance(found, dict) else {}


def called(request: ModelRequest) -> list[Called]:
    """Every tool call so far with its result, in order."""
    asked = {call.id: call for message in request.messages for call in message.tool_calls}
    found = []
    for message in request.messages:
        call = asked.get(str(message.tool_call_id)) if message.role == "tool" else None
        if call is not None:
            data = _read(message.text)
            good = isinstance(data, dict) and not message.is_error
            found.append(Called(call.name, dict(call.args), data if good else None, None if good else message.text))
    return found


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
