"""Where a defect can be planted, and what a function planted there is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.errors import AgentError, nearest

PLACES: Final[Mapping[str, str]] = {
    "reply": "T: a `ModelReply`, before the agent sees it",
    "model": "T: the `Model` itself, once per trial; give back one that behaves otherwise",
    "answer": "T: the `AgentReply` that ends a turn, after all guards of the agent",
    "result": "R: what a tool returned, before the agent sees it",
    "request": "C: the `ModelRequest`: system prompt, tools, messages, limits",
    "settings": "C: the agent's own settings from harness.toml",
    "input": "C: the harness `Request` of a turn",
    "agent": "C: the agent as its file defines it, once per process; give back another one",
    "spec": "S: what the case says about the world, before it is opened",
    "world": "S: the opened world, before the first turn",
    "artifact": "S: one end state (ledger, job row, charts) as it is recorded; `moment.name` says which",
    "event": "S: one event of the trace as `(kind, data)`; give back a list of events, empty to drop it",
    "code": "any: a function of the agent's own code, named by `replaces=`; called as `(original, *args, **kwargs)`",
}
"""Name of each place to its usual seam and what stands there."""

DEFAULT: Final[Mapping[str, str]] = {"T": "reply", "R": "result", "C": "request", "S": "world"}
"""Where a mutant of a seam is planted that does not say."""


_AT_ONCE: Final = frozenset({"model", "answer", "artifact", "event", "agent"})


def check_place(place: str, function: Callable[..., Any], *, where: str) -> None:
    """Refuse a place that does not exist, and a function that cannot be called there.

    Raises:
        AgentError: naming the mutant's line.
    """
    if place not in PLACES:
        raise AgentError(f"there is no place {place!r} to plant in", remedy=nearest(place, PLACES), where=where)
    if not callable(function):
        raise AgentError("only a function can be planted", remedy="decorate `def defect(...)`", where=where)
    if place == "code":
        return
    if place in _AT_ONCE and inspect.iscoroutinefunction(function):
        raise AgentError(
            f"what is planted at {place!r} is called at once and cannot be awaited",
            remedy=f"write `def {_name(function)}`, without `async`",
            where=where,
        )
    most = _positional(function)
    if most == 0:
        raise AgentError(
            f"`{_name(function)}` takes nothing", remedy=f"write `def {_name(function)}({place}):`", where=where
        )


def arity(function: Callable[..., Any]) -> int:
    """Whether a planted function takes the moment, too: 1 or 2."""
    return min(2, _positional(function))


def _positional(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(item.kind is item.VAR_POSITIONAL for item in parameters):
        return 2
    return sum(item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD) for item in parameters)


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "defect"))
