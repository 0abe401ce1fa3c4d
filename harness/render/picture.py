"""What a report shows of a run, whatever its format: the trials that did not pass, grouped by case, worst first."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from harness.frozen import frozen
from harness.model import Evidence, Result, Verdict
from harness.model.outcome import INTERRUPTED
from harness.shape import plain
from harness.summary import CaseRow, Summary
from harness.summary.gather import PROVIDER_FAULTS

RANK = {"minor": 2, "major": 1, "blocker": 0}


@frozen
class Shown:
    """A case in trouble, told by the first of its trials that is."""

    row: CaseRow
    """The case's figures."""

    result: Result
    """First trial of this kind."""

    trials: int
    """Trials of this kind."""

    @property
    def title(self) -> str:
        """Which case, and how many of its trials."""
        return f"{self.row.suite} :: {self.row.case} [{self.row.variant}]"

    @property
    def share(self) -> str:
        """How many of its trials, where there are several."""
        counts = self.row.counts
        if counts.planned == 1:
            return ""
        passed = f", {counts.passed} passed" if counts.passed else ""
        flaky = ": flaky" if self.row.flaky else ""
        return f"{self.trials} of {counts.planned} trials {self.result.status}{passed}{flaky}"


@frozen
class Picture:
    """A run, with what a reader must look at first."""

    summary: Summary
    """The figures."""

    failed: tuple[Shown, ...]
    """Cases that failed."""

    errored: tuple[Shown, ...]
    """Cases that the harness, a provider or the machine kept from ending."""

    undecided: tuple[Shown, ...]
    """Cases that could not be decided."""


def picture(summary: Summary, results: Iterable[Result]) -> Picture:
    """Look through the results for what a reader must see."""
    rows = {(row.suite, row.case, row.variant): row for row in summary.cases}
    first: dict[tuple[str, tuple[str, str, str]], Result] = {}
    count: dict[tuple[str, tuple[str, str, str]], int] = {}
    for result in results:
        if result.status != "passed":
            place = (result.status, (result.job.case.suite, result.job.case.id, result.job.variant))
            first.setdefault(place, result)
            count[place] = count.get(place, 0) + 1

    def shown(status: str) -> tuple[Shown, ...]:
        return tuple(
            Shown(rows[key], result, count[kind, key]) for (kind, key), result in first.items() if kind == status
        )

    return Picture(summary, shown("failed"), shown("errored"), shown("undecided"))


def troubles(result: Result) -> tuple[Verdict, ...]:
    """The verdicts that did not hold: failed before undecided, blockers first."""
    return tuple(
        sorted(
            (verdict for verdict in result.verdicts if verdict.passed is not True or verdict.heuristic),
            key=lambda verdict: (verdict.passed is None or verdict.heuristic, RANK[verdict.severity]),
        )
    )


def show_command(result: Result, *, run: str | None = None) -> str:
    """The command that shows this trial in full."""
    words = ["finharness", "show", result.job.case.id]
    if result.job.index:
        words += ["--trial", str(result.job.index)]
    if run is not None:
        words += ["--run", run]
    return shlex.join(words)


def fault_of(result: Result) -> str:
    """Whose fault an outcome that did not complete is: `agent`, `provider` or `harness`."""
    outcome = result.outcome
    if outcome.status not in {"infrastructure_failed", "cancelled"}:
        return "agent"
    return "provider" if outcome.error and outcome.error.type in PROVIDER_FAULTS else "harness"


def remedy_of(result: Result, run: str) -> tuple[str, str]:
    """What to do about an errored trial: in words, and the command."""
    again = shlex.join(["finharness", "eval", "--resume", run, "--retry-errors"])
    if fault_of(result) == "provider":
        return "check the provider (finharness doctor), then run what errored again:", again
    if result.outcome.status == "completed":
        return "a check broke: correct it, then grade again without calling the agent:", f"finharness score {run}"
    if result.outcome.error is not None and result.outcome.error.type == INTERRUPTED:
        words = "look what the agent did, then run the case in a new run:"
        return words, shlex.join(["finharness", "eval", "--case", result.job.case.id])
    return "correct what broke, then run what errored again:", again


def place_of(evidence: Evidence) -> str:
    """Where evidence lies, in a reader's words."""
    parts = [f"step {evidence.step}" if evidence.step else "", evidence.path or ""]
    if evidence.span:
        parts.append(f"answer characters {evidence.span[0]} to {evidence.span[1]}")
    place = " ".join(part for part in parts if part)
    return f"{place}: {evidence.note}" if place and evidence.note else place or evidence.note


def labels_of(verdict: Verdict) -> str:
    """What else a reader must know of a verdict, such as which judge spoke."""
    return ", ".join(f"{name}: {text}" for name, text in verdict.labels.items())


def written(value: object) -> str:
    """A value as JSON text; text as it is."""
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
