"""Drive an agent that keeps a session: `start(request, context)`, `step(request)` for each turn, `close()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import AgentError

from .context import Context
from .python import blocking, collect, consume, in_thread, run_turns
from .reply import TurnRecord
from .request import Request
from .shapes import arity


class SessionDrive:
    """A class is made anew for each trial; an object is used as it is, or what its `start` returns."""

    def __init__(self, agent: Any, *, where: str) -> None:
        self._agent = agent
        takes_self = 1 if inspect.isclass(agent) else 0
        if takes_self and _needs_arguments(agent):
            raise AgentError(
                f"`{agent.__name__}()` needs arguments", remedy="take them in `start(request, context)`", where=where
            )
        probe = _unbound if takes_self else _bound
        arity(probe(agent, "step"), name="step", most=1, where=where)
        self._start_takes = 0
        if callable(getattr(agent, "start", None)):
            self._start_takes = arity(probe(agent, "start"), name="start", most=2, where=where)

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run one session through all turns."""
        session: Any = self._agent() if inspect.isclass(self._agent) else self._agent
        if self._start_takes:
            started = await _call(session.start, *(first, context)[: self._start_takes])
            session = started if hasattr(started, "step") else session

        async def turn_of(request: Request, _: Context, turn: TurnRecord) -> None:
            if _on_loop(session.step):
                await consume(session.step(request), turn)
            else:
                await blocking(lambda: collect(session.step(request), turn), turn)

        try:
            await run_turns(inputs, first, context, turn_of)
        finally:
            if callable(getattr(session, "close", None)):
                await _call(session.close)


def _on_loop(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


async def _call(function: Callable[..., Any], *args: Any) -> Any:
    result = function(*args) if _on_loop(function) else await in_thread(lambda: function(*args))
    return await result if inspect.isawaitable(result) else result


def _bound(agent: Any, name: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(agent, name)
    return method


def _unbound(agent: type, name: str) -> Callable[..., Any]:
    """A method as its instances will have it, without making one."""
    raw = inspect.getattr_static(agent, name)
    if isinstance(raw, staticmethod | classmethod):
        return _bound(agent, name)
    return raw.__get__(object.__new__(object), agent) if inspect.isfunction(raw) else _bound(agent, name)


def _needs_arguments(agent: type) -> bool:
    try:
        inspect.signature(agent).bind()
    except TypeError:
        return True
    except ValueError:
        return False
    return False
