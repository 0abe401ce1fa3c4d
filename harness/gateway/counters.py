"""What every entity has used of its limits, window by window: a request is counted, or told when to come again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Protocol

from harness.limits.values import Ask, Rates, Used
from harness.limits.window import ARRIVES_S, Window

from .refusal import Refusal
from .values import Plan

_NAMES: Final = ("requests", "tokens", "input tokens", "output tokens")
_INPUT: Final = 2
_OUTPUT: Final = 3


class Named(Protocol):
    """A model, as plans may call it."""

    @property
    def name(self) -> str:
        """What its use is counted under."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Its name in harness.toml, and its provider's id."""
        ...


@dataclass(slots=True)
class _Gate:
    """The windows of one entity and one model, or of all its models."""

    rates: Rates
    windows: tuple[Window | None, ...]

    @classmethod
    def of(cls, rates: Rates, seconds: float) -> _Gate:
        return cls(rates, tuple(None if limit is None else Window(limit, seconds) for limit in rates.windows()))


@dataclass(slots=True)
class Leave:
    """A request that was counted; tell it what becomes of the request."""

    number: int
    """Its number."""

    ask: Ask
    """What was asked for."""

    clock: Callable[[], float]
    """Seconds on a clock that never goes back."""

    gates: list[tuple[_Gate, tuple[int, ...]]] = field(default_factory=list)
    """Where it was counted, and as how much."""

    def sent(self) -> None:
        """It goes to the provider now."""
        for window in self._windows():
            window.sent(self.number, self.clock())

    def arrived(self) -> None:
        """Its reply has begun."""
        for window in self._windows():
            window.arrived(self.number, self.clock())

    def settle(self, used: Used) -> None:
        """It has ended; what nobody knows counts as it was asked for."""
        now = self.clock()
        for gate, asked in self.gates:
            taken = (
                asked[_INPUT] if used.input_tokens is None else used.input_tokens,
                asked[_OUTPUT] if used.output_tokens is None else used.output_tokens,
            )
            for window, weight in zip(gate.windows, gate.rates.weights(*taken), strict=True):
                if window is not None:
                    window.settle(self.number, weight, now)

    def _windows(self) -> list[Window]:
        return [window for gate, _ in self.gates for window in gate.windows if window is not None]


class Counters:
    """The sliding windows of all entities.

    They are those of `harness.limits`: exact at the provider's door, for whatever 60 seconds one looks at.
    """

    def __init__(self, *, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._gates: dict[tuple[str, str], _Gate] = {}
        self._numbers = count(1)

    def admit(self, plan: Plan, target: Named, ask: Ask) -> Leave:
        """Count a request.

        Raises:
            Refusal: when it does not fit now, with the seconds until it does; or when it never can.
        """
        now = self._clock()
        leave = Leave(next(self._numbers), ask, self._clock)
        leave.gates = [(gate, self._weights(gate, ask, target.name)) for gate in self._gates_of(plan, target)]
        waits = [self._wait(gate, weights, now) for gate, weights in leave.gates]
        longest, name, limit = max(waits)
        if longest > 0.0:
            raise Refusal(
                "rate_limit",
                f"{plan.entity} may use {limit:,} {name} of {target.name} a minute, and this request does not fit",
                retry_after_s=longest,
            )
        for gate, weights in leave.gates:
            for window, weight in zip(gate.windows, weights, strict=True):
                if window is not None:
                    window.take(leave.number, weight)
        return leave

    def _gates_of(self, plan: Plan, target: Named) -> list[_Gate]:
        gates = [self._gate((plan.entity, target.name), plan.limits_of(*target.names).rates())]
        if plan.total is not None:
            gates.append(self._gate((plan.entity, ""), plan.total.rates()))
        return gates

    def _gate(self, name: tuple[str, str], rates: Rates) -> _Gate:
        gate = self._gates.get(name)
        if gate is None:
            gate = self._gates[name] = _Gate.of(rates, self._seconds)
        return gate

    @staticmethod
    def _weights(gate: _Gate, ask: Ask, model: str) -> tuple[int, ...]:
        """What a request is counted as.

        The size of what is sent bounds its tokens from above, by a factor of two to four: a request of which nobody can say
        that it fits goes alone. How much may be written is the client's to say, so that too much is refused.
        """
        most_input, most_output = gate.rates.input_tokens, gate.rates.output_tokens
        if most_output is not None and ask.output_tokens > most_output:
            raise Refusal(
                "bad_request",
                f"the reply may have {ask.output_tokens:,} tokens, more than the limit of {most_output:,} output tokens of "
                f"{model} a minute: ask for fewer (max_tokens)",
            )
        given = ask.input_tokens if most_input is None else min(ask.input_tokens, most_input)
        return gate.rates.weights(given, ask.output_tokens)

    @staticmethod
    def _wait(gate: _Gate, weights: tuple[int, ...], now: float) -> tuple[float, str, int]:
        longest = (0.0, "", 0)
        for window, weight, name in zip(gate.windows, weights, _NAMES, strict=True):
            if window is not None:
                seconds = window.wait(weight, now)
                longest = max(longest, (ARRIVES_S if seconds is None else seconds, name, window.limit))
        return longest
