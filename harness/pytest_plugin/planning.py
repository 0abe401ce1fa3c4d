"""Plan the trials of a pytest session, and name them as pytest does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from harness.model import Job
from harness.workspace import Workspace

SUFFIXES: Final = (".yaml", ".yml")
"""What suites end with."""

WORKSPACE: Final = pytest.StashKey[Workspace]()
"""The workspace of a session."""


DIGESTS: Final = pytest.StashKey[dict[str, str]]()
"""SHA-256 of each suite file that the session has read."""


def jobs_of(config: pytest.Config, paths: Sequence[str]) -> tuple[Job, ...]:
    """The trials of these suites.

    Raises:
        UserError: with every mistake in them.
    """
    from harness.plan import Selection, plan
    from harness.suites import cases_of, load_suites

    workspace = config.stash[WORKSPACE]
    selection = Selection(agent=config.getoption("eval_agent"), repeat=config.getoption("eval_repeat"))
    suites = load_suites(workspace, paths)
    config.stash.setdefault(DIGESTS, {}).update({suite.file: suite.digest for suite in suites})
    return plan(cases_of(suites), workspace, selection, seed=workspace.run.seed)


def name_of(job: Job, config: pytest.Config) -> str:
    """The name of a trial's item."""
    repeated = (config.getoption("eval_repeat") or job.case.repeat) > 1
    return f"{job.case.id}[{job.index}]" if repeated else job.case.id


def is_suite(name: str) -> bool:
    """Whether an item's name begins with a suite."""
    return name.partition("::")[0].endswith(SUFFIXES)


def nodeid_of(job: Job, config: pytest.Config, workspace: Workspace, root: Path) -> str:
    """The whole name of a trial's item, as a worker process gives it."""
    assert job.case.where is not None
    path = workspace.root / job.case.where.file
    with suppress(ValueError):
        path = path.relative_to(root)
    return f"{path.as_posix()}::{name_of(job, config)}"
