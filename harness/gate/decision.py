"""What the gate concluded, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.errors import ExitCode

DecisionValue: TypeAlias = Literal["pass", "regress", "inconclusive", "invalid"]

_ORDER: tuple[DecisionValue, ...] = ("regress", "invalid", "inconclusive", "pass")
"""Worst first: a regression that was seen stays one, whatever else could not be seen."""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case in both runs."""

    case: str
    """Case id."""

    agent: str
    """Agent variant of the candidate."""

    baseline_passed: int = 0
    """Trials of the baseline that passed."""

    baseline: int = 0
    """Decided trials of the baseline."""

    passed: int = 0
    """Trials of the run that passed."""

    trials: int = 0
    """Decided trials of the run."""

    reason: str = ""
    """Why it fails now."""

    @property
    def drop(self) -> float:
        """Pass rate lost; negative when it became better."""
        return self.baseline_passed / self.baseline - self.passed / self.trials


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's conclusion about one suite."""

    suite: str
    """Suite."""

    value: DecisionValue
    """`pass`, `regress`, `inconclusive` or `invalid` (nothing can be concluded from this run)."""

    reasons: tuple[str, ...]
    """Why, the weightiest first."""

    run: str
    """Run that was judged."""

    baseline_run: str
    """Run that the baseline was taken from."""

    baseline_commit: str | None = None
    """Commit of the baseline."""

    blessed_at: str = ""
    """When the baseline was blessed."""

    compared: int = 0
    """Cases that were compared."""

    baseline_rate: float | None = None
    """Mean pass rate of those cases in the baseline."""

    rate: float | None = None
    """Mean pass rate of those cases in the run."""

    drop: float | None = None
    """The difference; positive is worse."""

    drop_limit: float | None = None
    """Largest drop that the trials do not exclude, at confidence 1 - alpha."""

    p: float | None = None
    """One-sided mid-p: how surprising so many losses were, had nothing changed."""

    alpha: float = 0.05
    """Level of the test."""

    margin: float = 0.05
    """Drop that is tolerated."""

    lost: tuple[CaseChange, ...] = ()
    """Cases that pass less often, the greatest loss first."""

    gained: tuple[CaseChange, ...] = ()
    """Cases that pass more often."""

    changed: tuple[str, ...] = ()
    """Cases that ask or check something else than in the baseline; not compared."""

    removed: tuple[str, ...] = ()
    """Cases of the baseline that were not run."""

    added: tuple[str, ...] = ()
    """Cases that the baseline does not know; not compared."""

    undecided: tuple[str, ...] = ()
    """Cases without any decided trial."""

    errored: int = 0
    """Trials that the harness, a provider or the machine broke; in no rate."""

    trials: int = 0
    """Trials of the suite that were planned."""

    notes: tuple[str, ...] = ()
    """What else a reader must know."""


def worst(values: Iterable[DecisionValue]) -> DecisionValue:
    """The one that decides over several suites."""
    return min(values, key=_ORDER.index)


def exit_code(value: DecisionValue, *, strict: bool = False) -> ExitCode:
    """The process's exit code; an inconclusive decision fails only when `strict`."""
    match value:
        case "regress":
            return ExitCode.FAILED
        case "invalid":
            return ExitCode.INCOMPLETE
        case "inconclusive":
            return ExitCode.INCOMPLETE if strict else ExitCode.PASSED
        case "pass":
            return ExitCode.PASSED
