"""Choose the cases of a run, and say which they would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import ExitCode, UserError

from .amounts import at_least
from .taping import disturbed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from harness.model import Job
    from harness.workspace import Workspace


def choosing(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose cases."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="suite files or folders (default: all)")
    which = parser.add_argument_group("which cases")
    which.add_argument("--case", action="append", default=[], metavar="ID", help="only these ids; * matches")
    which.add_argument("--tag", action="append", default=[], metavar="TAG", help="only cases with it: name, name=value")
    which.add_argument("--agent", metavar="NAME", help="this agent, or agent@model, instead of the cases' own")
    which.add_argument("--failing", action="store_true", help="only cases that failed in the latest run")
    which.add_argument("--limit", type=at_least(1), metavar="N", help="only the first N cases")
    which.add_argument("--repeat", type=at_least(1), metavar="K", help="trials of each case")
    which.add_argument("--resume", nargs="?", const="latest", metavar="RUN", help="do what an interrupted run left")
    which.add_argument("--retry-errors", action="store_true", help="with --resume: what errored is run again, too")
    which.add_argument(
        "--accept-changes", action="store_true", help="with --resume: though cases, agents or settings have changed"
    )
    which.add_argument("--shard", metavar="I/N", help="only the I-th of N parts; `finharness merge` puts them together")


class Planned(NamedTuple):
    """What a run is to do."""

    jobs: tuple[Job, ...]
    digests: dict[str, str]
    """SHA-256 of each suite file."""

    shard: dict[str, Any] | None
    """Which part of the whole it is, if it is one."""


def planned_of(options: argparse.Namespace, workspace: Workspace) -> Planned:
    """The chosen trials; mistakes of suites and selections are raised before anything is spent."""
    from harness.plan import Selection, plan
    from harness.suites import cases_of, load_suites

    suites = load_suites(workspace, options.paths, untrusted=options.untrusted)
    selection = Selection(
        cases=tuple(options.case),
        tags=tuple(options.tag),
        agent=options.agent,
        limit=options.limit,
        repeat=options.repeat,
        failing=_failing(workspace) if options.failing else frozenset(),
    )
    jobs = plan(cases_of(suites), workspace, selection, seed=seed_of(options, workspace))
    jobs = disturbed(jobs, options, workspace)
    digests = {suite.file: suite.digest for suite in suites}
    if options.shard is None:
        return Planned(jobs, digests, None)
    from harness.engine.shard import Shard

    shard = Shard.read(options.shard)
    return Planned(shard.share(jobs), digests, shard.about(jobs))


def seed_of(options: argparse.Namespace, workspace: Workspace) -> int:
    """The run's seed: the option's, else the workspace's."""
    return workspace.run.seed if options.seed is None else int(options.seed)


def _failing(workspace: Workspace) -> frozenset[str]:
    from harness.store import Store

    with Store.open(workspace.store, readonly=True) as store:
        latest = store.run("latest")
        failing = frozenset(item.job.key for item in store.results(latest.id) if item.status == "failed")
    if not failing:
        raise UserError(f"nothing failed in run {latest.id}", remedy="leave --failing out", where="--failing")
    return failing


def dry_run(jobs: Sequence[Job], *, as_json: bool) -> int:
    """Say what would be run."""
    from harness.render.terminal import say

    if as_json:
        import json

        say(json.dumps({"trials": [{"key": job.key, "seed": job.seed} for job in jobs]}))
        return ExitCode.PASSED
    for key, trials in _by_case(jobs).items():
        say(f"  {key}" + (f"  × {trials}" if trials > 1 else ""))
    cases = len({(job.case.suite, job.case.id) for job in jobs})
    say(f"{len(jobs)} trials of {cases} cases would be run; nothing was")
    return ExitCode.PASSED


def _by_case(jobs: Sequence[Job]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for job in jobs:
        key = f"{job.case.suite}::{job.case.id}  {job.variant}"
        counts[key] = counts.get(key, 0) + 1
    return counts
