"""What the gate says of a run, computed now from what is stored: nothing is run again, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from harness.errors import HarnessError
from harness.frozen import frozen
from harness.gate import Baseline, Decision, bless, decide_all
from harness.gate.files import read_files
from harness.gate.rules import Evidence
from harness.gate.session import Session
from harness.store import RunRow, Store
from harness.text import one_line
from harness.workspace import Workspace

from .numbers import p_text
from .words import rate_text

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_JUDGED: Final = 20_000
"""Results of a run that is judged while somebody waits for a page."""

MARKS: Final[Mapping[str, str]] = {
    "pass": "✓ pass",
    "regress": "✗ regressed",
    "inconclusive": "? inconclusive",
    "invalid": "⚠ invalid",
}
"""Decisions as tables show them."""

MEANINGS: Final[Mapping[str, str]] = {
    "pass": "a drop larger than the margin is excluded",
    "regress": "it got worse, by more than the smallest effect that counts and more surely than chance explains",
    "inconclusive": "neither a drop nor its absence is shown: there are too few trials",
    "invalid": "the run cannot be compared with its baseline",
}
"""What each decision says."""

DECISION_COLUMNS = (
    "decision",
    "suite",
    "why",
    "compared",
    "baseline_rate",
    "rate",
    "drop",
    "drop_limit",
    "p",
    "detectable",
    "baseline",
)
METRIC_COLUMNS = ("decision", "suite", "metric", "loss", "limit", "margin", "min_effect", "p", "p_adjusted", "cases")
CHANGE_COLUMNS = ("kind", "suite", "case", "agent", "before", "after", "p", "reason", "place")


@frozen
class Judged:
    """What the gate says, or why it says nothing."""

    decisions: tuple[Decision, ...]
    """One per suite that has a baseline."""

    unjudged: tuple[str, ...] = ()
    """Suites without one."""

    problem: str = ""
    """Why nothing is judged."""

    remedy: str = ""
    """What helps."""


def judged(workspace: Workspace, store: Store, run: RunRow) -> Judged:
    """Judge a run by its suites' baselines."""
    if run.done > MOST_JUDGED:
        return Judged((), problem=f"the run has {run.done:,} results", remedy=f"finharness gate {run.id}")
    try:
        session = Session.of(workspace, store, run.id)
        files = read_files(workspace, session.suites, base=None, baseline=None)
        decisions = session.decide(files, files.limits)
    except HarnessError as error:
        return Judged((), problem=error.problem, remedy=error.remedy.replace("`", ""))
    return Judged(decisions, tuple(suite for suite in session.suites if suite not in files.baselines))


def judged_by_run(workspace: Workspace, store: Store, run: RunRow, baseline: RunRow) -> Judged:
    """Judge a run as if another one had been blessed."""
    if run.done + baseline.done > MOST_JUDGED:
        return Judged((), problem=f"the runs have {run.done + baseline.done:,} results", remedy="finharness compare")
    try:
        before, after = (Session.of(workspace, store, row.id) for row in (baseline, run))
        limits = read_files(workspace, after.suites, base=None, baseline=None).limits
    except HarnessError:
        limits = _limits(workspace)
    baselines, problems = _baselines(before, after)
    if not baselines:
        return Judged(
            (), problem=problems[0] if problems else "the runs have no suite in common", remedy="choose other runs"
        )
    evidence = [Evidence(one, after.cases[one.suite]) for one in baselines]
    done = {one.suite for one in baselines}
    return Judged(decide_all(run.id, evidence, limits), tuple(suite for suite in after.suites if suite not in done))


def decision_rows(decisions: Iterable[Decision]) -> DataFrame:
    """One row per suite."""
    return _frame(DECISION_COLUMNS, (_decision(item) for item in decisions))


def metric_rows(decisions: Iterable[Decision]) -> DataFrame:
    """One row per suite and gated metric, with the figures that decide it."""
    return _frame(
        METRIC_COLUMNS,
        (
            {
                "decision": MARKS[metric.value],
                "suite": item.suite,
                "metric": metric.name,
                "loss": metric.loss,
                "limit": metric.limit,
                "margin": metric.margin,
                "min_effect": metric.min_effect,
                "p": p_text(metric.p),
                "p_adjusted": p_text(metric.p_adjusted),
                "cases": metric.cases,
            }
            for item in decisions
            for metric in item.metrics
        ),
    )


def change_rows(decisions: Iterable[Decision]) -> DataFrame:
    """Cases that a decision speaks of: confirmed, suspected, lost, gained."""
    return _frame(CHANGE_COLUMNS, (row for item in decisions for row in _changes(item)))


def notes_of(decision: Decision) -> tuple[tuple[str, str], ...]:
    """What else a reader must know of a decision: a title and words each."""
    found = (
        ("Plan", decision.plan),
        ("Changed, so not compared", _names(decision.changed)),
        ("In the baseline, not run", _names(decision.removed)),
        ("New, so not compared", _names(decision.added)),
        ("Not decided", _names(decision.undecided)),
        ("Flaky", _names(decision.flaky)),
        ("Quarantined", _names(decision.quarantined)),
        ("Renamed", _names(decision.renamed)),
        ("Protect less than before", _names(decision.weakened)),
        ("Notes", "; ".join(decision.notes)),
    )
    return tuple((title, one_line(text, 1_000)) for title, text in found if text)


def _limits(workspace: Workspace) -> Any:
    from harness.gate import read_limits

    return read_limits(workspace.reports / "gate.yaml")


def _baselines(before: Session, after: Session) -> tuple[list[Baseline], list[str]]:
    """Baselines of the suites that both runs have, and why others have none."""
    found, problems = [], []
    for suite in after.suites:
        if suite not in before.cases:
            continue
        try:
            made = bless(before.row.manifest, suite, before.cases[suite], by="comparison", at=datetime.now(UTC))
        except HarnessError as error:
            problems.append(error.problem)
        else:
            found.append(made.baseline)
    return found, problems


def _decision(item: Decision) -> dict[str, Any]:
    return {
        "decision": MARKS[item.value],
        "suite": item.suite,
        "why": one_line("; ".join(item.reasons) or MEANINGS[item.value], 400),
        "compared": item.compared,
        "baseline_rate": rate_text(item.baseline_rate),
        "rate": rate_text(item.rate),
        "drop": item.drop,
        # With few trials the bound is drawn towards no drop; it says no less than what was seen.
        "drop_limit": max(item.drop_limit, item.drop or 0.0) if item.drop_limit is not None else None,
        "p": p_text(item.p),
        "detectable": item.detectable,
        "baseline": one_line(f"{item.baseline_run} {item.blessed_at[:10]}", 60),
    }


def _changes(item: Decision) -> Iterable[Mapping[str, Any]]:
    told: set[tuple[str, str]] = set()
    for kind, changes in (
        ("✗ confirmed", item.confirmed), ("? suspected", item.suspected), ("✗ lost", item.lost), ("✓ gained", item.gained),
    ):  # fmt: skip
        for change in changes:
            if (change.case, change.agent) in told:
                continue
            told.add((change.case, change.agent))
            yield {
                "kind": kind,
                "suite": item.suite,
                "case": one_line(change.case, 80),
                "agent": change.agent,
                "before": f"{change.baseline_passed} of {change.baseline}",
                "after": f"{change.passed} of {change.trials}",
                "p": p_text(change.p),
                "reason": one_line(change.reason, 300),
                "place": one_line(change.place, 200),
            }


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"{', '.join(names[:20])}{more}"


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
