"""An exercise with many trials: the same ones after each other, and side by side on several worker processes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.engine.execute import execute
from harness.engine.options import RunOptions
from harness.model import Case, Job, Outcome
from harness.plan import Selection, plan
from harness.workspace import Workspace

if TYPE_CHECKING:
    from .exercises import Do, Given

_ROOT: Final = Path(__file__).parents[2]


async def side_by_side(given: Given, do: Do) -> dict[str, Any]:
    """`{agent, questions, portfolios, workers, at_once}`: what each way of running leaves, job by job."""
    workspace = Workspace.find(_ROOT)
    asked = [(question, portfolio) for portfolio in given["portfolios"] for question in given["questions"]]
    cases = [
        Case(
            id=f"J-{place:02}", suite="exercises", agent=given["agent"], input=question, world={"portfolio": portfolio}
        )
        for place, (question, portfolio) in enumerate(asked)
    ]
    jobs = plan(cases, workspace, Selection(), seed=7)
    left: dict[str, dict[str, str]] = {}

    async def run(workers: int, at_once: int) -> int:
        """Run every job; gives how many ended well."""
        found: dict[str, str] = {}
        ended: list[str] = []

        def keep(job: Job, outcome: Outcome, _started: float) -> None:
            ended.append(outcome.status)
            trace = outcome.trace
            words = [
                trace.answer,
                trace.structured,
                trace.artifacts,
                str(trace.usage),
                [step.name for step in trace.steps],
            ]
            found[job.key] = hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()[:16]

        await execute(jobs, workspace, options=RunOptions(workers=workers, concurrency=at_once), on_outcome=keep)
        left[f"{workers}"] = dict(sorted(found.items()))
        return ended.count("completed")

    serial = await do(run)(workers=1, at_once=1)
    beside = await do(run)(workers=given["workers"], at_once=given["at_once"])
    return {"jobs": len(jobs), "serial": serial, "side_by_side": beside, "left": list(left.values())}
