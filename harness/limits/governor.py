"""Decide, for a whole run, when a model call may be made and whether there is money for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Protocol

from harness.errors import HarnessError, Incomplete

from .purse import Purse
from .turnstile import Turnstile
from .values import Ask, BudgetSpentError, Rates, Used

_LONGEST_NAP_S: Final = 5.0


class Shared(Protocol):
    """Windows that several hosts share."""

    async def take(self, number: int, ask: Ask) -> float:
        """Count a call; seconds to wait instead, 0 when it was counted."""
        ...

    async def settle(self, number: int, ask: Ask, used: Used) -> None:
        """Say what it took."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


@dataclass(slots=True)
class _Line:
    """Calls that wait for one model, and the task that lets them through."""

    turnstile: Turnstile
    waiting: deque[tuple[Ask, asyncio.Future[int]]] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    usher: asyncio.Task[None] | None = None


class Governor:
    """Grants calls one by one, in the order in which each model was asked for; lives in one event loop."""

    def __init__(
        self,
        rates: Mapping[str, Rates],
        purse: Purse | None = None,
        *,
        shared: Shared | None = None,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        on_spent: Callable[[BudgetSpentError], None] = lambda _error: None,
    ) -> None:
        """Govern.

        Args:
            rates: Limits by model; models that are not named have none.
            purse: What the run may spend.
            shared: Windows shared with other hosts, instead of those of this process.
            seconds: Length of the windows.
            clock: Seconds on a clock that never goes back.
            on_spent: Told once, when the purse first refuses a call.
        """
        self.purse = purse or Purse()
        self._rates = rates
        self._shared = shared
        self._seconds = seconds
        self._clock = clock
        self._on_spent = on_spent
        self._numbers = count(1)
        self._lines: dict[str, _Line] = {}
        self._model_of: dict[int, str] = {}
        self._told = False
        self._tasks: set[asyncio.Future[None]] = set()

    async def ask(self, ask: Ask) -> int:
        """Wait until a call may be made; gives its number, to be settled.

        Raises:
            BudgetSpentError: when there is no money for it.
            ImpossibleAskError: when it is larger than a limit.
            ClosedError: when its model is not to be asked.
        """
        line = self._line(ask.model)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        line.waiting.append((ask, future))
        if line.usher is None or line.usher.done():
            line.usher = asyncio.create_task(self._usher(line))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:  # granted at the same moment
                self.settle(future.result(), Used("lost", 0, 0, 0))
            raise

    def sent(self, number: int) -> None:
        """A granted call is being made now."""
        line = self._line_of(number)
        if line is not None:
            line.turnstile.sent(number, self._clock())

    def arrived(self, number: int) -> None:
        """Its reply has begun."""
        line = self._line_of(number)
        if line is not None:
            line.turnstile.arrived(number, self._clock())
            line.changed.set()

    def settle(self, number: int, used: Used) -> None:
        """A granted call has ended, one way or another."""
        line = self._line_of(number)
        ask = None if line is None else line.turnstile.settle(number, used, self._clock())
        if ask is None:
            return
        del self._model_of[number]
        self.purse.settle(ask, used)
        if self._shared is not None:
            self._later(_quietly(self._shared.settle(number, ask, used)))
        for other in self._lines.values():  # money that was set aside may be what another model's call waits for
            other.changed.set()

    async def close(self) -> None:
        """Refuse whoever still waits, and end."""
        for line in self._lines.values():
            if line.usher is not None:
                line.usher.cancel()
            for _, future in line.waiting:
                self._refuse(future, Incomplete("the run has ended", remedy="run the rest with --resume"))
        await asyncio.gather(*(line.usher for line in self._lines.values() if line.usher), return_exceptions=True)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._shared is not None:
            await self._shared.close()

    def _line(self, model: str) -> _Line:
        line = self._lines.get(model)
        if line is None:
            rates = self._rates.get(model, Rates())
            local = rates if self._shared is None else Rates(concurrency=rates.concurrency)
            line = self._lines[model] = _Line(Turnstile(model, local, seconds=self._seconds))
        return line

    def _line_of(self, number: int) -> _Line | None:
        model = self._model_of.get(number)
        return None if model is None else self._lines[model]

    async def _usher(self, line: _Line) -> None:
        """Let the first in line through as soon as possible, then the next."""
        while line.waiting:
            ask, future = line.waiting[0]
            if future.done():
                line.waiting.popleft()
                continue
            line.changed.clear()
            try:
                wait = await self._try(line, ask, future)
            except (HarnessError, OSError) as error:
                line.waiting.popleft()
                self._refuse(future, error)
                continue
            if wait == 0.0:
                line.waiting.popleft()
                continue
            nap = _LONGEST_NAP_S if wait is None else min(wait, _LONGEST_NAP_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):  # not wait_for, which forgets to stop when both happen at once
                    await line.changed.wait()

    async def _try(self, line: _Line, ask: Ask, future: asyncio.Future[int]) -> float | None:
        """Grant a call: 0 when it was, else how long to wait before it is tried again."""
        wait = line.turnstile.wait(ask, self._clock())
        if wait != 0.0:
            return wait
        if not self.purse.reserve(ask):
            return None
        number = next(self._numbers)
        if self._shared is not None:
            try:
                seconds = await self._shared.take(number, ask)
            except BaseException:
                self.purse.settle(ask, Used("lost", 0, 0, 0))
                raise
            if seconds > 0.0 or future.done():
                self.purse.settle(ask, Used("lost", 0, 0, 0))
                if seconds == 0.0:
                    await self._shared.settle(number, ask, Used("lost", 0, 0, 0))
                return seconds
        line.turnstile.enter(number, ask, self._clock())
        self._model_of[number] = ask.model
        future.set_result(number)
        return 0.0

    def _refuse(self, future: asyncio.Future[int], error: Exception) -> None:
        if isinstance(error, BudgetSpentError) and not self._told:
            self._told = True
            self._on_spent(error)
        if not future.done():
            future.set_exception(error)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Coroutine[None, None, None]) -> None:
    """A call that cannot be settled counts as it was asked for, which is no reason to end anything."""
    with suppress(HarnessError):
        await work
