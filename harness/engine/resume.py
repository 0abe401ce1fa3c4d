"""Take up a run that ended early: what is left to do, what may not be done again, and what is no longer as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.errors import HarnessError, UserError
from harness.frozen import frozen
from harness.model import Job, Outcome, Result, RunManifest, Trace
from harness.shape import plain
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

from .blame import interrupted
from .code import code_of
from .loadable import variant

_SHOWN = 10


@frozen
class Rest:
    """What is left of a run."""

    jobs: tuple[Job, ...]
    """To be run now."""

    retried: int
    """How many of them had errored."""

    interrupted: int
    """Trials that were under way and are not run again: each has an errored result now."""


def take_up(store: Store, manifest: RunManifest, workspace: Workspace, *, retry: bool, accept: bool = False) -> Rest:
    """Settle what was under way when the run ended, and say what is to be run; the caller has claimed the run.

    Args:
        store: Where the run is.
        manifest: The run.
        workspace: As it is now.
        retry: Whether trials that the harness, a provider or the machine broke are run again, too.
        accept: Whether it is fine that cases, agents or settings are no longer what they were.

    Raises:
        UserError: when they are not, and nobody has accepted that; nothing was changed then.
    """
    open_now = store.started(manifest.id)
    acting = {job.key for job in open_now}
    again = store.errored(manifest.id) if retry else ()
    wanted = {job.key for job in again}.union(job.key for job in store.missing(manifest.id)) - acting
    jobs = tuple(job for job in store.planned(manifest.id) if job.key in wanted)
    differing = () if accept else tuple(differences(manifest, jobs, workspace))
    if differing:
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise UserError(
            f"run {manifest.id} cannot go on as it began: {'; '.join(differing[:_SHOWN])}{more}",
            remedy="put it back, start a new run, or add --accept-changes",
            where="--resume",
        )
    if open_now:
        why = "the run ended while it was under way"
        store.add(manifest.id, [interrupted_result(job, why) for job in open_now])
    store.resume(manifest.id)
    return Rest(jobs, len(again), len(open_now))


def interrupted_result(job: Job, why: str) -> Result:
    """The result of a trial that was under way, may have acted, and is not run again."""
    outcome = Outcome("infrastructure_failed", Trace(), interrupted(why))
    return Result(job, outcome, verdicts=(), status="errored", score=None)


def differences(manifest: RunManifest, jobs: Sequence[Job], workspace: Workspace) -> Iterator[str]:
    """Name what a run depends on and is no longer as it was when the run began."""
    then: Any = manifest.config.get("agents") or {}
    code: Any = manifest.config.get("code") or {}
    for name in dict.fromkeys(job.variant for job in jobs):
        try:
            now = variant(workspace, name)
        except HarnessError:
            yield f"agent {name!r} is gone"
            continue
        yield from _settings_of(name, then.get(name), now)
        for file, digest in code_of([now], workspace.root).items():
            if file in code and code[file] != digest:
                yield f"{file} has changed"
    yield from _cases(manifest, jobs, workspace)


def _settings_of(name: str, then: Any, now: AgentSettings) -> Iterator[str]:
    from .manifest import without_secrets

    today = without_secrets(plain(now))
    if isinstance(then, Mapping):
        for key in sorted({*then, *today}):
            if then.get(key) != today.get(key):
                yield f"the setting {key!r} of agent {name!r} has changed"


def _cases(manifest: RunManifest, jobs: Sequence[Job], workspace: Workspace) -> Iterator[str]:
    """Compare cases one by one, but only where a suite's file is another one."""
    from harness.suites import load
    from harness.suites.digests import changed

    files = changed(manifest.files, workspace.root)
    asked = {(job.case.suite, job.case.id): job.case for job in jobs}
    touched = {key: case for key, case in asked.items() if case.where is not None and case.where.file in files}
    if not touched:
        return
    paths = sorted({str(workspace.root / case.where.file) for case in touched.values() if case.where is not None})
    try:
        now = {(case.suite, case.id): case.fingerprint for case in load(workspace, paths)}
    except HarnessError:
        yield from (f"{file} has changed and cannot be read" for file in files)
        return
    for (suite, name), case in touched.items():
        if now.get((suite, name)) != case.fingerprint:
            yield f"the case {suite}::{name} " + ("has changed" if (suite, name) in now else "is gone")
