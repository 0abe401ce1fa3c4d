"""What the gate concluded, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from harness.errors import ExitCode
from harness.frozen import frozen

DecisionValue: TypeAlias = Literal["pass", "regress", "inconclusive", "invalid"]

_ORDER: tuple[DecisionValue, ...] = ("regress", "invalid", "inconclusive", "pass")
"""Worst first: a regression that was seen stays one, whatever else could not be seen."""


@frozen
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

    place: str = ""
    """Where the check that failed, or the case, stands: file:line:column."""

    p: float | None = None
    """Of the case alone, on fresh trials and adjusted over all suspects; None where it was not confirmed."""

    @property
    def drop(self) -> float:
        """Pass rate lost; negative when it became better."""
        return self.baseline_passed / self.baseline - self.passed / self.trials


@frozen
class Metric:
    """One gated metric of a suite."""

    name: str
    """`pass_rate`, `cost`, `latency` or `tokens`."""

    value: DecisionValue
    """What it says."""

    loss: float
    """Points of the pass rate lost, or the share by which the rest grew; negative is better."""

    limit: float
    """Largest loss that is not excluded, at confidence 1 - alpha."""

    p: float
    """One-sided: how surprising the loss is, had nothing changed."""

    p_adjusted: float
    """The same, adjusted over everything that was gated at once."""

    margin: float
    """Loss that is tolerated."""

    min_effect: float
    """Smallest loss that is called one."""

    cases: int
    """Cases compared."""


@frozen
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

    metrics: tuple[Metric, ...] = ()
    """What was gated."""

    plan: str = "one stage"
    """`one stage`, `screen and confirm`, or the latter `and escalate`."""

    detectable: float | None = None
    """Smallest drop that such a run finds in 4 of 5 attempts."""

    confirmed: tuple[CaseChange, ...] = ()
    """Cases that failed again in fresh trials, each significant by itself."""

    suspected: tuple[CaseChange, ...] = ()
    """Cases that failed though they usually pass, and are not confirmed."""

    flaky: tuple[str, ...] = ()
    """Cases whose baseline trials are mixed, with each one's share of the suite's noise."""

    quarantined: tuple[str, ...] = ()
    """Cases that were run and do not decide."""

    renamed: tuple[str, ...] = ()
    """Cases that only got another id; compared."""

    weakened: tuple[str, ...] = ()
    """Cases that protect less than they did."""

    fresh_trials: int = 0
    """Trials that were run to confirm or to escalate."""

    cost_usd: float | None = None
    """Price of all the candidate's trials whose price is known."""

    baseline_cost_usd: float | None = None
    """Mean price of one baseline pass over the compared cases."""


def shown_p(p: float) -> str:
    """A p-value for people; never a flat zero."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"


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
