"""Measure replay: `python bench/replay.py` records 1,000 trials, replays them and writes bench/replay.md.

The agent asks its model once, with a prompt and two tools of usual length, and does nothing else. What replay costs is the
difference to the same cases with an agent that asks nobody: loading the recordings, sending them to workers, finding each
one by what is asked, and recording the call in the trace.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine import ROOT, Cost, measured

AGENT = """
from harness.llm.request import Message, ModelReply, ModelRequest, Tool

PROMPT = "You answer one question about a portfolio, from figures that tools return and from nothing else. " * 12
SCHEMA = {"type": "object", "properties": {"ticker": {"type": "string", "description": "Symbol, such as VTI."},
          "days": {"type": "integer", "minimum": 1, "maximum": 60}}, "additionalProperties": False}
TOOLS = (Tool("get_price", "The last price of a symbol, with its date.", SCHEMA),
         Tool("get_activities", "Trades, dividends and deposits of the last days.", SCHEMA))

def policy(request, *, seed, noise):
    return ModelReply(f"you said {request.messages[-1].text}; " + "the answer has a usual length. " * 12)

async def asks(request, context):
    asked = ModelRequest((Message("user", str(request.input)),), system=PROMPT, tools=TOOLS)
    return (await context.model.complete(asked)).text

async def echo(request, context):
    return f"you said {request.input}"
"""
TRIALS = 1000


def workspace(folder: Path, agent: str, *, repeat: int) -> Path:
    """A workspace with so many cases, each tried so often."""
    root = folder / f"{agent}-{repeat}"
    for name in ("agents", "cases"):
        (root / name).mkdir(parents=True)
    (root / "agents/mine.py").write_text(AGENT)
    model = 'model = "offline"\npolicy = "agents/mine.py:policy"\n' if agent == "asks" else ""
    (root / "harness.toml").write_text(f'[agents.{agent}]\ntarget = "agents/mine.py:{agent}"\n{model}')
    checks = "[{type: contains, value: said}, {type: starts-with, value: you}, {type: icontains, value: NUMBER}]"
    lines = [f"  - {{id: c{n}, input: number {n}, assert: {checks}}}\n" for n in range(TRIALS // repeat)]
    head = f"agent: {agent}\ndefaults: {{repeat: {repeat}}}\ncases:\n"
    (root / "cases/demo.yaml").write_text(head + "".join(lines))
    return root


def run(root: Path, *words: str) -> Cost:
    """One evaluation."""
    cost = measured([sys.executable, "-m", "harness", "eval", *words], root)
    if cost.code != 0:
        raise SystemExit(f"the evaluation itself failed in {root}: exit code {cost.code}")
    return cost


def best(root: Path, *words: str, times: int = 3) -> Cost:
    """The cheapest of several evaluations."""
    return min((run(root, *words) for _ in range(times)), key=lambda cost: cost.cpu_s)


def spans(root: Path) -> float:
    """Wall seconds between the first trial's start and the last trial's end in the latest run, as stored."""
    sys.path.insert(0, str(ROOT))
    from harness.store import Store

    with Store.open(root / ".harness/results.db", readonly=True) as store:
        trials = [
            (datetime.fromisoformat(item.started_at).timestamp(), item.outcome.trace.duration_s)
            for item in store.results(store.run("latest").id)
        ]
    assert len(trials) == TRIALS
    return max(start + length for start, length in trials) - min(start for start, _ in trials)


def rows(folder: Path) -> list[tuple[str, str, str]]:
    """Every measurement: what, how much, the goal."""
    made = []
    for repeat, layout in ((1, "1,000 cases"), (10, "100 cases × 10")):
        root, idle = workspace(folder, "asks", repeat=repeat), workspace(folder, "echo", repeat=repeat)
        first = run(root, "--record")
        files = list((root / "cassettes").rglob("*.yaml"))
        size = sum(file.stat().st_size for file in files) / 1024
        bare = best(idle)
        played = best(root, "--replay")
        took = min((run(root, "--replay"), spans(root))[1] for _ in range(3))
        own = (played.cpu_s - bare.cpu_s) / TRIALS * 1000
        made += [
            (f"{layout}: recorded", f"{first.cpu_s:.2f} s CPU, {len(files)} files, {size:.0f} kB", ""),
            (f"{layout}: replayed, first to last trial", f"{TRIALS / took:,.0f} trials a second of wall", "≥ 1,000"),
            (f"{layout}: the whole command", f"{played.wall_s:.2f} s wall, {played.cpu_s:.2f} s CPU", ""),
            (f"{layout}: an agent that asks nobody", f"{bare.wall_s:.2f} s wall, {bare.cpu_s:.2f} s CPU", ""),
            (f"{layout}: of replay's own", f"{own:.2f} ms CPU a trial", "≤ 1 ms"),
        ]
        shutil.rmtree(root)
    return made


def main() -> None:
    """Measure, print and write."""
    with tempfile.TemporaryDirectory() as name:
        found = rows(Path(name))
    lines = ["| what | measured | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in found)]
    print("\n".join(lines))
    write(lines)


def write(lines: Sequence[str]) -> None:
    """Keep the table, with what it was measured on."""
    head = [
        "# What replay costs",
        "",
        "Written by `python bench/replay.py`: 1,000 trials of an agent that asks its model once, recorded and replayed by the",
        "whole command. No key is set and no connection opened; figures of a busy machine are upper bounds.",
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
    ]
    (Path(__file__).parent / "replay.md").write_text("\n".join([*head, *lines, ""]))


if __name__ == "__main__":
    main()
