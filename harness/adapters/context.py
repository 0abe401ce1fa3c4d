"""What an agent may use: model, world, clock, tools, recorder."""

from __future__ import annotations

import contextvars
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.cassettes.here import HERE as DECK
from harness.errors import AgentError
from harness.faults.plan import here
from harness.recorder import Recorder

from .clock import Clock
from .passing import passed, passed_now

if TYPE_CHECKING:
    from harness.gateway.beside import Entrance


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
        gateway: Entrance | None = None,
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
        self.faults = here()
        """What is to go wrong around the agent in this trial; worlds and tools of its own may ask it."""
        self.gateway = gateway
        """Where its model is asked by libraries of its own (`url`, `environ`); None without `gateway = true`."""
        self._deck = DECK.get()
        self._connect = connect
        self._trial = contextvars.copy_context()  # an agent may ask for its model in a thread that has none
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
        return self._trial.run(self._connect, self.recorder, self.seed)

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
                    result = await passed(
                        name, given, await self._outcome(name, given, lambda: function(*args, **named))
                    )
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
                result = passed_now(name, given, self._outcome_now(name, given, lambda: function(*args, **named)))
            except Exception as error:
                recorder.result(call_id, error=described(error))
                raise
            recorder.result(call_id, result)
            return result

        return called

    async def _outcome(self, name: str, given: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        """What a tool gives, what was recorded of it, or what the case wants it to give."""
        deck = self._deck
        asked = call if deck is None or not deck.tools else lambda: deck.tool(name, given, call)
        if not self.faults:
            return await asked()
        from harness.faults.tools import through

        return await through(self.faults, name, asked)

    def _outcome_now(self, name: str, given: Mapping[str, Any], call: Callable[[], Any]) -> Any:
        deck = self._deck
        asked = call if deck is None or not deck.tools else lambda: deck.tool_now(name, given, call)
        if not self.faults:
            return asked()
        from harness.faults.tools import through_now

        return through_now(self.faults, name, asked)


def described(error: BaseException) -> str:
    """Write an exception as `Class: message`, even where its own `__str__` raises."""
    try:
        message = str(error)
    except BaseException as broken:  # noqa: BLE001 - an agent's exception may do anything when shown
        message = f"(its message cannot be shown: {type(broken).__name__})"
    return f"{type(error).__name__}: {message[:2000]}"
