"""Time the Retirement agent's simulation: 10,000 paths of 55 years must take at most 0.3 s of CPU, alone on one core.

Run it from the project's root: `python bench/retirement.py`. It takes the CPU time of this process, on one core where the system lets
it choose, after numpy is imported; the figures in retirement.md come from here.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LIMIT_S = 0.3
REPEATS = 15
PATHS = 10_000


def timed(run: Callable[[int], Any]) -> list[float]:
    """CPU seconds of each repeat, the first included."""
    found = []
    for seed in range(REPEATS):
        started = time.process_time()
        run(seed)
        found.append(time.process_time() - started)
    return found


def main() -> int:
    """Measure, print, and fail beyond the limit."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from harness.workspace import load_target

    plan_class, draw, summary, success_rate, growth_of = (
        load_target(ROOT, f"agents/_shared/montecarlo.py:{name}")
        for name in ("Plan", "draw", "summary", "success_rate", "growth_of")
    )
    plan = plan_class(99_437.50, 0.0579, 0.1297, years=25, contribution=10_000, income=60_000, inflation=0.03)
    growth = growth_of(plan, draw(plan.horizon, PATHS, seed=0))
    rows = {
        "simulation with all its figures": timed(lambda seed: summary(plan, draw(plan.horizon, PATHS, seed=seed))),
        "random numbers alone": timed(lambda seed: draw(plan.horizon, PATHS, seed=seed)),
        "success rate on known paths (one step of `solve`)": timed(lambda _: success_rate(plan, growth)),
    }
    print(f"{PATHS:,} paths, {plan.horizon} years, {REPEATS} repeats, Python {sys.version.split()[0]}")
    for name, found in rows.items():
        print(f"{name}: median {statistics.median(found) * 1000:.1f} ms, worst {max(found) * 1000:.1f} ms of CPU")
    worst = max(rows["simulation with all its figures"])
    print(f"limit {LIMIT_S * 1000:.0f} ms: {'kept' if worst <= LIMIT_S else 'EXCEEDED'}")
    return 0 if worst <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
