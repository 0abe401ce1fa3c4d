"""What is asked of the governor before a model call, and what it is told afterwards."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from harness.errors import ExitCode, HarnessError
from harness.frozen import frozen

MICRO: Final = 1_000_000
"""Micro-dollars in a dollar."""

Ending: TypeAlias = Literal["ok", "throttled", "failed", "refused", "lost"]
"""How an attempt ended.

`throttled`: the provider asked for fewer calls. `failed`: it broke, and may work again. `refused`: no call with these
settings can succeed (key, model id). `lost`: it was cut short by us, which says nothing about the provider.
"""


@frozen
class Rates:
    """Most that a model may be asked for. None is unlimited."""

    requests: int | None = None
    """Requests in any 60 seconds."""

    tokens: int | None = None
    """Input and output tokens in any 60 seconds."""

    input_tokens: int | None = None
    """Input tokens in any 60 seconds."""

    output_tokens: int | None = None
    """Output tokens in any 60 seconds."""

    concurrency: int | None = None
    """Requests in flight."""

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return self != Rates()

    def weights(self, input_tokens: int, output_tokens: int) -> tuple[int, ...]:
        """What a call takes of each window, in the order of `windows`."""
        return (1, input_tokens + output_tokens, input_tokens, output_tokens)

    def windows(self) -> tuple[int | None, ...]:
        """The limits that hold over a time: requests, tokens, input tokens, output tokens."""
        return (self.requests, self.tokens, self.input_tokens, self.output_tokens)


@frozen
class Ask:
    """A call that somebody would like to make, at its largest."""

    model: str
    """Name under [models]."""

    input_tokens: int
    """Upper estimate."""

    output_tokens: int
    """Most that may be written."""

    micro_usd: int | None = 0
    """Upper bound of its price in micro-dollars; None when the price is unknown."""


@frozen
class Used:
    """What a call took; None where that is unknown, and then what was asked for counts."""

    ending: Ending = "ok"
    """How it ended."""

    input_tokens: int | None = None
    """Input tokens."""

    output_tokens: int | None = None
    """Output tokens."""

    micro_usd: int | None = None
    """Price in micro-dollars."""

    retry_after_s: float | None = None
    """Seconds that the provider asked to wait."""

    problem: str = ""
    """What went wrong, in one line."""


class BudgetSpentError(HarnessError):
    """The run may not spend more; nothing was sent."""

    exit_code = ExitCode.INCOMPLETE


class ImpossibleAskError(HarnessError):
    """A call that is larger than its limit, so that it could never be made."""

    exit_code = ExitCode.INCOMPLETE


class ClosedError(HarnessError):
    """A model that is not asked any more, or not for a while, because of how its last calls ended."""

    exit_code = ExitCode.INCOMPLETE


def micro(usd: float | None) -> int | None:
    """Dollars as whole micro-dollars, rounded half up; None stays None."""
    return None if usd is None else int(usd * MICRO + 0.5)
