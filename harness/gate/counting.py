"""Count what a run's trials did, case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.model import Case, Job, Result, Verdict

_SEVERITIES = ("blocker", "major", "minor")


@dataclass(frozen=True, slots=True)
class CaseTally:
    """One case of one agent variant in a run."""

    case: Case
    """The case."""

    variant: str
    """Agent variant."""

    planned: int = 0
    """Trials that were selected."""

    passed: int = 0
    """Trials that passed."""

    failed: int = 0
    """Trials that failed."""

    undecided: int = 0
    """Trials that ended without a verdict on a required check."""

    errored: int = 0
    """Trials that the harness, a provider or the machine broke."""

    reason: str = ""
    """Why the first failed trial failed: its weightiest check."""

    blocker: str = ""
    """The first blocker check that failed, with its reason."""

    @property
    def decided(self) -> int:
        """Trials that passed or failed."""
        return self.passed + self.failed

    @property
    def missing(self) -> int:
        """Trials without any result."""
        return self.planned - self.decided - self.undecided - self.errored

    @property
    def name(self) -> tuple[str, str]:
        """Case id and variant: what baselines pair by."""
        return self.case.id, self.variant


def tally(planned: Iterable[Job], results: Iterable[Result]) -> dict[str, tuple[CaseTally, ...]]:
    """Count by suite; cases in the order they were planned."""
    counted: dict[tuple[str, str, str], CaseTally] = {}
    for job in planned:
        key = _key(job)
        known = counted.get(key) or CaseTally(job.case, job.variant)
        counted[key] = replace(known, planned=known.planned + 1)
    for result in results:
        key = _key(result.job)
        if key in counted:
            counted[key] = _with(counted[key], result)
    suites: dict[str, list[CaseTally]] = {}
    for (suite, _, _), item in counted.items():
        suites.setdefault(suite, []).append(item)
    return {suite: tuple(items) for suite, items in suites.items()}


def _key(job: Job) -> tuple[str, str, str]:
    return job.case.suite, job.case.id, job.variant


def _with(known: CaseTally, result: Result) -> CaseTally:
    failing = [verdict for verdict in result.verdicts if verdict.passed is False]
    blocking = [verdict for verdict in failing if verdict.severity == "blocker"]
    return replace(
        known,
        **{result.status: getattr(known, result.status) + 1},
        reason=known.reason or (_why(result, failing) if result.status == "failed" else ""),
        blocker=known.blocker or (_named(blocking[0]) if blocking else ""),
    )


def _why(result: Result, failing: list[Verdict]) -> str:
    if failing:
        return _named(min(failing, key=lambda verdict: _SEVERITIES.index(verdict.severity)))
    error = result.outcome.error
    return f"{result.outcome.status}: {error.message}" if error else result.outcome.status


def _named(verdict: Verdict) -> str:
    return f"{verdict.check}: {verdict.reason}"
