"""One trial with its outcome and verdicts, and the run that it belongs to."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal, TypeAlias

from harness.frozen import frozen
from harness.shape import value

from .case import Case
from .outcome import Outcome
from .value import Json, fingerprint
from .verdict import Verdict

TrialStatus: TypeAlias = Literal["passed", "failed", "errored", "undecided"]


@frozen
class Job:
    """A planned trial."""

    case: Case
    """What is asked."""

    variant: str
    """Agent variant: the agent's name, or `name@model`."""

    index: int
    """Number of the repetition, from 0."""

    seed: int
    """Seed that the agent receives."""

    @property
    def key(self) -> str:
        """Identity inside a run: `suite::case::variant::index`."""
        return f"{self.case.suite}::{self.case.id}::{self.variant}::{self.index}"


@frozen
class Result:
    """One trial, executed and scored."""

    job: Job
    """What was planned."""

    outcome: Outcome
    """How it ended."""

    verdicts: tuple[Verdict, ...]
    """What the checks concluded, in the suite's order."""

    status: TrialStatus
    """The verdict on the trial."""

    score: float | None
    """Weighted share of the checks that held, 0..1; None when nothing was decided."""

    steps: dict[str, Any] = field(default_factory=dict)
    """Step analysis: calls, repeats, errors, tokens, seconds, plan match."""

    judge_cost_usd: float | None = 0.0
    """Price of the judges' model calls; None when unknown."""

    started_at: str = ""
    """UTC time, ISO 8601."""


@value
class RunManifest:
    """What is needed to understand a run later, elsewhere."""

    id: str
    """Sortable identity, such as `20261121-101502-3f9c`."""

    started_at: str
    """UTC time, ISO 8601."""

    suites: tuple[str, ...] = ()
    """Suites that were selected."""

    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each suite file as it was read, by path relative to the workspace."""

    git_commit: str | None = None
    """Commit of the workspace."""

    git_dirty: bool | None = None
    """Whether the work tree had changes."""

    packages: dict[str, str] = field(default_factory=dict)
    """Versions of what decides a result."""

    config: dict[str, Json] = field(default_factory=dict)
    """Effective settings, without secrets."""

    models: dict[str, str] = field(default_factory=dict)
    """Model id by agent variant and judge."""

    price_table: str = ""
    """Version of the price table."""

    host: str = ""
    """Machine name."""

    seed: int = 0
    """Seed of the run."""

    command: str = ""
    """What was typed."""

    source: str = "eval"
    """`eval`, `pytest`, `python`, `score` or `import`."""


def seed_of(run_seed: int, case: Case, variant: str, index: int) -> int:
    """Derive a trial's seed (0..2^32-1), so that it depends on nothing but its own identity."""
    return int(fingerprint([run_seed, case.suite, case.id, variant, index])[:8], 16)
