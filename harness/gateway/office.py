"""What all requests have in common: models, trials, limits, money, and who wants to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.faults.plan import NOTHING, FaultPlan
from harness.limits.values import Ask, Used

from .budgets import Budgets
from .counters import Counters
from .directory import Directory, Reached
from .taped import Tape
from .trials import Trial, Trials
from .usage import Entry, UsageLog


class Says(Protocol):
    """How the exchange answers the client."""

    async def begin(self, status: int, content_type: str, headers: Mapping[str, str]) -> None:
        """Status and headers."""
        ...

    async def piece(self, body: bytes) -> None:
        """A piece of the body."""
        ...

    def cut(self) -> None:
        """Let the connection break where it is."""
        ...

    async def whole(self, status: int, content_type: str, headers: Mapping[str, str], body: bytes) -> None:
        """Everything at once."""
        ...


class Waits(Protocol):
    """The run's own limits, where a trial of a run asks: they make it wait instead of turning it away."""

    async def enter(self, trial: Trial, ask: Ask) -> int | None:
        """Wait for leave."""
        ...

    def sent(self, number: int | None) -> None:
        """It is being made."""
        ...

    def arrived(self, number: int | None) -> None:
        """Its reply has begun."""
        ...

    def settle(self, number: int | None, used: Used) -> None:
        """It has ended."""
        ...


class Observes(Protocol):
    """Whoever wants to know what became of a request."""

    def __call__(self, entry: Entry, trial: Trial | None, facts: Mapping[str, Any]) -> None:
        """Be told."""
        ...


@dataclass(slots=True)
class Office:
    """Everything that requests have in common."""

    directory: Directory
    """The models."""

    reach: Reached
    """How they are reached."""

    trials: Trials
    """The trials."""

    log: UsageLog
    """Where requests are written down."""

    counters: Counters = field(default_factory=Counters)
    """The windows."""

    budgets: Budgets = field(default_factory=lambda: Budgets({}))
    """The money."""

    waits: Waits | None = None
    """The run's limits."""

    observes: Observes | None = None
    """Told of each request that was made."""

    faults: FaultPlan = NOTHING
    """What is to go wrong, whoever asks."""

    tape: Callable[[str], Tape] | None = None
    """Where traffic is recorded or played from, by trial."""

    total_s: float = 600.0
    """Longest request."""
