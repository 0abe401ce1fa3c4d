"""Where the data is, how a trial is addressed, and the command that runs it again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlencode

from harness.model import Job, RunManifest
from harness.store import CaseTotal, Store
from harness.story.rerun import rerun
from harness.workspace import Workspace

WORKSPACE_VARIABLE = "FINHARNESS_WORKSPACE"
"""Names the workspace's harness.toml to the dashboard's process."""


def find_workspace(environ: Mapping[str, str] | None = None) -> Workspace:
    """The workspace that the dashboard was started for.

    Raises:
        ConfigError: when there is none.
    """
    named = (os.environ if environ is None else environ).get(WORKSPACE_VARIABLE)
    return Workspace.find(config=named or None)


def open_store(workspace: Workspace) -> Store:
    """The workspace's results, for reading only.

    Raises:
        UserError: when nothing is stored yet.
        StoreError: when the file cannot be read.
    """
    return Store.open(workspace.store, readonly=True)


def trial_link(run: str, job: Job, page: str = "/") -> str:
    """Address of a trial's page, relative to the dashboard."""
    return f"{page}?{urlencode(address(run, job))}"


def run_link(run: str) -> str:
    """Address of a run's page, relative to the dashboard."""
    return page_link("run", run=run)


def page_link(page: str, **query: str) -> str:
    """Address of a page by its name: through the entrance, where the browser finds the server at once."""
    return f"/?{urlencode({'page': page, **query})}"


def case_link(run: str, item: CaseTotal, page: str = "/") -> str:
    """Address of the trial of a case that ended worst, likewise."""
    return link_to(run, item.suite, item.case, item.variant, item.worst, page=page)


def link_to(run: str, suite: str, case: str, agent: str, trial: int, *, page: str = "/") -> str:
    """Address of a trial's page, by its parts."""
    query = {"run": run, "suite": suite, "case": case, "agent": agent, "trial": str(trial)}
    return f"{page}?{urlencode(query, errors='surrogatepass')}"


def address(run: str, job: Job) -> dict[str, str]:
    """The query that names a trial; ids are looked up, never joined to paths."""
    return {"run": run, "suite": job.case.suite, "case": job.case.id, "agent": job.variant, "trial": str(job.index)}


def rerun_command(workspace: Workspace, run: RunManifest, job: Job) -> str:
    """The command line that runs a trial's case again, with the same seeds."""
    return rerun(workspace.places.cases, run, job)
