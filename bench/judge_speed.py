"""Measure how fast answers are judged, and how fast verdicts are checked against labels.

usage: python bench/judge_speed.py      (writes bench/judge_speed.md)

1. 200 stored answers are judged by `finharness score` with a local server that speaks a provider's protocol and answers after
   200 ms, at concurrency 200. The server counts its requests: one for each answer, and one canary for the run.
2. `finharness judge check` reads a file of 10,000 made-up labels and verdicts with lengths, in both orders.

Both are whole processes, start included. Time inside: from the first request to the last reply.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.model import Case, CheckSpec, Job, Outcome, Result, RunManifest, Trace, TurnTrace
from harness.store import Store
from harness.testing import Fault, ModelReply, ModelServer, Usage

ROOT = Path(__file__).parent.parent
ANSWERS, ROWS, DELAY_S, REPEATS = 200, 10_000, 0.2, 3
PROVIDERS = ("bedrock", "anthropic", "litellm")

COMPILED = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "finharness-judge-speed"),
    "PYTHONPATH": str(ROOT),
}
"""Environment in which modules are kept compiled, as they are after `pip install`."""


class SlowJudge(ModelServer):
    """A server whose every reply takes its time, and that notes when requests come and go."""

    def __init__(self) -> None:
        super().__init__(judge)
        self.times: list[float] = []

    def _decided(self, *arguments: object) -> object:  # type: ignore[override]
        self.times.append(time.perf_counter())
        return super()._decided(*arguments)  # type: ignore[arg-type]


def judge(request: object) -> Fault:
    """Follow the form: no to the canary, yes to all else."""
    system, text = request.system, request.messages[0].text  # type: ignore[attr-defined]
    ticket = re.search(r'"ticket" first, exactly (\w+)', system)[1]  # type: ignore[index]
    asked = re.findall(r"^- (\w+):", text, re.MULTILINE)
    votes = {
        name: {"evidence": "", "rationale": "so", "verdict": "no" if name == "names_a_risk" else "yes"}
        for name in asked
    }
    reply = ModelReply(json.dumps({"ticket": ticket, "criteria": votes}), stop_reason="end", usage=Usage(900, 60, 0))
    return Fault("slow", reply=reply, seconds=DELAY_S)


def main() -> None:
    """Measure and write the table."""
    rows = [f"| {provider} | {line}" for provider in PROVIDERS for line in [judging(provider)]]
    page = PAGE.format(judging="\n".join(rows), checking=checking())
    (ROOT / "bench" / "judge_speed.md").write_text(page, encoding="utf-8")
    print(page)


def judging(provider: str) -> str:
    """Judge the stored answers, a few times: inside one process, and as a whole command."""
    inside, walls, cpus, requests = [], [], [], 0
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder, SlowJudge() as server:
            workspace(Path(folder), server, provider)
            wall, cpu = measured(["score", "--stored"], Path(folder), server)
            requests = len(server.requests)
            answered(Path(folder))
        walls.append(wall)
        cpus.append(cpu)
        with tempfile.TemporaryDirectory() as folder, SlowJudge() as server:
            workspace(Path(folder), server, provider)
            inside.append(seconds_inside(Path(folder), server))
    told = [f"{statistics.median(column):.2f} s" for column in (*zip(*inside, strict=True), walls, cpus)]
    return f"{requests} | {' | '.join(told)} |"


def seconds_inside(folder: Path, server: ModelServer) -> tuple[float, float]:
    """Wall and CPU seconds of judging alone: from 200 outcomes in memory to 200 results."""
    environ = {**COMPILED, **server.environ}
    done = subprocess.run(
        [sys.executable, __file__, "--inside", str(folder)], check=True, env=environ, capture_output=True, text=True
    )
    wall, cpu = done.stdout.split()
    return float(wall), float(cpu)


def judge_inside(folder: Path) -> None:
    """Judge the stored answers, and print what it took once the libraries are loaded."""
    import asyncio

    from harness.judge import make
    from harness.registry import Services
    from harness.score import regrade
    from harness.workspace import Workspace

    found = Workspace.find(folder)
    with Store.open(found.store, readonly=True) as store:
        results = list(store.results("r1", traces=True))
    judge = make(found, os.environ)
    assert judge is not None

    async def run() -> None:
        services = Services(root=folder, judge=judge)
        wall, cpu = time.perf_counter(), time.process_time()
        graded = await asyncio.gather(*(regrade(result, services) for result in results))
        print(time.perf_counter() - wall, time.process_time() - cpu)
        assert {result.status for result in graded} == {"passed"}
        await judge.close()

    asyncio.run(run())


def workspace(folder: Path, server: ModelServer, provider: str) -> None:
    """A workspace with a judge, and a run of answers that nobody has judged."""
    settings = server.settings(provider, "claude-sonnet-5" if provider == "anthropic" else "gpt-5")  # type: ignore[arg-type]
    (folder / "harness.toml").write_text(
        f'[run]\nconcurrency = {ANSWERS}\n[judge]\nmodel = "j"\n[models.j]\nprovider = "{settings.provider}"\n'
        f'id = "{settings.id}"\nbase_url = "{settings.base_url}"\n'
    )
    check = CheckSpec(type="llm-rubric", params={"value": "The answer is polite."})
    jobs = [
        Job(Case(id=f"c{n:03}", suite="s", agent="a", input="Hi", checks=(check,)), "a", 0, n) for n in range(ANSWERS)
    ]
    results = [
        Result(job, Outcome("completed", Trace(answer=f"Good day, client {n}.", turns=(TurnTrace(f"Good day, client {n}."),))),
               (), "undecided", None, started_at="2026-11-20T10:00:00.000+00:00")
        for n, job in enumerate(jobs)
    ]  # fmt: skip
    with Store.open(folder / ".harness" / "results.db") as store:
        store.begin(RunManifest(id="r1", started_at="2026-11-20T10:00:00Z", suites=("s",)), jobs)
        store.add("r1", results)
        store.end("r1", "complete")


def answered(folder: Path) -> None:
    """Every answer must have been decided."""
    with Store.open(folder / ".harness" / "results.db", readonly=True) as store:
        passed = sum(result.status == "passed" for result in store.results(store.run().id))
    if passed != ANSWERS:
        sys.exit(f"only {passed} of {ANSWERS} answers were judged")


def measured(words: list[str], folder: Path, server: ModelServer | None = None) -> tuple[float, float]:
    """Wall and CPU seconds of one command."""
    environ = {**COMPILED, **(server.environ if server is not None else {})}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words], check=False, cwd=folder, env=environ, capture_output=True, text=True
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def checking() -> str:
    """Check 10,000 verdicts in both orders, from each kind of file."""
    chance = random.Random(1)
    rows = []
    for number in range(ROWS):
        label = chance.choice(["yes", "no"])
        said = label if chance.random() < 0.85 else chance.choice(["yes", "no", "cannot_tell", ""])
        rows.append({"id": f"r{number}", "conversation": number // 5, "annotator1": label,
                     "annotator2": label if chance.random() < 0.9 else "no", "verdict": said,
                     "verdict_swapped": said if chance.random() < 0.9 else "no", "length": chance.randint(20, 4000)})  # fmt: skip
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        head = ",".join(rows[0])
        (place / "rows.csv").write_text("\n".join([head, *(",".join(map(str, row.values())) for row in rows)]) + "\n")
        for name in ("rows.jsonl", "rows.csv"):
            command = ["judge", "check", name, "--cluster", "conversation", "--rogan-gladen", "-o", "found.json"]
            found = [measured(command, place) for _ in range(REPEATS)]
            wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
            lines.append(f"| {name} | {ROWS:,} | {wall:.2f} s | {cpu:.2f} s |")
    return "\n".join(lines)


PAGE = """\
# Speed of judging

Written by `python bench/judge_speed.py`; medians of three whole processes, start included.

200 stored answers, judged through a provider's own library, with a local server that takes 200 ms for each reply, at concurrency
200. One request for each answer, and one canary for the run. "Judging" is from 200 outcomes in memory to 200 results, the libraries
loaded; "command" is `finharness score` as a whole: Python, the provider's library and the store included; most of it is importing that library
(modules compiled): boto3 0.4 s, anthropic 2 to 3 s, litellm 5 s.

| provider | requests | judging, wall | judging, CPU | command, wall | command, CPU |
|---|---|---|---|---|---|
{judging}

`finharness judge check` on labels of two people and a judge's verdicts in both orders, with lengths and clusters.

| file | rows | wall | CPU |
|---|---|---|---|
{checking}
"""

if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        judge_inside(Path(sys.argv[2]))
    else:
        main()
