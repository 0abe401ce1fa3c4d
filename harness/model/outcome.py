"""How one execution of a case ended."""

from __future__ import annotations

from typing import Literal, TypeAlias

from harness.frozen import frozen

from .trace import Trace

OutcomeStatus: TypeAlias = Literal[
    "completed", "agent_failed", "timed_out", "over_budget", "infrastructure_failed", "cancelled"
]
"""`infrastructure_failed` is a fault of the harness, a provider or the machine; `cancelled` ends no trial."""

INTERRUPTED = "interrupted"
"""Failure type of a trial that was under way when its run ended, and may not be run a second time."""

AGENT_FAULTS: frozenset[str] = frozenset({"agent_failed", "timed_out", "over_budget"})


@frozen
class Failure:
    """What went wrong, as far as it is known."""

    type: str
    """Class of the exception, or a code such as `exit` or `blocked`."""

    message: str
    """One sentence."""

    traceback: str = ""
    """Where it happened, in the agent's own code where possible."""


@frozen
class Outcome:
    """How one execution ended and what it did until then."""

    status: OutcomeStatus
    """How it ended."""

    trace: Trace
    """What it did."""

    error: Failure | None = None
    """Why it did not complete."""

    attempts: int = 1
    """Executions, those ended by an innocent's fault included."""

    stdout: str = ""
    """What the agent printed, cut to its first and last parts."""

    earlier: tuple[Attempt, ...] = ()
    """Executions before this one whose process was ended, as far as they had recorded anything; kept apart once stored."""


@frozen
class Attempt:
    """An execution that another took the place of."""

    outcome: Outcome
    """How it ended."""

    started_at: float
    """Unix time of its start."""
