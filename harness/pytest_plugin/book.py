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
        self._planned = 0
        self._stored = 0

    def open(self, jobs: Sequence[Job]) -> None:
        """Begin the run."""
        if not jobs or self._store is not None or self._config.getoption("collectonly"):
            return
        from harness.engine.manifest import CommitLookup, manifest_of
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
        self._store = Store.open(workspace.store)
        self._store.begin(self._manifest, jobs)
        self._planned = len(jobs)

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
            self._store.add(self._manifest.id, [result])
            self._stored += 1

    def close(self, *, interrupted: bool) -> None:
        """End the run."""
        if self._store is not None and self._manifest is not None:
            missing = "interrupted" if interrupted else "incomplete"
            self._store.end(self._manifest.id, "complete" if self._stored >= self._planned else missing)
            self._store.close()

    def words(self) -> str | None:
        """Where to look next."""
        if self._manifest is None:
            return None
        from harness.suites.digests import changed, changed_words

        stored = f"{self._stored} of {self._planned} trials stored; look: finharness report {self._manifest.id}"
        root = self._config.stash[WORKSPACE].root
        return "\n".join([stored, *map(changed_words, changed(self._manifest.files, root))])


BOOK: Final = pytest.StashKey[Book]()
"""The session's run; only where reports arrive."""
