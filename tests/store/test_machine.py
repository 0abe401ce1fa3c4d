"""Whatever happens in whatever order, crashes and rival runners included, the store holds exactly what a list would."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
import pytest
from builders import a_case, a_job, a_manifest, a_result, an_outcome
from crashing import CrashError, Statements, counted, crash
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from harness.bundle import export_bundle, import_bundle, merge
from harness.errors import UserError
from harness.model import Failure, Result
from harness.store import Store

STATUSES = st.sampled_from(["passed", "failed", "errored", "undecided"])
WHO = st.integers(0, 1)


def result_of(status, job, number):
    """A result that differs from every other one."""
    return a_result(status, job=job, started_at=f"2026-11-21T10:00:00.{number:06}Z")


class Everything(RuleBasedStateMachine):
    """Two handles on one file, as two processes would have them, against plain dictionaries."""

    runs = Bundle("runs")

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.statements = Statements(then=crash)
        self.handles = [self.opened(), self.opened()]
        self.planned: dict[str, list] = {}
        self.kept: dict[str, dict[str, Result]] = {}
        self.replaced: dict[str, list[Result]] = {}
        self.open: dict[str, set[str]] = {}
        self.count = 0

    def opened(self):
        with counted(self.statements):
            return Store.open(self.folder / "r.db")

    @rule(target=runs, trials=st.integers(1, 4), who=WHO)
    def begin(self, trials, who):
        name = f"run-{len(self.planned)}"
        jobs = [a_job(a_case(f"C-{number % 2}"), index=number // 2) for number in range(trials)]
        self.handles[who].begin(a_manifest(name), jobs)
        self.know(name, jobs)
        return name

    def know(self, name, jobs):
        self.planned[name], self.kept[name], self.replaced[name], self.open[name] = list(jobs), {}, [], set()

    def results(self, run, picks):
        self.count += 10
        jobs = self.planned[run]
        return [
            result_of(status, jobs[number], self.count + place)
            for place, (number, status) in enumerate(picks)
            if number < len(jobs)
        ]

    def believe(self, run, results, *, over_errored=False):
        """What the store must have done with them."""
        kept, taken = self.kept[run], set()
        for result in results:
            key = result.job.key
            if key in taken or (key in kept and not (over_errored and kept[key].status == "errored")):
                continue
            taken.add(key)
            if key in kept:
                self.replaced[run].append(kept[key])
            kept[key] = result

    @rule(run=runs, picks=st.lists(st.tuples(st.integers(0, 3), STATUSES), max_size=4), who=WHO, retry=st.booleans())
    def finish(self, run, picks, who, retry):
        results = self.results(run, picks)
        self.handles[who].add(run, results, over_errored=retry)
        self.believe(run, results, over_errored=retry)

    @rule(run=runs, picks=st.sets(st.integers(0, 3)), who=WHO)
    def start(self, run, picks, who):
        jobs = [job for number, job in enumerate(self.planned[run]) if number in picks]
        self.handles[who].start(run, jobs)
        self.open[run] |= {job.key for job in jobs}

    @rule(run=runs, pick=st.integers(0, 3), status=STATUSES, who=WHO, at=st.integers(0, 40), retry=st.booleans())
    def crash_while_finishing(self, run, pick, status, who, at, retry):
        """Die at some statement: all of it is there afterwards, or nothing."""
        results = self.results(run, [(pick, status)])
        self.statements.at = self.statements.seen + at
        acknowledged = False
        with suppress(CrashError):
            self.handles[who].add(run, results, over_errored=retry)
            acknowledged = True
        self.statements.at = None
        self.handles[who].close()
        self.handles[who] = self.opened()
        there = {item.started_at for item in self.handles[who].results(run)}
        if acknowledged or any(result.started_at in there for result in results):
            self.believe(run, results, over_errored=retry)

    @rule(run=runs, who=WHO)
    def resume(self, run, who):
        """One runner at a time: what was under way is settled, and the rival is kept out."""
        with self.handles[who].claim(run):
            with pytest.raises(UserError), self.handles[1 - who].claim(run):
                raise AssertionError("two runners have one run")
            lost = self.handles[who].started(run)
            outcome = an_outcome(status="infrastructure_failed", error=Failure("interrupted", "x"))
            results = [a_result("errored", job=job, outcome=outcome) for job in lost]
            self.handles[who].add(run, results)
            self.believe(run, results)
            assert self.handles[who].started(run) == ()
            for job in self.handles[who].errored(run):
                self.count += 10
                again = [result_of("passed", job, self.count)]
                self.handles[who].add(run, again, over_errored=True)
                self.believe(run, again, over_errored=True)

    @rule(target=runs, parts=st.lists(runs, min_size=1, max_size=3, unique=True), who=WHO)
    def merge(self, parts, who):
        merged = merge(self.handles[who], parts)
        again = merge(self.handles[1 - who], [*reversed(parts), parts[0]])
        assert (again.run, again.added) == (merged.run, 0)
        if merged.run not in self.planned:
            self.know(merged.run, self.handles[who].planned(merged.run))
        before = dict(self.kept[merged.run])
        for result in self.handles[who].results(merged.run, traces=True):
            key = result.job.key
            assert any(self.kept[part].get(key) == result for part in parts) or before.get(key) == result
            if key in before and before[key] != result:
                assert before[key].status == "errored"
            self.kept[merged.run][key] = result
        everything = [*before.values(), *self.replaced[merged.run]]
        for part in parts:
            everything += [*self.kept[part].values(), *self.replaced[part]]
        counted = self.kept[merged.run]
        rest = {
            (item.job.key, item.started_at): item for item in everything if item != counted[item.job.key]
        }  # what a part had, and the whole does not go by, is kept once
        self.replaced[merged.run] = list(rest.values())
        assert {job.key for job in self.planned[merged.run]} == {
            job.key for part in parts for job in self.planned[part]
        }
        assert set(self.kept[merged.run]) == {key for part in parts for key in self.kept[part]} | set(before)
        return merged.run

    @rule(run=runs, who=WHO)
    def travel(self, run, who):
        """Out to a bundle and back in changes nothing."""
        export_bundle(self.handles[who], self.handles[who].run(run), self.folder / "bundle.zip")
        assert import_bundle(self.handles[1 - who], self.folder / "bundle.zip").added == 0

    @rule(who=WHO)
    def reopen(self, who):
        self.handles[who].close()
        self.handles[who] = self.opened()

    @invariant()
    def both_handles_see_what_was_accepted(self):
        for store in self.handles:
            assert {row.id: (row.planned, row.done) for row in store.runs()} == {
                run: (len(jobs), len(self.kept[run])) for run, jobs in self.planned.items()
            }
            for run, jobs in self.planned.items():
                kept = self.kept[run]
                assert list(store.results(run, traces=True)) == [kept[job.key] for job in jobs if job.key in kept]
                assert [job.key for job in store.missing(run)] == [job.key for job in jobs if job.key not in kept]
                assert {job.key for job in store.started(run)} == self.open[run] - set(kept)
                assert sorted(item.started_at for item in store.earlier(run)) == sorted(
                    item.started_at for item in self.replaced[run]
                )

    def teardown(self):
        for store in self.handles:
            store.close()
        shutil.rmtree(self.folder)


TestEverything = Everything.TestCase
# At night over ten thousand steps.
EXAMPLES, STEPS = (250, 50) if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else (15, 15)
TestEverything.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
