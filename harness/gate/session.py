"""One judging of one run: collect what it did, run again what has to be, decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from harness.errors import UserError
from harness.frozen import frozen
from harness.model import Job
from harness.store import RunRow, Store
from harness.workspace import Workspace

from .again import further, run_again, tallies
from .counting import CaseTally, tally
from .decision import Decision
from .files import GateFiles
from .judged import Admission
from .limits import Limits
from .quarantine import in_force
from .rules import Evidence, decide_all, to_confirm
from .testing import Fresh


@frozen
class Session:
    """A run under judgement."""

    workspace: Workspace
    """Where it was run."""

    store: Store
    """Where its results are; open for writing when cases are to be run again."""

    row: RunRow
    """The run."""

    planned: tuple[Job, ...]
    """Its jobs."""

    cases: dict[str, tuple[CaseTally, ...]]
    """What its cases did, by suite."""

    admission: Admission
    """Which judged verdicts it listens to."""

    @classmethod
    def of(cls, workspace: Workspace, store: Store, run: str) -> Session:
        """Collect what a run did."""
        row = store.run(run)
        planned = store.planned(row.id)
        admission = Admission(workspace)
        return cls(workspace, store, row, planned, tally(planned, store.results(row.id), admission), admission)

    @property
    def suites(self) -> tuple[str, ...]:
        """Suites that were run."""
        return tuple(self.cases)

    def decide(
        self, files: GateFiles, limits: Limits, *, confirm: bool = False, confirm_run: str | None = None
    ) -> tuple[Decision, ...]:
        """Judge the run.

        Args:
            files: What it is measured by.
            limits: What is tolerated.
            confirm: Whether suspected cases are run again.
            confirm_run: Run to take their fresh trials from.
        """
        suites = [self._evidence(suite, files) for suite in files.baselines]
        if confirm_run is not None:
            suites = self._with_fresh(suites, self._other(confirm_run))
        elif confirm:
            suites = self._confirmed(suites, limits)
        gone = [] if limits.allow_removed else [Evidence(baseline, ()) for baseline in files.gone]
        decisions = decide_all(self.row.id, [*suites, *gone], limits)
        if confirm and limits.on_inconclusive == "escalate":
            return self._escalated(suites, gone, decisions, limits)
        return decisions

    def _evidence(self, suite: str, files: GateFiles) -> Evidence:
        held, over = in_force(files.quarantine, suite, datetime.now(UTC).date())
        return Evidence(
            files.baselines[suite], self.cases[suite], quarantined=held, notes=(*over, *self.admission.notes(suite))
        )

    def _other(self, ref: str) -> RunRow:
        other = self.store.run(ref)
        if other.id == self.row.id:
            raise UserError(
                "a run cannot confirm itself: its failures are what is to be confirmed",
                remedy="run the suspected cases again: finharness gate --confirm",
                where=f"--confirm-run {ref}",
            )
        return other

    def _confirmed(self, suites: Sequence[Evidence], limits: Limits) -> list[Evidence]:
        suspects = {(one.baseline.suite, *item.name) for one in suites for item in to_confirm(one)}
        if not suspects:
            return [replace(one, fresh=Fresh(confirm={})) for one in suites]
        jobs = further(self.planned, dict.fromkeys(suspects, limits.confirm), self.row.manifest.seed)
        return self._with_fresh(suites, self._run(jobs))

    def _with_fresh(self, suites: Iterable[Evidence], other: RunRow) -> list[Evidence]:
        seeds = frozenset(job.seed for job in self.planned)
        return [
            replace(
                one,
                fresh=Fresh(
                    confirm=tallies(self.store, other.id, one.baseline.suite, without=seeds, admission=self.admission)
                ),
            )
            for one in suites
        ]

    def _escalated(
        self, suites: Sequence[Evidence], gone: Sequence[Evidence], decisions: Sequence[Decision], limits: Limits
    ) -> tuple[Decision, ...]:
        """Run every case of the suites that stayed open more often, and decide again; the level was divided for it."""
        open_ones = {item.suite for item in decisions if item.value == "inconclusive"}
        wanted = {
            (one.baseline.suite, *item.name): limits.most_trials - item.decided
            for one in suites
            if one.baseline.suite in open_ones
            for item in one.cases
            if item.decided < limits.most_trials
        }
        if not wanted:
            return tuple(decisions)
        used = limits.confirm  # numbers that confirming trials have had
        last = {(job.case.suite, job.case.id, job.variant): job.index for job in self.planned}
        wider = further(self.planned, {key: count + used for key, count in wanted.items()}, self.row.manifest.seed)
        jobs = [job for job in wider if job.index > last[job.case.suite, job.case.id, job.variant] + used]
        other = self._run(jobs)
        more = [self._with_escalation(one, other) if one.baseline.suite in open_ones else one for one in suites]
        return decide_all(self.row.id, [*more, *gone], limits)

    def _with_escalation(self, one: Evidence, other: RunRow) -> Evidence:
        return replace(
            one,
            fresh=replace(
                one.fresh, escalated=tallies(self.store, other.id, one.baseline.suite, admission=self.admission)
            ),
        )

    def _run(self, jobs: Sequence[Job]) -> RunRow:
        return run_again(
            self.workspace, self.store, jobs, self.row.manifest, f"finharness gate {self.row.id} --confirm"
        )
