"""An agent that does what it is told, event by event: so that cases can examine the harness instead of an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.errors import UserError

if TYPE_CHECKING:
    from harness.adapters import Context, Request


async def scripted(request: Request, context: Context) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:  # noqa: ARG001 - an agent's signature
    """Give the events of the input, `{events: [[kind, data], ...]}`, in their order.

    A tool call may be written `[call, {name, args, result}]`: its events follow each other, with an id of their own.

    Raises:
        UserError: for an input without events.
    """
    events = request.input.get("events") if isinstance(request.input, Mapping) else None
    if not isinstance(events, list):
        raise UserError("the script has no events", remedy="write `input: {events: [[text_done, {text: Hello}]]}`")
    for number, (kind, data) in enumerate(events):
        if kind != "call":
            yield kind, data
            continue
        name = f"scripted-{number}"
        yield "tool_call", {"id": name, "name": data["name"], "args": data.get("args", {})}
        told = {"error": data["error"]} if "error" in data else {"result": data.get("result")}
        yield "tool_result", {"id": name, **told}
