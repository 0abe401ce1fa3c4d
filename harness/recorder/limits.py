"""What one trial may use, and the exceptions that end a trial that uses more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen

MAX_EVENTS: Final = 20_000
MAX_BYTES: Final = 32_000_000


@frozen
class Caps:
    """Most that is recorded of one trial; what goes on for ever is ended, not recorded for ever."""

    events: int = MAX_EVENTS
    """Most events."""

    size: int = MAX_BYTES
    """Largest size of all events' texts, in characters."""


@frozen
class Limits:
    """A case's budget, as far as events show it. None is unlimited."""

    steps: int | None = None
    """Steps of any kind."""

    tool_calls: int | None = None
    """Tool calls, retries included."""

    tokens: int | None = None
    """Input and output tokens of all model calls."""

    usd: float | None = None
    """Price of all model calls."""

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return not (self.steps is None and self.tool_calls is None and self.tokens is None and self.usd is None)


class StoppedError(BaseException):
    """The trial was ended; no `except Exception` of an agent may swallow that."""


class OverLimitError(StoppedError):
    """The trial used more than it may.

    Attributes:
        kind: What was exceeded: `steps`, `tool_calls`, `tokens`, `usd` or `output`.
        message: One sentence with both numbers.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


_STEP_KINDS = frozenset({"tool_call", "llm_call", "handoff"})


class Meter:
    """Counts a trial's use against its limits."""

    __slots__ = ("limits", "steps", "tokens", "tool_calls", "usd")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = 0
        self.tool_calls = 0
        self.tokens = 0
        self.usd = 0.0

    def count(self, kind: str, data: Mapping[str, Any]) -> None:
        """Count one event.

        Raises:
            OverLimitError: when a limit is exceeded by it.
        """
        if kind not in _STEP_KINDS:
            return
        self.steps += 1
        self.tool_calls += kind == "tool_call"
        if kind == "llm_call":
            self.tokens += (data.get("input_tokens") or 0) + (data.get("output_tokens") or 0)
            self.usd += data.get("cost_usd") or 0.0
        self._check("steps", self.steps, self.limits.steps, "steps")
        self._check("tool_calls", self.tool_calls, self.limits.tool_calls, "tool calls")
        self._check("tokens", self.tokens, self.limits.tokens, "tokens")
        self._check("usd", round(self.usd, 9), self.limits.usd, "US dollars")

    @staticmethod
    def _check(kind: str, used: float, limit: float | None, unit: str) -> None:
        if limit is not None and used > limit:
            raise OverLimitError(kind, f"used {used:g} {unit}, more than its budget of {limit:g}")
