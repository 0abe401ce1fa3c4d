"""Ten thousand trials of which one in twenty crashes, hangs or leaves: `python bench/misbehave.py` writes bench/misbehave.md.

Kinds take turns: the process exits with 0, segfaults, is killed, raises, hangs for good, blocks its event loop, runs out of
memory. Every status is compared with what the trial did. The supervisor's own CPU time and memory are sampled through the run,
which is not what its workers use.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.engine.options import RunOptions
from harness.engine.run import run_jobs
from harness.model import Budget, Case, CheckSpec, Job, Result, RunManifest
from harness.registry import Services
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

KINDS = ("exit", "segfault", "kill", "raise", "hang", "block", "memory")
EXPECTED = {
    "fine": ("passed", "completed", ""),
    "exit": ("failed", "agent_failed", "exit"),
    "segfault": ("failed", "agent_failed", "signal"),
    "kill": ("failed", "agent_failed", "signal"),
    "raise": ("failed", "agent_failed", "ValueError"),
    "hang": ("failed", "timed_out", "timeout"),
    "block": ("failed", "timed_out", "blocked"),
    "memory": ("failed", "agent_failed", "MemoryError"),
}
AGENT = """
import asyncio, ctypes, os, signal, time

async def agent(request, context):
    how = request.input
    await asyncio.sleep(0.005)
    if how == "exit": os._exit(0)
    if how == "segfault": ctypes.string_at(0)
    if how == "kill": os.kill(os.getpid(), signal.SIGKILL)
    if how == "raise": raise ValueError("on purpose")
    if how == "hang": await asyncio.sleep(3600)
    if how == "block": time.sleep(3600)
    if how == "memory":
        held = bytearray(10_000_000_000)
    return f"did {how}"
"""


class Watch:
    """Samples the supervisor's memory as results are stored."""

    def __init__(self) -> None:
        self.done = 0
        self.memory: list[tuple[int, float]] = []

    def begin(self, total: int, running: object) -> None:
        """Nothing to do."""

    def stored(self, results: Sequence[Result]) -> None:
        """Count, and look at the memory now and then."""
        self.done += len(results)
        if not self.memory or self.done - self.memory[-1][0] >= 500:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.memory.append((self.done, pages * os.sysconf("SC_PAGE_SIZE") / 1e6))

    def end(self) -> None:
        """Nothing to do."""


def jobs(count: int) -> list[Job]:
    """One in twenty misbehaves."""
    made = []
    for number in range(count):
        how = KINDS[number // 20 % len(KINDS)] if number % 20 == 7 else "fine"
        case = Case(
            id=f"c{number}", suite="misbehave", agent="agent", input=how, budget=Budget(seconds=2.0),
            checks=(CheckSpec(type="contains", params={"value": "did"}),),
        )  # fmt: skip
        made.append(Job(case, "agent", 0, number))
    return made


def main() -> None:
    """Run, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "mine.py").write_text(AGENT)
        workspace = Workspace.at(root, agents={"agent": AgentSettings(name="agent", target="mine.py:agent")})
        manifest = RunManifest(id="misbehave", started_at=datetime.now(UTC).isoformat(timespec="seconds"))
        planned, watch = jobs(options.trials), Watch()
        with Store.open(root / "results.db") as store:
            began, used = time.monotonic(), time.process_time()
            asyncio.run(
                run_jobs(
                    planned, manifest, workspace, store,
                    options=RunOptions(concurrency=options.concurrency), services=Services(root=root), sinks=[watch],
                )
            )  # fmt: skip
            wall, cpu = time.monotonic() - began, time.process_time() - used
            wrong: Counter[str] = Counter()
            late = 0.0
            for result in store.results("misbehave"):
                outcome = result.outcome
                found = (result.status, outcome.status, outcome.error.type if outcome.error else "")
                if found != EXPECTED[str(result.job.case.input)]:
                    wrong[f"{result.job.case.input}: {found}"] += 1
                late = max(late, outcome.trace.duration_s)
            done = store.run("misbehave").done
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    half = [size for at, size in watch.memory if at >= options.trials / 2]
    rows = [
        ("rows", f"{done:,} of {options.trials:,}", "all"),
        ("wrong statuses", f"{sum(wrong.values())} {dict(wrong) if wrong else ''}".strip(), "0"),
        ("supervisor CPU per trial", f"{cpu / options.trials * 1000:.2f} ms", "≤ 3 ms"),
        ("supervisor memory, half-way and at the end", f"{half[0]:.0f} MB, {half[-1]:.0f} MB", "flat, ≤ 200 MB"),
        ("longest trial, limit 2 s", f"{late:.2f} s", "≤ 3 s"),
        ("workers' CPU per trial", f"{(children.ru_utime + children.ru_stime) / options.trials * 1000:.2f} ms", ""),
        ("wall", f"{wall:.0f} s at concurrency {options.concurrency}", ""),
    ]
    text = [
        "# Misbehaving agents", "", *(__doc__ or "").strip().splitlines(), "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}.", "",
        "| what | measured | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows), "",
    ]  # fmt: skip
    print("\n".join(text))
    if options.trials >= 10_000:
        (Path(__file__).parent / "misbehave.md").write_text("\n".join(text))


if __name__ == "__main__":
    main()
