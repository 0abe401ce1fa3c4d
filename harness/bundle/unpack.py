"""Read a bundle into a store: all of it is checked first, and doing it twice changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

from harness.errors import StoreError, UserError
from harness.frozen import frozen
from harness.model import Case, Failure, Job, Outcome, Result, RunManifest, Trace
from harness.store import Store

from .archive import Archive
from .layout import CASES, EARLIER, PLANNED, RESULTS, TRACES, EarlierRecord, PlannedRecord, ResultRecord, TraceRecord
from .merge import keep_earlier, take_in

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@frozen
class Imported:
    """What an import did."""

    run: str
    """Id of the run."""

    planned: int
    """Trials that the bundle has planned."""

    added: int
    """Results that the store did not have."""


def import_bundle(store: Store, path: Path) -> Imported:
    """Read a bundle.

    Raises:
        UserError: for a file that is no intact bundle, or whose run is another one than the store has under that id.
    """
    with Archive.open(path) as archive:
        manifest = archive.manifest.run
        if not _RUN_ID.fullmatch(manifest.id):
            archive.refuse("the run's id has characters that no id has")
        jobs = _jobs(archive)
        for _ in chain(_results(archive, jobs), _earlier(archive, jobs)):
            pass  # believed only when every line has been read
        before = _begin(store, manifest, jobs, path)
        take_in(store, manifest.id, _results(archive, jobs))
        rivals = _results(archive, jobs) if before else iter(())  # the store may go by others
        keep_earlier(store, manifest.id, chain(rivals, _earlier(archive, jobs)))
        status = archive.manifest.status
        after = store.run(manifest.id).done
        store.end(manifest.id, "incomplete" if status == "running" or after < len(jobs) else status)
        return Imported(manifest.id, len(jobs), after - before)


def _begin(store: Store, manifest: RunManifest, jobs: list[Job], path: Path) -> int:
    """Record the run unless it is there already; the number of results that it has."""
    known = {row.id: row for row in store.runs()}.get(manifest.id)
    if known is None:
        try:
            store.begin(manifest, jobs)
        except StoreError as error:
            raise UserError(
                error.problem, remedy="make the bundle again with `finharness export`", where=str(path)
            ) from error
        return 0
    planned = {job.key: job.case.fingerprint for job in store.planned(manifest.id)}
    if known.manifest != manifest or planned != {job.key: job.case.fingerprint for job in jobs}:
        raise UserError(
            f"the store has another run {manifest.id}",
            remedy="import it into another workspace's store",
            where=str(path),
        )
    return known.done


def _jobs(archive: Archive) -> list[Job]:
    cases: list[Case] = list(archive.rows(CASES, Case))
    jobs = []
    for record in archive.rows(PLANNED, PlannedRecord):
        if record.case >= len(cases):
            archive.refuse(f"{PLANNED}: there is no case {record.case}")
        jobs.append(Job(cases[record.case], record.variant, record.trial, record.seed))
    if len({job.key for job in jobs}) != len(jobs):
        archive.refuse(f"{PLANNED}: a trial is planned twice")
    return jobs


def _results(archive: Archive, jobs: list[Job]) -> Iterator[Result]:
    pairs = zip_longest(archive.rows(RESULTS, ResultRecord), archive.rows(TRACES, TraceRecord))
    for record, traced in pairs:
        if record is None or traced is None or record.planned != traced.planned or record.planned >= len(jobs):
            archive.refuse(f"{RESULTS} and {TRACES} do not belong together")
        yield _result(jobs[record.planned], record, traced.trace)


def _earlier(archive: Archive, jobs: list[Job]) -> Iterator[Result]:
    """The results that others took the place of."""
    for line in archive.rows(EARLIER, EarlierRecord) if archive.has(EARLIER) else ():
        if line.result.planned >= len(jobs):
            archive.refuse(f"{EARLIER}: there is no planned trial {line.result.planned}")
        yield _result(jobs[line.result.planned], line.result, line.trace)


def _result(job: Job, record: ResultRecord, trace: Trace) -> Result:
    error = record.error
    return Result(
        job=job,
        outcome=Outcome(
            status=record.outcome,
            trace=trace,
            error=None if error is None else Failure(error.type, error.message, error.traceback),
            attempts=record.attempts,
            stdout=record.stdout,
        ),
        verdicts=record.verdicts,
        status=record.status,
        score=record.score,
        steps=record.steps,
        judge_cost_usd=record.judge_cost_usd,
        started_at=record.started_at,
    )
