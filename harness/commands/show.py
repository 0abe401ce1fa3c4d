"""Show one trial step by step, or list the runs.

finharness show                  the runs, newest first
finharness show CH-02            that case in the latest run: its first trial in trouble
finharness show CH-02 --trial 1  that repetition (numbered from 0)
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError, nearest

if TYPE_CHECKING:
    from harness.model import Job, Result
    from harness.store import RunRow, Store

_RUNS_SHOWN = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "case", nargs="?", metavar="CASE", help="case id, suite::id or a trial's key (default: the runs)"
    )
    parser.add_argument("--run", default="latest", metavar="RUN", help="run to look at (default: latest)")
    parser.add_argument("--trial", type=int, metavar="N", help="repetition, from 0 (default: the first in trouble)")
    parser.add_argument("--agent", metavar="NAME", help="agent variant, where several ran the case")
    parser.add_argument("--full", action="store_true", help="cut nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document for programs, with the whole trace")


def run(options: argparse.Namespace) -> int:
    """Print the trial or the runs."""
    from harness.store import Store
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        if options.case is None:
            _list(store.runs(_RUNS_SHOWN), as_json=options.json)
        else:
            _show(store, options)
    return ExitCode.PASSED


def _list(rows: Sequence[RunRow], *, as_json: bool) -> None:
    from harness.render.terminal import Styled, say
    from harness.text import one_line

    if as_json:
        _dump([{"id": row.id, "status": row.status, "planned": row.planned, "done": row.done} for row in rows])
        return
    for row in rows:
        suites = ", ".join(row.manifest.suites)
        source = f"{row.manifest.source}, {row.status}"
        say(Styled(row.id, "strong"), f"  {source:<18}  {row.done} of {row.planned} trials  {one_line(suites, 60)}")
    if not rows:
        say("no run is stored yet: run `finharness eval`")


def _show(store: Store, options: argparse.Namespace) -> None:
    from harness.render.terminal import say, say_all, width
    from harness.render.trial import earlier_lines, trial_lines

    row = store.run(options.run)
    jobs = _matching(store.planned(row.id), options)
    result = _chosen(store, row.id, jobs)
    earlier = [item for item in store.earlier(row.id) if item.job.key == result.job.key]
    if options.json:
        _dump({**_document(result), "earlier": [_document(item) for item in earlier]})
        return
    say(f"Run {row.id}")
    say_all(trial_lines(result, columns=width(), full=options.full))
    say_all(earlier_lines(earlier, columns=width()))
    if len(jobs) > 1:
        say()
        others = [str(job.index) for job in jobs if job.key != result.job.key and job.variant == result.job.variant]
        agents = sorted({job.variant for job in jobs} - {result.job.variant})
        more = [f"--trial {' | '.join(others[:8])}"] * bool(others) + [f"--agent {' | '.join(agents)}"] * bool(agents)
        say(f"  {len(jobs)} trials fit; choose with {' and '.join(more)}" if more else f"  {len(jobs)} trials fit")


def _matching(planned: Sequence[Job], options: argparse.Namespace) -> list[Job]:
    """The planned trials that the words on the command line mean."""
    from harness.text import shorten

    word = options.case
    jobs = [job for job in planned if word in {job.case.id, f"{job.case.suite}::{job.case.id}", job.key}]
    if not jobs:
        known = {job.case.id for job in planned}
        raise UserError(
            f"the run has no case {word!r}", remedy=shorten(nearest(word, known)), where=f"run {options.run}"
        )
    if options.agent is not None:
        names = {job.variant for job in jobs}
        jobs = [job for job in jobs if job.variant == options.agent]
        if not jobs:
            raise UserError(f"{options.agent!r} did not run it", remedy=nearest(options.agent, names), where="--agent")
    if options.trial is not None:
        most = max(job.index for job in jobs)
        jobs = [job for job in jobs if job.index == options.trial]
        if not jobs:
            raise UserError(f"there is no trial {options.trial}", remedy=f"give 0 to {most}", where="--trial")
    return jobs


def _chosen(store: Store, run_id: str, jobs: Sequence[Job]) -> Result:
    """The trial to show: the first in trouble, else the first."""
    order = ("failed", "errored", "undecided", "passed")
    found = sorted(store.results(run_id, keys={job.key for job in jobs}), key=lambda result: order.index(result.status))
    if not found:
        raise UserError(
            f"{jobs[0].key} was planned and has not run", remedy=f"finharness eval --resume {run_id}", where=run_id
        )
    return next(store.results(run_id, traces=True, keys={found[0].job.key}))


def _document(result: Result) -> dict[str, object]:
    from harness.render.data import result_row
    from harness.store.records import trace_record

    return {**result_row(result), "input": result.job.case.input, "trace": trace_record(result.outcome.trace)}


def _dump(document: object) -> None:
    import json

    from harness.render.terminal import say
    from harness.shape import plain

    say(json.dumps(document, indent=2, allow_nan=False, default=plain))
