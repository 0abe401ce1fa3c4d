"""Take a run as the new measure of good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from harness.errors import UserError
from harness.frozen import frozen
from harness.model import RunManifest

from .baseline import Baseline, BaselineCase
from .content import checks_of, content_of
from .copies import copied, copies_in_words
from .counting import CaseTally


@frozen
class Blessing:
    """A new baseline and what a person should know before committing it."""

    baseline: Baseline
    """The new baseline, sealed."""

    unchanged: bool
    """Whether the old one already says the same."""

    removed: tuple[str, ...]
    """Cases of the old one that are not in the new one."""

    failing: tuple[str, ...]
    """Cases that did not pass every time."""


def bless(
    manifest: RunManifest,
    suite: str,
    cases: Sequence[CaseTally],
    *,
    by: str,
    at: datetime,
    trials: int = 1,
    old: Baseline | None = None,
    more: tuple[str, ...] = (),
) -> Blessing:
    """Make a suite's baseline from a run.

    Args:
        manifest: The run.
        suite: The suite.
        cases: What its cases did.
        by: Who blesses.
        at: When.
        trials: Decided trials that each case must have.
        old: The baseline so far.
        more: Further runs that trials were taken from.

    Raises:
        UserError: when a case has too few decided trials, or one that must pass does not.
    """
    _refuse(manifest, suite, cases, trials)
    new = Baseline(
        suite=suite,
        run=manifest.id,
        more=more,
        blessed_by=by,
        blessed_at=at.isoformat(timespec="seconds"),
        commit=manifest.git_commit,
        dirty=manifest.git_dirty,
        versions=dict(sorted(manifest.packages.items())),
        models=dict(sorted(manifest.models.items())),
        cases=tuple(_line(item) for item in cases),
    ).sealed()
    kept = {(item.case, item.agent) for item in new.cases}
    before = {(item.case, item.agent) for item in old.cases} if old else set()
    return Blessing(
        new,
        unchanged=old is not None and old.same_results(new),
        removed=tuple(case for case, _ in sorted(before - kept)),
        failing=tuple(item.case.id for item in cases if item.failed),
    )


def _line(item: CaseTally) -> BaselineCase:
    return BaselineCase(
        case=item.case.id,
        agent=item.variant,
        fingerprint=item.case.fingerprint,
        passed=item.passed,
        trials=item.decided,
        must_pass=item.case.must_pass,
        severity=item.case.severity,
        order=item.order,
        content=content_of(item.case),
        checks=checks_of(item.case),
        judges=item.judges,
        cost_usd=item.cost_usd,
        seconds=item.seconds,
        tokens=item.tokens,
    )


def _refuse(manifest: RunManifest, suite: str, cases: Sequence[CaseTally], trials: int) -> None:
    few = [item for item in cases if item.decided < max(1, trials)]
    if few:
        listed = ", ".join(f"{item.case.id} ({item.decided} of {max(1, trials)})" for item in few[:5])
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        raise UserError(
            f"{suite}: too few decided trials in {listed}{more}",
            remedy=_remedy(manifest, few, trials),
            where=f"run {manifest.id}",
        )
    found = copied(cases)
    if found:
        raise UserError(
            f"{suite}: {copies_in_words(found)}",
            remedy="switch the cache off and run the cases again: copies say nothing about chance",
            where=f"run {manifest.id}",
        )
    broken = [item.case.id for item in cases if item.case.must_pass and item.failed]
    if broken:
        raise UserError(
            f"{suite}: {', '.join(broken)} must pass and did not",
            remedy="correct the agent, or take `must_pass` from the case; a baseline cannot excuse it",
            where=f"run {manifest.id}",
        )


def _remedy(manifest: RunManifest, few: Sequence[CaseTally], trials: int) -> str:
    if any(item.missing for item in few):
        return f"finish the run: finharness eval --resume {manifest.id}"
    if any(item.undecided for item in few):
        return "configure a judge for the undecided checks, or remove them"
    return f"run more of them: finharness eval --repeat {max(1, trials)}"
