"""Run cases again: to confirm what failed, to escalate what stayed open, to fill a baseline up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.errors import Incomplete, UserError
from harness.model import Job, Result, RunManifest, seed_of
from harness.store import RunRow, Store
from harness.workspace import Workspace

from .counting import CaseTally, tally
from .judged import Admission
from .matching import Name


def further(planned: Iterable[Job], wanted: Mapping[tuple[str, str, str], int], seed: int) -> tuple[Job, ...]:
    """Further trials of planned cases: their numbers go on where the run's ended, so that no seed comes twice.

    Args:
        planned: The run's jobs.
        wanted: Trials by suite, case and variant.
        seed: The run's seed.
    """
    last: dict[tuple[str, str, str], Job] = {}
    for job in planned:
        key = (job.case.suite, job.case.id, job.variant)
        if key not in last or last[key].index < job.index:
            last[key] = job
    return tuple(
        Job(job.case, job.variant, index, seed_of(seed, job.case, job.variant, index))
        for key, job in last.items()
        for index in range(job.index + 1, job.index + 1 + wanted.get(key, 0))
    )


def run_again(workspace: Workspace, store: Store, jobs: Sequence[Job], like: RunManifest, command: str) -> RunRow:
    """Run jobs of an earlier run as a run of their own and return it.

    Raises:
        Incomplete: when not every trial has a result.
        UserError: when that run was not made here.
    """
    if like.source not in {"eval", "pytest"}:
        raise UserError(
            f"run {like.id} was not run here (source: {like.source}), so that it cannot be run again",
            remedy="give a second run of it with --confirm-run, or bless with `--trials 1`",
            where=f"run {like.id}",
        )
    return run_jobs_as_run(workspace, store, jobs, seed=like.seed, command=command)


def run_jobs_as_run(workspace: Workspace, store: Store, jobs: Sequence[Job], *, seed: int, command: str) -> RunRow:
    """Run jobs and return the run.

    Raises:
        Incomplete: when not every trial has a result.
    """
    import asyncio

    from harness.engine.allowance import allowance
    from harness.engine.grading import services_of
    from harness.engine.manifest import CommitLookup, manifest_of
    from harness.engine.options import RunOptions
    from harness.engine.progress import progress
    from harness.engine.recording import recorders
    from harness.engine.run import Terms, run_jobs

    options = RunOptions.of(workspace.run)
    commit = CommitLookup(workspace.root).commit()
    manifest = manifest_of(jobs, workspace, options, seed=seed, commit=commit, command=command, source="eval")
    limits = allowance(workspace, {job.variant for job in jobs}, options)
    try:
        services = services_of(workspace, limits=limits.address if limits else None)
        with store.claim(manifest.id):
            end = asyncio.run(
                run_jobs(
                    jobs,
                    manifest,
                    workspace,
                    store,
                    options=options,
                    services=services,
                    sinks=[progress(), *recorders(workspace, manifest)],
                    terms=Terms(limits=limits),
                )
            )
    finally:
        if limits is not None:
            limits.close()
    if end.status != "complete":
        raise Incomplete(
            f"{len(jobs) - end.stored} of {len(jobs)} trials have no result",
            remedy=f"finish them with `finharness eval --resume {manifest.id}`; a gate takes them with --confirm-run",
            where=f"run {manifest.id}",
        )
    return store.run(manifest.id)


def tallies(
    store: Store,
    run_id: str,
    suite: str,
    *,
    without: frozenset[int] = frozenset(),
    admission: Admission | None = None,
) -> dict[Name, CaseTally]:
    """What a run did in one suite, trials with certain seeds left out: a copy of a trial is no second one."""
    planned = [job for job in store.planned(run_id) if job.case.suite == suite and job.seed not in without]
    counted = tally(planned, _of(store.results(run_id), suite, without), admission)
    return {item.name: item for item in counted.get(suite, ())}


def _of(results: Iterable[Result], suite: str, without: frozenset[int]) -> Iterable[Result]:
    return (item for item in results if item.job.case.suite == suite and item.job.seed not in without)
