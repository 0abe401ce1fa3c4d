"""An agent that puts parts of the harness to work on what a case gives: relays, traces, budgets, runs that are killed, comparisons."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.errors import UserError, nearest

if TYPE_CHECKING:
    from harness.adapters import Context, Request

Given: TypeAlias = Mapping[str, Any]
"""What the case says."""

Do: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes every call of a function a recorded step."""


async def exercises(request: Request, context: Context) -> dict[str, Any]:
    """Do the `task` of the input; its steps are tool calls, and what came of it is the answer.

    Raises:
        UserError: for an unknown task.
    """
    task = request.input.get("task") if isinstance(request.input, Mapping) else None
    if task not in _TASKS:
        raise UserError(f"there is no task {task!r}", remedy=nearest(str(task), _TASKS))
    part = import_module(f".{_TASKS[str(task)]}", __package__)
    done: Any = getattr(part, str(task))(request.input, context.tool)
    made: dict[str, Any] = await done if inspect.isawaitable(done) else done
    return made


_PARTS: Final = {
    "relaying": ("cut", "vanish", "interrupt", "compress"),
    "tracing": ("left_out", "delivered", "described", "nested", "everywhere"),
    "rehearsing": ("unreachable", "refused", "capped", "cached", "killed"),
    "scaling": ("side_by_side",),
    "grading": ("graded",),
    "comparing": ("arms", "gated"),
}
"""Module of this folder to its tasks. A part is imported by the task that needs it: streams need not wait for servers of traces."""

_TASKS: Final = {task: module for module, tasks in _PARTS.items() for task in tasks}
