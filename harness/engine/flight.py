"""A trial on its way, as the supervisor sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.model import Attempt, Case, Job
from harness.shape import plain
from harness.workspace import AgentSettings

from .ending import outcome_of
from .options import Listener, RunOptions

_MOST_S: Final = 3600.0
_MOST_TIMES: Final = 20.0
"""How far a deadline is put off at most: an hour, and so many times the trial's limit."""


@dataclass(slots=True)
class Flight:
    """One job that has been, or will be, given to a worker."""

    number: int
    """All that the worker knows of its identity."""

    job: Job
    """What is run."""

    agent: str
    """Agent variant."""

    limit_s: float
    """Longest it may take."""

    attempts: int = 0
    """Executions so far."""

    tape: Mapping[str, Any] | None = None
    """What its worker is told of recordings, where anything is recorded or played."""

    taped: Mapping[str, Any] | None = None
    """What its worker recorded, or left over."""

    memory_mb: int = 0
    """Most memory that its process may take for it, in MiB."""

    once: bool = False
    """Whether it may be run a single time only, because what its agent does cannot be undone."""

    alone: bool = False
    """Whether it must be run in a process that has run nothing before."""

    quarantined: bool = False
    """Whether nothing else may run beside it."""

    started_at: float = 0.0
    """Unix time of the last start."""

    started: float = 0.0
    """Monotonic time of the last start."""

    deadline: float = 0.0
    """Monotonic time at which it has taken too long."""

    cancelled: float | None = None
    """Monotonic time at which its worker was told to end it."""

    held: float | None = None
    """Monotonic time since which it waits for a limit of ours."""

    given_s: float = 0.0
    """Seconds that its deadline was put off by."""

    stuck: tuple[str, str] | None = None
    """Place and stack, when it did not end although it was told to."""

    events: list[Any] = field(default_factory=list)
    """What it recorded so far."""

    listener: Listener | None = None
    """Who hears what it records, while it does."""

    earlier: list[Attempt] = field(default_factory=list)
    """Executions whose process was ended, as far as they had recorded anything: what they spent is spent."""

    def start(self, now: float, wall: float) -> None:
        """A worker begins with it."""
        if self.events:
            self._set_aside(now)
        self.attempts += 1
        self.started, self.started_at = now, wall
        self.deadline = now + self.limit_s
        self.cancelled, self.held, self.stuck, self.given_s = None, None, None, 0.0
        self.events = []
        self.taped = None

    def _set_aside(self, now: float) -> None:
        """Keep what an execution had recorded whose process was ended."""
        why = ["lost", "its process was ended while it ran, so the trial was run again", ""]
        outcome = outcome_of(
            "infrastructure_failed", why, self.events,
            budget=self.job.case.budget, seconds=now - self.started, attempts=self.attempts,
        )  # fmt: skip
        self.earlier.append(Attempt(outcome, self.started_at))

    def told(self, events: Sequence[Any]) -> None:
        """Pass on what it has just recorded."""
        if self.listener is not None and events:
            self.listener(self.job, self.attempts, events)

    def hold(self, now: float, *, held: bool) -> None:
        """Let its deadline stand still, or go on."""
        if held:
            self.held = now
        elif self.held is not None:
            self.put_off(now - self.held)
            self.held = None

    def put_off(self, seconds: float) -> None:
        """Give it more time, for what it had to wait; not without end, because its process may say anything."""
        more = min(seconds, self._more_s())
        if more > 0.0:
            self.deadline += more
            self.given_s += more

    def is_held(self, now: float) -> bool:
        """Whether it waits for a limit of ours, and has not done so for longer than anybody does."""
        return self.held is not None and now - self.held < self._more_s()

    def _more_s(self) -> float:
        return _MOST_S + _MOST_TIMES * self.limit_s - self.given_s

    def spec(self) -> dict[str, Any]:
        """What a worker is told: no check, no reference, no case id."""
        case = self.job.case
        spec: dict[str, Any] = {
            "n": self.number,
            "agent": self.agent,
            "inputs": [turn.input for turn in case.turns] or [case.input],
            "seed": self.job.seed,
            "limit_s": self.limit_s,
            "memory_mb": self.memory_mb,
        }
        if case.world:
            spec["world"] = {key: item for key, item in case.world.items() if key != "approvals"}
            if isinstance(case.world.get("approvals"), list | tuple):
                spec["approvals"] = list(case.world["approvals"])
        if case.as_of is not None:
            spec["as_of"] = case.as_of
        if self.listener is not None:
            spec["live"] = True
        if self.tape is not None:
            spec["tape"] = self.tape
        if case.faults:
            spec["faults"] = plain(case.faults)
        budget = _event_budget(case)
        if budget:
            spec["budget"] = budget
        return spec


def limit_of(case: Case, agent: AgentSettings, options: RunOptions) -> float:
    """Longest a trial may take: the case decides, then the command line, the agent, the workspace."""
    if case.budget.seconds is not None:
        return float(case.budget.seconds)
    if agent.timeout_s is not None and not options.timeout_overrides:
        return agent.timeout_s
    return options.timeout_s


def _event_budget(case: Case) -> dict[str, Any]:
    budget = case.budget
    limits = {"steps": budget.steps, "tool_calls": budget.tool_calls, "tokens": budget.tokens, "usd": budget.usd}
    return {name: limit for name, limit in limits.items() if limit is not None}
