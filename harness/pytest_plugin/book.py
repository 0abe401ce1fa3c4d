"""Store a pytest session's results as one run, in the one process that sees all reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest

from harness.model import Job, Result, RunManifest
from harness.shape import read

from .planning import DIGESTS, WORKSPACE, is_suite, jobs_of, nodeid_of
from .shares import options_of


class Book:
    """Stores a session's results as one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._store: Any = None
        self._manifest: RunManifest | None = None
        self._jobs: dict[str, Job] = {}
        self._stored: set[str] = set()
        self._crashed: set[str] = set()
        self._scrubber: Any = None
        self._recorders: list[Any] = []

    def open(self, jobs: Sequence[Job]) -> None:
        """Begin the run."""
        if not jobs or self._store is not None or self._config.getoption("collectonly"):
            return
        from harness.engine.manifest import CommitLookup, manifest_of
        from harness.engine.recording import recorders
        from harness.store import Store

        workspace = self._config.stash[WORKSPACE]
        self._manifest = manifest_of(
            jobs,
            workspace,
            options_of(self._config, workspace),
            seed=workspace.run.seed,
            commit=CommitLookup(workspace.root).commit(),
            digests=self._config.stash.get(DIGESTS, {}),
            command=" ".join(["pytest", *self._config.invocation_params.args]),
            source="pytest",
        )
        self._recorders = recorders(workspace, self._manifest)
        self._store = Store.open(workspace.store)
        self._store.begin(self._manifest, jobs, here=True)
        self._jobs = {nodeid_of(job, self._config, workspace, self._config.rootpath): job for job in jobs}
        once = [job for job in jobs if self._acts(job)]
        if once:  # other processes start them and cannot write here: any of them may be under way from now on
            self._store.start(self._manifest.id, once)

    def open_by_name(self, names: Sequence[str]) -> None:
        """Open with the jobs that the workers have collected; they are planned here again, from the same files."""
        if self._store is None:
            root, wanted = self._config.rootpath, set(names)
            jobs = jobs_of(self._config, sorted({name.partition("::")[0] for name in names if is_suite(name)}, key=str))
            workspace = self._config.stash[WORKSPACE]
            self.open([job for job in jobs if nodeid_of(job, self._config, workspace, root) in wanted])

    def keep(self, written: str) -> None:
        """Store the result on a report."""
        if self._store is not None and self._manifest is not None:
            result: Result = read(Result, json.loads(written)["result"])
            self._add(result)

    def knows(self, name: str) -> bool:
        """Whether an item is a trial of this run."""
        return name in self._jobs

    def runs_once(self, name: str) -> bool:
        """Whether an item is a trial that must not be run a second time."""
        return name in self._jobs and self._acts(self._jobs[name])

    def may_run_again(self, name: str) -> bool:
        """Whether an item that a process crashed with gets another chance, which it does once."""
        again = name not in self._crashed
        self._crashed.add(name)
        return again

    def interrupt(self, name: str) -> None:
        """Store that a trial was under way when its process crashed."""
        if self._store is not None:
            from harness.engine.resume import interrupted_result

            self._add(interrupted_result(self._jobs[name], "the process that ran it crashed"))

    def _acts(self, job: Job) -> bool:
        from harness.engine.loadable import variant

        return variant(self._config.stash[WORKSPACE], job.variant).side_effects == "live"

    def _add(self, result: Result) -> None:
        from harness.telemetry import scrubber

        assert self._manifest is not None
        self._scrubber = self._scrubber or scrubber(self._config.stash[WORKSPACE])
        clean = self._scrubber.result(result)
        self._store.add(self._manifest.id, [clean])
        for recorder in self._recorders:
            recorder.stored([clean])
        self._stored.add(result.job.key)

    def close(self, *, interrupted: bool) -> None:
        """End the run."""
        if self._store is not None and self._manifest is not None:
            missing = "interrupted" if interrupted else "incomplete"
            self._store.end(self._manifest.id, "complete" if len(self._stored) >= len(self._jobs) else missing)
            self._store.close()
            for recorder in self._recorders:
                recorder.end()

    def words(self) -> str | None:
        """Where to look next."""
        if self._manifest is None:
            return None
        from harness.suites.digests import changed, changed_words

        stored = f"{len(self._stored)} of {len(self._jobs)} trials stored; look: finharness report {self._manifest.id}"
        root = self._config.stash[WORKSPACE].root
        return "\n".join([stored, *map(changed_words, changed(self._manifest.files, root))])


BOOK: Final = pytest.StashKey[Book]()
"""The session's run; only where reports arrive."""
