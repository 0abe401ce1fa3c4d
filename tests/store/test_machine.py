"""Whatever happens in whatever order, the store holds exactly what a list would."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from builders import a_case, a_job, a_manifest, a_result
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from harness.model import Result
from harness.store import Store

STATUSES = st.sampled_from(["passed", "failed", "errored", "undecided"])


class Everything(RuleBasedStateMachine):
    """Two handles on one file, as two processes would have them, against plain dictionaries."""

    runs = Bundle("runs")

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.handles = [self.opened(), self.opened()]
        self.planned: dict[str, list] = {}
        self.kept: dict[str, dict[str, Result]] = {}

    def opened(self):
        return Store.open(self.folder / "r.db")

    @rule(target=runs, trials=st.integers(0, 4), who=st.integers(0, 1))
    def begin(self, trials, who):
        name = f"run-{len(self.planned)}"
        case = a_case()
        self.planned[name] = [a_job(case, index=index) for index in range(trials)]
        self.kept[name] = {}
        self.handles[who].begin(a_manifest(name), self.planned[name])
        return name

    @rule(run=runs, picks=st.lists(st.tuples(st.integers(0, 3), STATUSES), max_size=4), who=st.integers(0, 1))
    def add(self, run, picks, who):
        jobs = self.planned[run]
        results = [a_result(status, job=jobs[number]) for number, status in picks if number < len(jobs)]
        self.handles[who].add(run, results)
        for result in results:
            self.kept[run].setdefault(result.job.key, result)

    @rule(run=runs, who=st.integers(0, 1))
    def retry_errors(self, run, who):
        errored = [key for key, result in self.kept[run].items() if result.status == "errored"]
        assert self.handles[who].discard_errored(run) == len(errored)
        for key in errored:
            del self.kept[run][key]

    @rule(who=st.integers(0, 1))
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
                expected = [self.kept[run][job.key] for job in jobs if job.key in self.kept[run]]
                assert list(store.results(run, traces=True)) == expected
                assert [job.key for job in store.missing(run)] == [
                    job.key for job in jobs if job.key not in self.kept[run]
                ]

    def teardown(self):
        for store in self.handles:
            store.close()
        shutil.rmtree(self.folder)


TestEverything = Everything.TestCase
TestEverything.settings = settings(max_examples=12, stateful_step_count=15)
