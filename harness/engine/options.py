"""How a run is to be executed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.frozen import frozen
from harness.model import Job
from harness.workspace import Isolation, RunSettings

if TYPE_CHECKING:
    from harness.cassettes.library import Library

Listener: TypeAlias = Callable[[Job, int, Sequence[Any]], None]
"""Called with a trial, the number of its attempt and what it has just recorded: `[offset_s, kind, data]` each."""

_FEW = 16


@frozen
class RunOptions:
    """Everything that a run's execution depends on besides its jobs."""

    concurrency: int = 32
    """Most trials at once."""

    workers: int = 0
    """Worker processes; 0 chooses: one for few trials, else one per core."""

    executor: str = "local"
    """Where worker processes are started; see `executors.open_executor`."""

    timeout_s: float = 120.0
    """Longest trial, where neither case nor agent says."""

    timeout_overrides: bool = False
    """Whether `timeout_s` was asked for on the spot, and so goes before the agent's own."""

    isolation: Isolation = "shared"
    """Where agents do not say."""

    isolation_overrides: bool = False
    """Whether `isolation` goes before the agents' own."""

    memory_mb: int = 4096
    """Most memory of a worker process in MiB, where agents do not say."""

    untrusted: bool = False
    """Whether code named in suites is refused."""

    budget_usd: float | None = None
    """Most money, judges and retries included."""

    budget_tokens: int | None = None
    """Most tokens, judges and retries included."""

    budget_s: float | None = None
    """Seconds after the first trial at which no more are started."""

    limits: str | None = None
    """Where workers ask the run's governor, once there is one."""

    tapes: Library | None = None
    """What is recorded or played, where anything is."""

    load_timeout_s: float = 60.0
    """Longest wait for the agents' files to be imported."""

    listener: Listener | None = field(default=None, compare=False, repr=False)
    """Who hears what trials record, while they do; it must neither block nor raise."""

    @classmethod
    def of(cls, settings: RunSettings) -> RunOptions:
        """The options that harness.toml asks for."""
        return cls(
            concurrency=settings.concurrency,
            workers=settings.workers,
            timeout_s=settings.timeout_s,
            isolation=settings.isolation,
            memory_mb=settings.memory_mb,
            budget_usd=settings.budget_usd,
            budget_tokens=settings.budget_tokens,
            budget_s=settings.budget_s,
        )

    def workers_for(self, jobs: int) -> int:
        """Number of worker processes for so many trials."""
        chosen = self.workers or (1 if jobs < _FEW else _cores())
        return max(1, min(chosen, self.concurrency, jobs))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
