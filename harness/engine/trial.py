"""Run one trial inside a worker and say how it ended, whatever the agent does."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from harness.adapters import InvalidOutputError, Request, Runs, TargetError
from harness.adapters.context import described
from harness.adapters.loading import WorldError
from harness.adapters.python import threads_here
from harness.cassettes.here import HERE as DECK
from harness.errors import HarnessError
from harness.faults.plan import begin
from harness.recorder import InvalidEventError, Limits, OverLimitError, Recorder, StoppedError

from . import capture
from .frames import innermost

if TYPE_CHECKING:
    from harness.cassettes.deck import Deck

number_here: ContextVar[int | None] = ContextVar("trial", default=None)
"""Number of the trial that the running code belongs to."""

_HARNESS: Final = str(Path(__file__).parent.parent)
_FRAMES: Final = 30
_WIND_UP_S: Final = 0.1


class Ended(NamedTuple):
    """How a trial ended, in the worker's eyes."""

    status: str
    """An outcome status."""

    error: list[str] | None
    """Type, message and traceback."""


class Trial:
    """One trial in flight."""

    __slots__ = ("cancelled", "deck", "limit_s", "number", "printed", "recorder", "spec", "task", "threads")

    def __init__(
        self,
        spec: Mapping[str, Any],
        *,
        on_event: Callable[[], None] | None = None,
        on_hold: Callable[[bool], None] | None = None,
        spool: capture.Spool | None = None,
        masks: Any = None,
    ) -> None:
        self.spec = spec
        self.number: int = spec["n"]
        self.limit_s: float | None = spec.get("limit_s")
        budget = spec.get("budget")
        self.recorder = Recorder(
            time.monotonic,
            limits=Limits(**budget) if budget else None,
            approvals=spec.get("approvals", ()),
            on_event=on_event,
            on_hold=on_hold,
            limit_s=self.limit_s,
        )
        self.printed: capture.Captured | capture.Spool | None = spool
        self.deck: Deck | None = None
        if "tape" in spec:
            from harness.cassettes.deck import Deck

            self.deck = Deck.of(spec["tape"], masks)
        self.cancelled = False
        self.threads: list[threading.Thread] = []
        self.task: asyncio.Task[None] | None = None

    async def run(self, agent: Runs) -> list[Any]:
        """Run it and return the message that reports its end, to be followed by its last events."""
        number_here.set(self.number)
        threads_here.set(self.threads)
        begin(self.spec.get("faults", ()), self.spec["seed"], self.recorder)
        DECK.set(self.deck)
        if isinstance(self.printed, capture.Spool):
            self.printed.begin()
        else:
            self.printed = capture.begin()
        ended = await self._ended(agent)
        return [
            "end",
            self.number,
            ended.status,
            ended.error,
            round(self.recorder.elapsed(), 6),
            self.printed.text(),
        ]

    async def _ended(self, agent: Runs) -> Ended:
        spec, recorder = self.spec, self.recorder
        inputs = spec["inputs"]
        request = Request(inputs[0], 0, spec.get("world") or {}, spec.get("as_of"), spec["seed"])
        try:
            await agent.run(inputs, recorder, request=request, limit_s=self.limit_s)
        except BaseException as error:  # noqa: BLE001 - whatever an agent raises ends its trial and nothing else
            return self._missed() or self._judged(error)
        if recorder.stopped is not None:  # an agent that swallowed it has still used too much
            return self._judged(recorder.stopped)
        if self.cancelled:
            return Ended("cancelled", None)
        return self._missed() or Ended("completed", None)

    def _missed(self) -> Ended | None:
        """A trial that asked what nobody recorded says nothing about the agent, even where the agent got over it."""
        miss = None if self.deck is None else self.deck.tape.missed
        return (
            None if miss is None or self.cancelled else Ended("infrastructure_failed", ["replay_miss", str(miss), ""])
        )

    def _judged(self, error: BaseException) -> Ended:
        """Decide whose fault an exception is."""
        stopped = self.recorder.stopped
        if isinstance(stopped, OverLimitError):
            return Ended("over_budget", [stopped.kind, stopped.message, ""])
        if self.cancelled:  # the supervisor did it and knows why
            return Ended("cancelled", None)
        if isinstance(error, InvalidOutputError | InvalidEventError):
            place = _own_traceback(error) if isinstance(error, InvalidEventError) else ""
            return Ended("agent_failed", ["invalid_output", str(error), place])
        if isinstance(error, WorldError):
            return Ended("infrastructure_failed", ["world", str(error), _own_traceback(error.__cause__ or error)])
        if isinstance(error, TargetError):
            return Ended(error.status, [error.kind, str(error), ""])
        provider = _provider_fault(error)
        if provider is not None:
            return Ended("infrastructure_failed", [getattr(provider, "kind", "provider"), described(provider), ""])
        if isinstance(error, HarnessError) and not hasattr(error, "fault"):
            return Ended("infrastructure_failed", [type(error).__name__, str(error), _own_traceback(error)])
        return Ended("agent_failed", failure(error))

    def cancel(self) -> None:
        """End it from outside; what it records while it winds up, such as a model call cut short, still counts."""
        self.cancelled = True
        if self.task is not None:
            self.task.cancel()
            asyncio.get_running_loop().call_later(_WIND_UP_S, self.recorder.stop, StoppedError("cancelled"))

    def frame(self) -> FrameType | None:
        """Where its code is now: in a thread of its own, or waiting on the loop."""
        frames = sys._current_frames()  # noqa: SLF001 - the documented way to see another thread
        for thread in self.threads:
            if thread.is_alive() and thread.ident is not None:
                return frames.get(thread.ident)
        return None if self.task is None else innermost(self.task.get_coro())


def failure(error: BaseException) -> list[str]:
    """Write an exception as type, message and traceback."""
    kind = type(error).__name__
    message = described(error)
    if isinstance(error, SystemExit):
        message = f"SystemExit: the agent called sys.exit({_code(error)})"
    return [kind, message, _own_traceback(error)]


def _code(error: SystemExit) -> str:
    return str(error.code) if isinstance(error.code, int | None) else "..."


def _provider_fault(error: BaseException | None) -> BaseException | None:
    """The model error behind an exception, when the provider and not the agent is at fault."""
    for _ in range(8):
        if error is None:
            return None
        if type(error).__module__ == "harness.llm.errors":
            return error if getattr(error, "fault", "agent") == "provider" else None
        error = error.__cause__
    return None


def _own_traceback(error: BaseException) -> str:
    """The traceback without the harness's own frames; the exception itself is not asked to show anything."""
    frames = traceback.extract_tb(error.__traceback__, limit=-200)
    own = [frame for frame in frames if not frame.filename.startswith(_HARNESS)] or list(frames)
    shown = own if len(own) <= _FRAMES else [*own[: _FRAMES // 2], *own[-_FRAMES // 2 :]]
    return "".join(traceback.format_list(shown))[:8000]
