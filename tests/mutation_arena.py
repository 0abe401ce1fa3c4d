"""A workspace of small agents with a defect for every place, and a way to examine them on real workers."""

from __future__ import annotations

from pathlib import Path

from harness.detection.examine import Wanted, choose, examine, plan
from harness.detection.values import Findings
from harness.engine.options import RunOptions
from harness.mutation.files import registered
from harness.registry import Services
from harness.suites import load
from harness.workspace import Workspace

ARENA = Path(__file__).parent / "mutation" / "arena"


def examined(root: Path = ARENA, **wanted: object) -> Findings:
    """Run the mutants of a workspace with one worker."""
    workspace = Workspace.find(root)
    asked = Wanted(**wanted)  # type: ignore[arg-type]
    chosen = choose(registered(workspace), asked)
    planned = plan(chosen, load(workspace), workspace, asked)
    options = RunOptions(workers=1, timeout_s=30)
    return examine(planned, workspace, options=options, services=Services(root=workspace.root))
