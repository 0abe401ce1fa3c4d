"""Run every mutant and benign change and the scorecard, and record what was noticed and what it took.

    python bench/mutate.py            writes bench/mutate.md

Wall time depends on what else the machine does; CPU time is that of the supervisor and all workers.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from pathlib import Path

from harness.detection.cardreport import markdown as card_markdown
from harness.detection.examine import Wanted, choose, examine, plan
from harness.detection.markdown import markdown, table
from harness.detection.scorecard import scorecard
from harness.detection.showing import Showing
from harness.detection.values import Findings
from harness.engine.options import RunOptions
from harness.mutation.files import registered
from harness.registry import Services
from harness.suites import load
from harness.workspace import Workspace

ROOT = Path(__file__).parents[1]
TARGET_S = 300


def main() -> int:
    workspace = Workspace.find(ROOT)
    wanted = Wanted()
    started, cpu = time.perf_counter(), _cpu()
    mutants = choose(registered(workspace), wanted)
    planned = plan(mutants, load(workspace), workspace, wanted)
    findings = examine(
        planned,
        workspace,
        options=RunOptions.of(workspace.run),
        services=Services(root=workspace.root),
        stage=lambda name, _: Showing(name),
    )
    wall, used = time.perf_counter() - started, _cpu() - cpu
    rows = scorecard()
    body = markdown(findings).partition("\n")[2]
    text = "\n\n".join([_head(findings, wall, used), body.strip(), "#" + card_markdown(rows).strip()]) + "\n"
    (ROOT / "bench" / "mutate.md").write_text(text, encoding="utf-8")
    print(text[:1500], file=sys.stderr)
    return 0 if wall <= TARGET_S else 1


def _cpu() -> float:
    """CPU seconds of this process and of those that ended."""
    return sum(
        item.ru_utime + item.ru_stime
        for item in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _head(findings: Findings, wall: float, used: float) -> str:
    benign = [item for item in findings.detections if item.mutant.is_benign]
    rows = [
        ["mutants", str(len(findings.detections) - len(benign)), ""],
        ["benign changes", str(len(benign)), ""],
        ["trials", str(findings.trials), f"{findings.control_trials} of them of unchanged agents"],
        ["wall time", f"{wall:.1f} s", f"target {TARGET_S} s: {'met' if wall <= TARGET_S else 'not met'}"],
        ["wall time of a trial", f"{1000 * wall / findings.trials:.1f} ms", "checks included"],
        ["CPU time", f"{used:.1f} s", f"{1000 * used / findings.trials:.1f} ms of a trial"],
        ["machine", platform.machine(), f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"],
    ]
    return "# Mutants, measured\n\nWritten by `python bench/mutate.py`.\n\n" + table(["", "", ""], rows)


if __name__ == "__main__":
    sys.exit(main())
