"""Reproduce the figures that tau-bench published, from its recorded runs.

    python bench/tau_bench.py

Reads 200 recorded runs of gpt-4o (airline, 50 tasks, 4 trials each), grades them without calling any agent, and prints
pass^k beside the published figures, with the standard error that takes the trials of a task together.
"""

from __future__ import annotations

import sys
from pathlib import Path

DATA = Path(__file__).parent / "data" / "tau_bench_gpt-4o-airline.json.gz"
PUBLISHED = (0.420, 0.273, 0.220, 0.200)


def main() -> int:
    import asyncio
    import tempfile

    from harness.importers.tau_bench import read_tau_bench
    from harness.model import Result, RunManifest
    from harness.registry import Services
    from harness.score import score
    from harness.stats import bernoulli_se
    from harness.store import Store
    from harness.summary import summarise

    recording = read_tau_bench(DATA, suite="airline", agent="gpt-4o")

    async def graded() -> list[Result]:
        return [await score(job, outcome, Services(untrusted=True)) for job, outcome in recording.trials]

    manifest = RunManifest(id="tau-bench", started_at="2024-06-12T00:00:00Z", source="import")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "results.db") as store:
        store.begin(manifest, [job for job, _ in recording.trials])
        store.add(manifest.id, asyncio.run(graded()))
        store.end(manifest.id, "complete")
        summary = summarise(store.run(), store.results(manifest.id))

    print("k   pass^k  published   pass@k")
    for repeat, published in zip(summary.repeats, PUBLISHED, strict=True):
        print(f"{repeat.k}   {repeat.every:.3f}   {published:.3f}       {repeat.some:.3f}")
    independent = bernoulli_se(summary.rate.value or 0.0, summary.rate.decided)
    print(
        f"standard error of pass^1: {summary.rate.se:.3f} clustered by task, {independent:.4f} if trials were independent"
    )
    equal = all(round(item.every, 3) == said for item, said in zip(summary.repeats, PUBLISHED, strict=True))
    print("equal to the published figures" if equal else "NOT equal to the published figures")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
