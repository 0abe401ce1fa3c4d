"""Grade a stored run again without calling any agent, as a new run.

finharness score                 the latest run, by the checks that the suites have now
finharness score RUN --stored    by the checks that the run was made with
finharness score --online langfuse | FILE    production traces, by the same checks; scores go back to where the traces are
finharness score --feedback FILE.jsonl       what users thought, as scores
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .online import onlining, post_feedback, score_online

if TYPE_CHECKING:
    from harness.model import Case, Job, RunManifest
    from harness.registry import Services
    from harness.store import RunRow, Store
    from harness.workspace import Workspace

    Cases = Mapping[tuple[str, str], Case]

_BATCH = 256


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to grade (default: latest)")
    parser.add_argument("--stored", action="store_true", help="use the run's own checks, not those of the suites now")
    parser.add_argument("--untrusted", action="store_true", help="refuse code that suites name")
    parser.add_argument("--fail-on", action="append", default=[], choices=["undecided"], help="what fails besides")
    parser.add_argument("-o", "--output", action="append", default=[], metavar="FILE", help="also write a report file")
    onlining(parser)


def run(options: argparse.Namespace) -> int:
    """Grade, store, report; the exit code is that of the new run."""
    from harness.render.files import check_target, write
    from harness.render.report import report
    from harness.render.terminal import say
    from harness.store import Store
    from harness.summary import exit_code, summarise
    from harness.workspace import Workspace

    for target in options.output:
        check_target(target)
    if options.feedback is not None:
        return post_feedback(options)
    workspace = Workspace.find(config=options.config)
    if options.online is not None:
        return score_online(workspace, options)
    Store.open(workspace.store, readonly=True).close()  # a workspace without results does not get an empty store
    with Store.open(workspace.store) as store:
        source = store.run(options.run)
        cases = {} if options.stored or source.manifest.source == "import" else _cases(workspace, source, options)
        graded = _grade(store, source, cases, _services(workspace, options))
        kept = len({(job.case.suite, job.case.id) for job in store.planned(source.id)} - set(cases))
        row = store.run(graded)
        summary = summarise(row, store.results(graded), store.missing(graded), store.replaced(graded))
        report(summary, store.results(graded))
        say()
        say(f"Graded run {source.id} again as {graded}; no agent was called.")
        if kept:
            say(f"{kept} cases were graded by the checks stored with the run.")
        for target in options.output:
            write(target, summary, store.results(graded, traces=True), templates=workspace.reports / "templates")
            say(f"wrote {target}")
        say(f"next: finharness compare {source.id} {graded}")
    return int(exit_code(summary, options.fail_on))


def _cases(workspace: Workspace, source: RunRow, options: argparse.Namespace) -> Cases:
    """The cases as the suites have them now."""
    from harness.suites import load

    if not workspace.cases.is_dir():
        return {}
    wanted = set(source.manifest.suites)
    cases = load(workspace, untrusted=options.untrusted)
    return {(case.suite, case.id): case for case in cases if not wanted or case.suite in wanted}


def _services(workspace: Workspace, options: argparse.Namespace) -> Services:
    import os

    from harness.judge import make, offline
    from harness.registry import Services

    return Services(
        root=workspace.root, untrusted=options.untrusted, judge=make(workspace, os.environ) or offline(workspace)
    )


def _grade(store: Store, source: RunRow, cases: Cases, services: Services) -> str:
    """Grade every result of a run; the id of the new run."""
    import asyncio
    from dataclasses import replace
    from itertools import islice

    from harness.score import regrade

    def as_now(job: Job) -> Job:
        case = cases.get((job.case.suite, job.case.id))
        return job if case is None else replace(job, case=case)

    manifest = _manifest(source)
    store.begin(manifest, [as_now(job) for job in store.planned(source.id)])
    results = store.results(source.id, traces=True)

    async def grade() -> None:
        while batch := list(islice(results, _BATCH)):
            graded = [
                regrade(item, services, case=cases.get((item.job.case.suite, item.job.case.id))) for item in batch
            ]
            store.add(manifest.id, await asyncio.gather(*graded))

    asyncio.run(grade())
    store.end(manifest.id, "complete" if source.done == source.planned else "incomplete")
    return manifest.id


def _manifest(source: RunRow) -> RunManifest:
    from dataclasses import replace
    from datetime import UTC, datetime

    from harness.engine.manifest import new_id

    now = datetime.now(UTC)
    config = {**source.manifest.config, "graded": source.id}
    return replace(
        source.manifest, id=new_id(now), started_at=now.isoformat(timespec="seconds"), source="score", config=config
    )
