"""What the grading side of a run offers to its checks."""

from __future__ import annotations

import os

from harness.registry import Services
from harness.workspace import Workspace


def services_of(
    workspace: Workspace, *, untrusted: bool = False, limits: str | None = None, taped: str = ""
) -> Services:
    """The services that a workspace is configured to have; without a judge, nothing of one is imported.

    Args:
        workspace: Its judge, models and rubrics.
        untrusted: Whether code named in suites is refused.
        limits: Where the run's governor is asked before the judge's calls; None where there is none.
        taped: `record` or `replay`, where what judges say is recorded or played.

    Raises:
        ConfigError: for a judge that cannot be connected to.
        SuiteError: for a rubric that cannot be read.
    """
    if workspace.judge.model is None:
        return Services(root=workspace.root, untrusted=untrusted)
    from harness.judge import make

    return Services(
        root=workspace.root, untrusted=untrusted, judge=make(workspace, os.environ, limits=limits, taped=taped)
    )
