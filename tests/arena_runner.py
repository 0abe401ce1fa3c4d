"""One workspace of agents, good and bad, and a way to run them on real workers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from builders import a_case

from harness.engine.execute import execute
from harness.engine.options import RunOptions
from harness.model import Budget, Job, Outcome
from harness.workspace import AgentSettings, Workspace

ARENA = Path(__file__).parent / "engine" / "arena"
GOOD = [
    "echo",
    "nap",
    "plain",
    "chatty",
    "loud",
    "stream",
    "where",
    "Counter",
    "rich",
    "asks",
    "spender",
    "stubborn_spender",
    "brief_block",
    "trader",
    "provider",
    "wraps_provider",
    "modelless",
]
BAD = ["agent", "stuck", "sync_exit", "silent", "after_done", "garbled", "mistaken", "endless", "late_thread"]


def agents() -> dict[str, AgentSettings]:
    settings = {name: AgentSettings(name=name, target=f"good.py:{name}") for name in GOOD}
    settings |= {name: AgentSettings(name=name, target=f"bad.py:{name}") for name in BAD}
    settings["trader"] = AgentSettings(name="trader", target="good.py:trader", world="good.py:open_world")
    return settings


def trial(agent: str, said: Any = "hello", *, limit_s: float | None = None, name: str = "", **known: Any) -> Job:
    budget = known.pop("budget", Budget(seconds=limit_s))
    return Job(a_case(name or f"{agent}-{said}", agent=agent, input=said, budget=budget, **known), agent, 0, 7)


def run_on_workers(
    jobs: Iterable[Job], *, workspace: Workspace | None = None, warnings: list[str] | None = None, **options: Any
) -> dict[str, Outcome]:
    """Run jobs and return how each ended, by case id."""
    ended: dict[str, Outcome] = {}
    planned: Sequence[Job] = tuple(jobs)
    given = Workspace.at(ARENA, agents=agents()) if workspace is None else workspace

    def keep(job: Job, outcome: Outcome, _started: float) -> None:
        assert job.case.id not in ended, "a trial ended twice"
        ended[job.case.id] = outcome

    said = asyncio.run(execute(planned, given, options=RunOptions(**options), on_outcome=keep))
    if warnings is not None:
        warnings += said
    return ended
