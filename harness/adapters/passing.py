"""The door that a tool's result passes on its way to the agent; a planted defect stands in it, and otherwise nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

from harness.errors import AgentError

Passing: TypeAlias = Callable[[str, Mapping[str, Any], Any], Any]
"""Takes the tool's name, its arguments and its result; gives back the result, or an awaitable of it."""

DOOR: Final[ContextVar[Passing | None]] = ContextVar("door", default=None)
"""Who stands in it, in this trial."""


async def passed(name: str, args: Mapping[str, Any], result: Any) -> Any:
    """The result as the agent gets it; for agents that call their tools without `context.tool`."""
    door = DOOR.get()
    if door is None:
        return result
    found = door(name, args, result)
    return await found if inspect.isawaitable(found) else found


def passed_now(name: str, args: Mapping[str, Any], result: Any) -> Any:
    """The same for a tool that is a plain function.

    Raises:
        AgentError: when whoever stands in the door wants to be awaited.
    """
    door = DOOR.get()
    if door is None:
        return result
    found = door(name, args, result)
    if inspect.isawaitable(found):
        if inspect.iscoroutine(found):
            found.close()
        raise AgentError(
            f"the planted function is asynchronous and the tool {name!r} is not",
            remedy="make the planted function a plain one",
        )
    return found
