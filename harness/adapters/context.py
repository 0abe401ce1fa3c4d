"""What an agent may use: model, world, clock, tools, recorder."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import AgentError
from harness.recorder import Recorder

from .clock import Clock
from .passing import passed, passed_now


class Context:
    """One trial's means; a fresh one for every trial."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        clock: Clock,
        seed: int,
        settings: Mapping[str, Any],
        world: Any = None,
        connect: Callable[[Recorder, int], Any] | None = None,
        limit_s: float | None = None,
    ) -> None:
        self.recorder = recorder
        """Where everything is written down."""
        self.clock = clock
        """The time to take as now."""
        self.seed = seed
        """Seed for anything random."""
        self.settings = settings
        """The agent's own settings from harness.toml."""
        self.world = world
        """Its environment, fresh for this trial; None where it has none."""
        self._connect = connect
        self._limit_s = limit_s

    @functools.cached_property
    def model(self) -> Any:
        """The language model, every call of which is recorded.

        Raises:
            AgentError: when harness.toml gives the agent none.
        """
        if self._connect is None:
            raise AgentError(
                "the agent asks for a model and has none",
                remedy='add `model = "offline"`, or the name of a [models] table, to the agent in harness.toml',
            )
        return self._connect(self.recorder, self.seed)

    def remaining(self) -> float | None:
        """Seconds until the trial is ended; None when it may take for ever."""
        return self.recorder.remaining(self._limit_s)

    def ask(self, question: str, *, details: Any = None) -> Any:
        """Ask a person to approve or decide; scripted in a trial, and denied where the script says nothing."""
        return self.recorder.ask(question, details=details)

    def tool(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make every call of a function a recorded tool call, its exceptions included."""
        signature = inspect.signature(function)
        name = getattr(function, "__name__", type(function).__name__)
        recorder = self.recorder

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def called_later(*args: Any, **named: Any) -> Any:
                given = dict(signature.bind(*args, **named).arguments)
                call_id = recorder.call(name, given)
                try:
                    result = await passed(name, given, await function(*args, **named))
                except Exception as error:
                    recorder.result(call_id, error=described(error))
                    raise
                recorder.result(call_id, result)
                return result

            return called_later

        @functools.wraps(function)
        def called(*args: Any, **named: Any) -> Any:
            given = dict(signature.bind(*args, **named).arguments)
            call_id = recorder.call(name, given)
            try:
                result = passed_now(name, given, function(*args, **named))
            except Exception as error:
                recorder.result(call_id, error=described(error))
                raise
            recorder.result(call_id, result)
            return result

        return called


def described(error: BaseException) -> str:
    """Write an exception as `Class: message`, even where its own `__str__` raises."""
    try:
        message = str(error)
    except BaseException as broken:  # noqa: BLE001 - an agent's exception may do anything when shown
        message = f"(its message cannot be shown: {type(broken).__name__})"
    return f"{type(error).__name__}: {message[:2000]}"
