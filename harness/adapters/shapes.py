"""Tell what form an agent has, and whether it can be called at all."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from harness.errors import AgentError

Form: TypeAlias = Literal["function", "blocking", "session"]
"""`function` runs on the event loop, `blocking` in a thread of its own, `session` has start, step and close."""

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def form_of(agent: Any, *, where: str) -> Form:
    """Find the form of an agent.

    Raises:
        AgentError: when it is nothing that can be driven.
    """
    if callable(getattr(agent, "step", None)):
        return "session"
    if inspect.isclass(agent) or not callable(agent):
        raise AgentError(
            f"a {'class without `step`' if inspect.isclass(agent) else f'value of type {type(agent).__name__}'} is no agent",
            remedy="write a function `agent(request, context)`, or an object with `start`, `step` and `close`",
            where=where,
        )
    target = agent if inspect.isroutine(agent) else type(agent).__call__
    on_loop = inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target)
    return "function" if on_loop else "blocking"


def arity(function: Callable[..., Any], *, name: str, most: int, where: str) -> int:
    """How many of its leading arguments (1..`most`) a function takes.

    Raises:
        AgentError: when it cannot be called so, naming its file and line.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return most
    parameters = list(signature.parameters.values())
    takes = sum(item.kind in _POSITIONAL for item in parameters)
    needs = sum(item.kind in _POSITIONAL and item.default is item.empty for item in parameters)
    open_ended = any(item.kind is item.VAR_POSITIONAL for item in parameters)
    named = [item.name for item in parameters if item.kind is item.KEYWORD_ONLY and item.default is item.empty]
    if named or needs > most or (takes == 0 and not open_ended):
        raise AgentError(
            f"`{name}{signature}` cannot be called with {_words(most)}",
            remedy=f"write it as `{name}({_SIGNATURES[most]})`",
            where=_place(function) or where,
        )
    return most if open_ended else min(takes, most)


def takes_input(function: Callable[..., Any]) -> bool:
    """Whether a function of one parameter wants the bare input: it does unless it calls the parameter `request`."""
    try:
        first = next(iter(inspect.signature(function).parameters))
    except (TypeError, ValueError, StopIteration):
        return False
    return first != "request"


_SIGNATURES: Final = {1: "request", 2: "request, context"}


def _words(most: int) -> str:
    return "the request" if most == 1 else "the request and the context"


def _place(function: Callable[..., Any]) -> str | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"
