"""Let calls to one model through, first come first served."""

from __future__ import annotations

import math
from typing import Final

from .values import Ask, ClosedError, ImpossibleAskError, Rates, Used
from .window import Window

BROKEN_AFTER: Final = 8
"""Failures in a row after which a model is left alone for a while."""

BROKEN_S: Final = 20.0
"""Seconds for which it is left alone; then one call tries it."""

_RECOVERS_AFTER: Final = 8
_NAMES: Final = ("requests", "tokens", "input tokens", "output tokens")


class Turnstile:
    """The windows, the concurrency and the health of one model.

    Concurrency adapts: halved whenever the provider throttles, and one more after every few calls that go well, up to what
    the settings allow.
    """

    def __init__(self, model: str, rates: Rates, *, seconds: float = 60.0) -> None:
        self.model = model
        self._rates = rates
        self._windows = [None if limit is None else Window(limit, seconds) for limit in rates.windows()]
        self._under_way: dict[int, Ask] = {}
        self._most: float | None = None if rates.concurrency is None else float(rates.concurrency)
        self._not_before = 0.0
        self._failures = 0
        self._successes = 0
        self._refused = ""
        self._probing = False

    def wait(self, ask: Ask, now: float) -> float | None:
        """Seconds until a call may go: 0 at once, None when that depends on calls under way.

        Raises:
            ClosedError: when the model is not to be asked.
            ImpossibleAskError: when the call is larger than a limit.
        """
        self._check(ask, now)
        if now < self._not_before:
            return self._not_before - now
        if self._probing or (self._most is not None and len(self._under_way) >= max(1, int(self._most))):
            return None
        longest: float | None = 0.0
        for window, weight in zip(self._windows, self._weights(ask), strict=True):
            seconds = 0.0 if window is None else window.wait(weight, now)
            longest = None if seconds is None or longest is None else max(longest, seconds)
        return longest

    def enter(self, number: int, ask: Ask, now: float) -> None:
        """Let a call through."""
        self._under_way[number] = ask
        self._probing = self._failures >= BROKEN_AFTER and now >= self._not_before
        for window, weight in zip(self._windows, self._weights(ask), strict=True):
            if window is not None:
                window.take(number, weight)

    def sent(self, number: int, now: float) -> None:
        """A call that was let through is being made."""
        for window in filter(None, self._windows):
            window.sent(number, now)

    def arrived(self, number: int, now: float) -> None:
        """Its reply has begun."""
        for window in filter(None, self._windows):
            window.arrived(number, now)

    def settle(self, number: int, used: Used, now: float) -> Ask | None:
        """It has ended; gives what was asked for, None when that is not known any more."""
        ask = self._under_way.pop(number, None)
        if ask is None:
            return None
        taken = (
            ask.input_tokens if used.input_tokens is None else used.input_tokens,
            ask.output_tokens if used.output_tokens is None else used.output_tokens,
        )
        for window, weight in zip(self._windows, self._rates.weights(*taken), strict=True):
            if window is not None:
                window.settle(number, weight, now)
        self._learn(used, now)
        return ask

    def _check(self, ask: Ask, now: float) -> None:
        for window, weight, name in zip(self._windows, self._weights(ask), _NAMES, strict=True):
            if window is not None and weight > window.limit:
                raise ImpossibleAskError(
                    f"one call to {self.model!r} may take {weight:,} {name}, more than its limit of {window.limit:,} a minute",
                    remedy="ask for fewer tokens (max_tokens), send less, or raise the limit of the model",
                )
        if self._refused:
            raise ClosedError(
                f"{self.model!r} is not asked any more: {self._refused}",
                remedy="finharness doctor says what is missing",
            )
        if self._failures >= BROKEN_AFTER and now < self._not_before:
            raise ClosedError(
                f"{self.model!r} has failed {self._failures} times in a row and is left alone for "
                f"{self._not_before - now:.0f} s",
                remedy="look at its last errors; finish the run later with: finharness eval --resume --retry-errors",
            )

    def _weights(self, ask: Ask) -> tuple[int, ...]:
        return self._rates.weights(ask.input_tokens, ask.output_tokens)

    def _learn(self, used: Used, now: float) -> None:
        """Adapt to how the provider does."""
        match used.ending:
            case "ok":
                self._failures, self._probing = 0, False
                self._successes += 1
                if self._most is not None and self._successes % _RECOVERS_AFTER == 0:
                    self._most = min(self._most + 1.0, float(self._rates.concurrency or math.inf))
            case "refused":
                self._refused = used.problem or "the provider refused its key or its id"
            case "throttled":
                self._successes, self._probing = 0, False
                busy = len(self._under_way) + 1
                self._most = max(1.0, (busy if self._most is None else min(self._most, busy)) / 2)
                self._not_before = max(self._not_before, now + (used.retry_after_s or 0.0))
            case "failed":
                self._failures += 1
                if self._failures >= BROKEN_AFTER and (self._probing or self._failures == BROKEN_AFTER):
                    self._not_before = now + BROKEN_S
                self._probing = False
            case "lost":
                self._probing = False
