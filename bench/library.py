"""Measure what the whole offline case library costs: `python bench/library.py` writes bench/library.md.

Runs every case of the workspace as a user does, `finharness eval`, once, and reads the time of each trial back from the store.
Wall time depends on how many others use the machine; CPU time and the time per trial say what the library itself takes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model import Result
from harness.store import Store
from harness.workspace import Workspace

ROOT = Path(__file__).parent.parent
LIMIT_S = 60.0
"""Most wall time on two cores."""


@dataclass(frozen=True)
class Ran:
    """One run of the library."""

    wall_s: float
    cpu_s: float
    code: int
    results: tuple[Result, ...]


def run(suites: Sequence[str]) -> Ran:
    """Run suites once, and count the time of everything that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "harness", "eval", *suites, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr or done.stdout)
    run_id = json.loads(done.stdout)["run"]["id"]
    with Store.open(Workspace.find(ROOT).store, readonly=True) as store:
        results = tuple(store.results(run_id, traces=True))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(wall, cpu, done.returncode, results)


def by_suite(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    """Results by the suite of their case."""
    found: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        found[result.job.case.suite].append(result)
    return dict(sorted(found.items()))


def rows(ran: Ran) -> Iterator[str]:
    """The table: a row for each suite, with the time that its trials were under way."""
    yield "| suite | trials | passed | model calls | tool calls | median trial | slowest trial |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for suite, results in [*by_suite(ran.results).items(), ("all", list(ran.results))]:
        times = [result.outcome.trace.duration_s for result in results]
        yield (
            f"| {suite} | {len(results)} | {sum(result.status == 'passed' for result in results)} | "
            f"{sum(len(result.outcome.trace.models) for result in results):,} | "
            f"{sum(len(result.outcome.trace.tools) for result in results):,} | "
            f"{1000 * statistics.median(times):,.0f} ms | {1000 * max(times):,.0f} ms |"
        )


def told(ran: Ran, facts: Mapping[str, Any]) -> list[str]:
    """The page."""
    trials = len(ran.results)
    return [
        "# What the offline case library costs",
        "",
        f"Written by `python bench/library.py` on {facts['cores']} cores, Python {facts['python']}: every case once, offline.",
        "A trial's time runs from its start to its end while up to 32 are under way, so it is mostly waiting for others.",
        "",
        f"- wall: **{ran.wall_s:.1f} s** (limit {LIMIT_S:g} s: {'kept' if ran.wall_s <= LIMIT_S else 'NOT kept'})",
        f"- CPU: **{ran.cpu_s:.1f} s** of all processes, {1000 * ran.cpu_s / trials:.0f} ms a trial",
        f"- CPU over cores: {ran.cpu_s / facts['cores']:.1f} s, which a quiet machine comes near",
        f"- trials: {trials}, exit code {ran.code}",
        f"- load of the machine before: {facts['load']:.1f}",
        "",
        *rows(ran),
    ]


def main() -> None:
    """Run, count and write the table."""
    parser = argparse.ArgumentParser(description="Measure the case library.")
    parser.add_argument("suites", nargs="*", help="suites, instead of all")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    ran = run(options.suites)
    lines = told(ran, {"cores": os.cpu_count(), "python": platform.python_version(), "load": load})
    if not options.suites:
        (ROOT / "bench" / "library.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
