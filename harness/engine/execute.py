"""Run jobs and hand over how each ended, without scoring or storing: the engine's narrow waist."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model import Job
from harness.workspace import Workspace

from .options import RunOptions
from .pool import OnOutcome, Pool


async def execute(
    jobs: Sequence[Job], workspace: Workspace, *, options: RunOptions, on_outcome: OnOutcome
) -> tuple[str, ...]:
    """Run every job once and call `on_outcome` as each ends; returns warnings about the agents.

    Raises:
        AgentError: when an agent cannot be loaded; nothing was run.
        Incomplete: when workers cannot be started.
    """
    pool = Pool(workspace, jobs, options, on_outcome)
    await pool.run()
    return tuple(pool.warnings)
