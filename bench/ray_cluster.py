"""Run the same trials here and on a Ray cluster of this machine; measure what a run of a million trials is sized by.

    python bench/ray_cluster.py               writes bench/ray_cluster.md
    python bench/ray_cluster.py --quick       prints a shorter one

CPU is that of the command and of all processes that it has started and waited for.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from harness.store import Store

HERE = Path(__file__).parent
AGENT = """
import asyncio

async def worker(request, context):
    await asyncio.sleep(request.input["seconds"])
    price = context.tool(look)("VTI")
    return f"VTI costs ${price:.2f}, which is what was asked for in so many words, and nothing else."

def look(symbol):
    return 250.10
"""
TOML = '[agents.worker]\ntarget = "agents/worker.py:worker"\n'
CASES = """agent: worker
cases:
  - id: c{number}
    input: {{seconds: {seconds}}}
    repeat: {trials}
    assert: [contains: $250.10, {{type: trajectory:tool-used, name: look}}]
"""


class Measured(NamedTuple):
    """One run."""

    wall_s: float
    rate: float
    cpu_s: float
    peak_mb: float
    store_mb: float


def main() -> int:
    quick = "--quick" in sys.argv
    many, more = (500, 2_000) if quick else (2_000, 12_000)
    rows = []
    for trials, seconds, at_once in ((1, 0.0, 1), (many, 0.0, 200), (min(many, 400), 0.2, 200)):
        for where in ("local", "ray"):
            rows.append(_row((trials, at_once, seconds, where), measured(trials, seconds, at_once, where)))
            print(rows[-1], flush=True)
    first, last = (measured(count, 0.0, 200, "local") for count in (more // 4, more))
    rows.append(_row((more, 200, 0.0, "local"), last))
    text = "\n".join([HEAD, *rows, "", _sizes(first, last, more // 4, more), ""])
    if quick:
        print(text)
    else:
        (HERE / "ray_cluster.md").write_text(text, "utf-8")
    return 0


def measured(trials: int, seconds: float, at_once: int, where: str) -> Measured:
    """One run of the command in a workspace of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        per = min(trials, 10_000)
        files = {"agents/worker.py": AGENT, "harness.toml": TOML}
        for number in range(-(-trials // per)):
            files[f"cases/c{number}.yaml"] = CASES.format(number=number, seconds=seconds, trials=per)
        for file, text in files.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        words = [sys.executable, "-m", "harness", "eval", "--executor", where, "-j", str(at_once), "--workers", "2"]
        began = time.perf_counter()
        with (folder / "out.txt").open("wb") as out:
            process = subprocess.Popen(words, cwd=folder, stdout=out, stderr=out)
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit((folder / "out.txt").read_text()[-3000:])
        disk = sum(file.stat().st_size for file in (folder / ".harness").glob("results.db*"))
        cpu = usage.ru_utime + usage.ru_stime
        return Measured(wall, _rate(folder, trials), cpu, usage.ru_maxrss / 1024, disk / 1e6)


def _rate(folder: Path, trials: int) -> float:
    """Trials a second, from the start of the first to the end of the run."""
    with Store.open(folder / ".harness" / "results.db", readonly=True) as store:
        row = store.run("latest")
        began = min(datetime.fromisoformat(result.started_at) for result in store.results(row.id))
    assert row.ended_at is not None
    return trials / max(1.0, (datetime.fromisoformat(row.ended_at) - began).total_seconds())


def _row(about: tuple[int, int, float, str], found: Measured) -> str:
    trials, at_once, seconds, where = about
    return (
        f"| {trials:,} | {at_once} | {seconds:g} s | {where} | {found.wall_s:.1f} | {found.rate:,.0f} | {found.cpu_s:.1f} | "
        f"{found.peak_mb:.0f} | {found.store_mb * 1000 / trials:.2f} |"
    )


def _sizes(first: Measured, last: Measured, fewer: int, more: int) -> str:
    trials = more - fewer
    cpu_ms = (last.cpu_s - first.cpu_s) / trials * 1000
    memory_kb = (last.peak_mb - first.peak_mb) / trials * 1000
    disk_kb = (last.store_mb - first.store_mb) / trials * 1000
    return (
        f"What each further trial takes here, agent included (between {fewer:,} and {more:,} trials): **{cpu_ms:.2f} ms of CPU**, "
        f"**{memory_kb:.2f} kB of memory**, **{disk_kb:.2f} kB of disk**. A million such trials: {cpu_ms * 1000 / 3600:.2f} CPU hours, "
        f"{memory_kb:.1f} GB of memory, {disk_kb:.1f} GB of disk."
    )


def _version() -> str:
    from importlib.metadata import version

    return version("ray")


HEAD = f"""# Trials on Ray, and what a large run takes

`python bench/ray_cluster.py` on {os.cpu_count()} cores, Python {platform.python_version()}, Ray {_version()}. The cluster is this machine's own
(`--executor ray`), so that the same cores do the work: the figures show what Ray costs, not what more machines bring. The agent waits, calls
one tool and answers; two checks. The first two rows are runs of one trial, so that they show what starting takes. `trials/s` counts from the
start of the first trial.

| trials | at once | each waits | executor | wall s | trials/s | CPU s | peak MB | store, kB/trial |
|---|---|---|---|---|---|---|---|---|"""


if __name__ == "__main__":
    sys.exit(main())
