"""The only retry layer: the libraries under it make one HTTP request for each attempt."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from harness.llm import Model, ModelError, ModelReply, ModelRequest, OnDelta

Sleep = Callable[[float], Awaitable[object]]


class PatientModel:
    """Tries again what may succeed later: as long as the provider asks, else with full jitter.

    The wait before attempt n is drawn from 0 to min(cap, first * 2**(n - 2)) seconds (M. Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015). A `Retry-After` is kept to the second; one beyond the cap ends the call at once. So
    does a deadline that would pass while waiting. A reply that has been streamed in part is not begun anew.
    """

    def __init__(
        self,
        model: Model,
        *,
        attempts: int = 4,
        first_s: float = 1.0,
        cap_s: float = 60.0,
        remaining: Callable[[], float | None] = lambda: None,
        draw: Callable[[float, float], float] = random.uniform,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Wrap a model.

        Args:
            model: Makes one attempt for each call.
            attempts: Most attempts.
            first_s: Longest wait before the second attempt.
            cap_s: Longest wait before any.
            remaining: Seconds until nobody waits any more.
            draw: Draws a wait between two bounds.
            sleep: Waits.
        """
        self._model = model
        self._attempts = attempts
        self._first_s = first_s
        self._cap_s = cap_s
        self._remaining = remaining
        self._draw = draw
        self._sleep = sleep
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask until it succeeds or there is no point; see `Model.complete`."""
        heard = False

        async def hear(kind: object, piece: str) -> None:
            nonlocal heard
            heard = True
            assert on_delta is not None
            await on_delta(kind, piece)  # type: ignore[arg-type]  # passed on as it came

        for attempt in range(1, self._attempts + 1):
            try:
                return await self._model.complete(request, on_delta=None if on_delta is None else hear)
            except ModelError as error:
                wait = self._wait(error, attempt)
                if wait is None or heard:
                    raise
            await self._sleep(wait)
        raise AssertionError  # the last attempt returns or raises

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    def _wait(self, error: ModelError, attempt: int) -> float | None:
        """Seconds to wait after a failure; None to give up."""
        if not error.transient or attempt >= self._attempts:
            return None
        if error.retry_after_s is not None:
            wait = error.retry_after_s
            if wait > self._cap_s:
                return None
        else:
            wait = self._draw(0.0, min(self._cap_s, self._first_s * 2 ** (attempt - 1)))
        left = self._remaining()
        return None if left is not None and wait >= left else wait
