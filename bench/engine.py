"""Measure what a trial costs: `python bench/engine.py` runs everything and writes bench/engine.md.

Each row starts the command line as a user does, on a workspace made for it in a temporary folder, and counts the CPU time
of that process and all its workers. Times are given beside a bare `python -c pass` measured in the same run: machines differ.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
AGENT = """
import asyncio

async def echo(request, context):
    return f"you said {request.input}"

async def nap(request, context):
    await asyncio.sleep(0.05)
    return f"you said {request.input}"

async def mishap(request, context):
    number = int(request.input.split()[1])
    if number % 100 == 0:
        import os
        os._exit(0)
    if number % 100 == 20:
        raise ValueError("on purpose")
    return f"you said {request.input}"
"""


@dataclass(frozen=True)
class Cost:
    """What one command cost."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


def measured(words: Sequence[str], folder: Path) -> Cost:
    """Run a command in a process of its own that reports on it and on everything it started."""
    probe = (
        "import json,resource,subprocess,sys,time\n"
        "t=time.perf_counter()\n"
        "code=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL).returncode\n"
        "u=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.perf_counter()-t,u.ru_utime+u.ru_stime,u.ru_maxrss/1024,code)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its modules compiled
    said = subprocess.run(
        [sys.executable, "-S", "-c", probe, *words], cwd=folder, env=environ, capture_output=True, text=True, check=True
    ).stdout.split()
    return Cost(float(said[0]), float(said[1]), float(said[2]), int(said[3]))


def workspace(folder: Path, cases: int, agent: str) -> Path:
    """A workspace with so many cases of three checks each."""
    root = folder / f"{agent}-{cases}"
    for name in ("agents", "cases"):
        (root / name).mkdir(parents=True)
    (root / "agents/mine.py").write_text(AGENT)
    (root / "harness.toml").write_text(f'[agents.{agent}]\ntarget = "agents/mine.py:{agent}"\n')
    checks = "[{type: contains, value: said}, {type: starts-with, value: you}, {type: icontains, value: NUMBER}]"
    for start in range(0, cases, 1000):
        numbers = range(start, min(start + 1000, cases))
        lines = [f"  - {{id: c{n}, input: number {n}, assert: {checks}}}\n" for n in numbers]
        (root / f"cases/demo{start}.yaml").write_text(f"agent: {agent}\ncases:\n" + "".join(lines))
    return root


def evaluate(root: Path, *words: str, times: int = 1) -> Cost:
    """The cheapest of several evaluations."""
    command = [sys.executable, "-m", "harness", "eval", *words]
    costs = [measured(command, root) for _ in range(times)]
    if any(cost.code not in {0, 1} for cost in costs):
        raise SystemExit(f"the evaluation itself failed in {root}: exit codes {[cost.code for cost in costs]}")
    return min(costs, key=lambda cost: cost.cpu_s)


def run_phase(root: Path, concurrency: int, cases: int) -> float:
    """Wall seconds between the first trial's start and the last trial's end, as stored."""
    evaluate(root, "-j", str(concurrency))
    sys.path.insert(0, str(ROOT))
    from harness.store import Store

    with Store.open(root / ".harness/results.db", readonly=True) as store:
        spans = [
            (datetime.fromisoformat(item.started_at).timestamp(), item.outcome.trace.duration_s)
            for item in store.results(store.run("latest").id)
        ]
    assert len(spans) == cases
    return max(start + length for start, length in spans) - min(start for start, _ in spans)


def rows(folder: Path, *, quick: bool) -> list[tuple[str, str, str]]:
    """Every measurement: what, how much, the goal."""
    bare = min((measured([sys.executable, "-c", "pass"], folder) for _ in range(5)), key=lambda cost: cost.cpu_s)
    times = 1 if quick else 3
    one = evaluate(workspace(folder, 1, "echo"), times=times)
    thousand = evaluate(workspace(folder, 1000, "echo"), times=times)
    each = (thousand.cpu_s - one.cpu_s) / 999 * 1000
    made = [
        ("`python -c pass`", f"{bare.cpu_s:.3f} s CPU", ""),
        (
            "1 case",
            f"{one.cpu_s:.2f} s CPU ({one.cpu_s / bare.cpu_s:.0f} × bare), {one.wall_s:.2f} s wall",
            "≤ 0.6 s CPU",
        ),
        ("1,000 cases, no latency", f"{thousand.cpu_s:.2f} s CPU, {thousand.wall_s:.2f} s wall", ""),
        ("each of the 1,000", f"{each:.2f} ms CPU", "≤ 1.0 ms"),
    ]
    if not quick:
        many = evaluate(workspace(folder, 10_000, "echo"))
        growth = (many.cpu_s - one.cpu_s) / (thousand.cpu_s - one.cpu_s)
        made.append(("10,000 cases", f"{many.cpu_s:.1f} s CPU ({growth:.1f} × the 1,000)", "≤ 11 × the 1,000"))
        made.append(("peak memory, largest process", f"{many.peak_mb:.0f} MB", "< 250 MB"))
    naps = 200 if quick else 1000
    for concurrency, goal in ((10, 1.1), (100, 2.0)):
        root = workspace(folder / str(concurrency), naps, "nap")
        ideal = naps * 0.05 / concurrency
        took = run_phase(root, concurrency, naps)
        made.append((f"{naps} cases × 50 ms, {concurrency} at once", f"{took / ideal:.2f} × ideal", f"≤ {goal:g} ×"))
    if not quick:
        mishaps = evaluate(workspace(folder, 1000, "mishap"))
        made.append(
            (
                "1,000 cases, 1 % exit and 1 % raise",
                f"{mishaps.cpu_s:.1f} s CPU, exit code {mishaps.code}",
                "exit code 1",
            )
        )
    return made


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer cases, nothing written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = rows(Path(name), quick=options.quick)
    lines = ["| what | measured | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in found)]
    print("\n".join(lines))
    if not options.quick:
        write(lines)


def write(lines: Sequence[str]) -> None:
    """Keep the table, with what it was measured on."""
    head = [
        "# What a trial costs",
        "",
        "Written by `python bench/engine.py`: the whole command (`finharness eval`: load, plan, run in workers, three",
        "checks, store, report). Figures of a busy machine are upper bounds: compare them with the bare start.",
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
    ]
    (Path(__file__).parent / "engine.md").write_text("\n".join([*head, *lines, ""]))


if __name__ == "__main__":
    main()
