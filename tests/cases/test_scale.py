"""Twenty jobs side by side on four workers end as they do one after the other."""

import asyncio
from pathlib import Path

from harness.engine.execute import execute
from harness.engine.options import RunOptions
from harness.plan import Selection, plan
from harness.suites import load
from harness.workspace import Workspace

WORKSPACE = Workspace.find(Path(__file__).parents[2])
CASES = [case for case in load(WORKSPACE, ["cases/clera/portfolio.yaml"]) if not case.turns][:20]


def outcomes(*, workers, concurrency):
    """What each job left: answer, JSON form, end state and tokens."""
    jobs = plan(CASES, WORKSPACE, Selection(), seed=7)
    found = {}

    def keep(job, outcome, _started):
        trace = outcome.trace
        found[job.key] = (outcome.status, trace.answer, trace.structured, trace.artifacts["state"], trace.usage)

    options = RunOptions(workers=workers, concurrency=concurrency)
    asyncio.run(execute(jobs, WORKSPACE, options=options, on_outcome=keep))
    return found


def test_four_workers_give_what_one_gives_one_after_the_other():
    serial = outcomes(workers=1, concurrency=1)
    side_by_side = outcomes(workers=4, concurrency=20)

    assert len(serial) == 20
    assert {status for status, *_ in serial.values()} == {"completed"}
    assert side_by_side == serial
