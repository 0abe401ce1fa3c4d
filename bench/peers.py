"""Run the same evaluations with other frameworks beside ours: `python bench/peers.py` writes bench/peers.md.

The newest releases of pydantic-evals, inspect-ai and deepeval are installed into throw-away environments first. Every command
is a process of its own whose CPU time, children included, wall time and memory are taken; the systems take turns, and medians
are compared, so that the ratios hold on a machine that is busy or changes its speed. Each is run once before, so that compiled
modules are there.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import peers_programs as programs
from engine import ROOT, Cost, measured

SPANS = "pydantic-evals, calls as spans"
PEERS = {
    "pydantic-evals": "pydantic-evals", "Inspect": "inspect-ai", "DeepEval": "deepeval", SPANS: "pydantic-evals[logfire]",
}  # fmt: skip
CHECKS = "[{type: contains, value: said}, {type: starts-with, value: you}, {type: icontains, value: NUMBER}]"
EVALUATORS = "[{Contains: said}, {StartsWith: you}, {Contains: {value: NUMBER, case_sensitive: false}}]"

System = tuple[str, list[str], Path]
"""Name, command without its last arguments, folder."""


def install(folder: Path) -> dict[str, tuple[str, str]]:
    """Environments of the peers that can be had: name to interpreter and version."""
    there = {}
    for name, package in PEERS.items():
        place = folder / package
        python = place / "bin/python"
        uv = shutil.which("uv")
        try:
            if python.exists():
                pass
            elif uv:
                subprocess.run([uv, "venv", "-q", "--python", sys.executable, place], check=True)
                subprocess.run([uv, "pip", "install", "-q", "--python", python, package], check=True)
            else:
                subprocess.run([sys.executable, "-m", "venv", place], check=True)
                subprocess.run([python, "-m", "pip", "install", "-q", package], check=True)
            distribution = package.partition("[")[0]
            code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
            version = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{package} is left out: {error}", file=sys.stderr)
            continue
        there[name] = (str(python), version)
    return there


def take_turns(systems: Sequence[System], words: Mapping[str, Sequence[str]], times: int) -> dict[str, Cost]:
    """The median cost of each system, after one run that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name, _, _ in systems}
    for _ in range(times + 1):
        for name, command, folder in systems:
            shutil.rmtree(folder / ".harness", ignore_errors=True)
            cost = measured([*command, *words[name]], folder)
            if cost.code != 0:
                raise SystemExit(f"{name} failed with {cost.code}: {' '.join(command)} {' '.join(words[name])}")
            costs[name].append(cost)
    return {
        name: Cost(*(statistics.median(getattr(cost, part) for cost in found[1:]) for part in ("wall_s", "cpu_s", "peak_mb")), 0)
        for name, found in costs.items()
    }  # fmt: skip


def suites(folder: Path, count: int, wait: float) -> Path:
    """One workspace and one dataset file with the same cases."""
    root = folder / f"yaml-{count}-{wait}"
    if root.exists():
        return root
    for name in ("agents", "cases"):
        (root / name).mkdir(parents=True)
    waits = f"    await asyncio.sleep({wait})\n" if wait else ""
    agent = f"import asyncio\n\nasync def echo(request, context):\n{waits}    return f'you said {{request.input}}'\n"
    (root / "agents/mine.py").write_text(agent)
    (root / "harness.toml").write_text('[agents.echo]\ntarget = "agents/mine.py:echo"\n')
    for start in range(0, count, 1000):
        rows = [
            f"  - {{id: c{n}, input: number {n}, assert: {CHECKS}}}\n" for n in range(start, min(start + 1000, count))
        ]
        (root / f"cases/demo{start}.yaml").write_text("agent: echo\ncases:\n" + "".join(rows))
    if count <= 1000:
        rows = [f"- {{name: c{n}, inputs: number {n}, evaluators: {EVALUATORS}}}\n" for n in range(count)]
        (root / "dataset.yaml").write_text("cases:\n" + "".join(rows))
    return root


class Bench:
    """Everything that is measured, on one machine at one time."""

    def __init__(self, folder: Path, peers: Mapping[str, tuple[str, str]], times: int) -> None:
        self.folder, self.peers, self.times = folder, peers, times
        self.rows: list[tuple[str, str, str, str]] = []

    def program(self, name: str, text: str) -> str:
        """Write a program to a file."""
        path = self.folder / f"run_{name}.py"  # not the name of a package
        path.write_text(text)
        return str(path)

    def ours(self, root: Path) -> System:
        """The command line on a workspace, with all trials at once."""
        return "finharness", [sys.executable, "-m", "harness", "eval", "-j", "1000"], root

    def told(
        self, what: str, found: Mapping[str, float], unit: str, goal: str, *, against: str = "pydantic-evals"
    ) -> None:
        """Add a row: all figures, and ours as a share of the first peer's."""
        shown = " · ".join(f"{name} {figure:.3g} {unit}" for name, figure in found.items())
        ratio = f"{found['finharness'] / found[against]:.2f}" if found.get(against) else ""
        self.rows.append((what, shown, ratio, goal))
        print(" | ".join(self.rows[-1]), flush=True)

    def small(self) -> None:
        """One case, further cases, and waiting together."""
        files = {count: suites(self.folder, count, 0) for count in (1, 1000)}
        costs: dict[int, dict[str, Cost]] = {}
        for count, root in files.items():
            systems = [self.ours(root)]
            if "pydantic-evals" in self.peers:
                python = self.peers["pydantic-evals"][0]
                systems.append(("pydantic-evals", [python, self.program("pydantic", programs.PYDANTIC)], root))
            words = {"finharness": [], "pydantic-evals": [str(count), "0", "dataset.yaml"]}
            costs[count] = take_turns(systems, words, self.times)
        self.told("one case, cases in a YAML file: CPU", {n: c.cpu_s for n, c in costs[1].items()}, "s", "≤ 0.6 s")
        each = {name: (costs[1000][name].cpu_s - costs[1][name].cpu_s) / 0.999 for name in costs[1]}
        self.told("each further trial, cases in a YAML file: CPU", each, "ms", "≤ 1.0 ×")
        self.built()

    def built(self) -> None:
        """Cases made in Python: no file is read, and no report is written."""
        many = {"finharness": 1000, "pydantic-evals": 1000, "bare asyncio": 1000, "Inspect": 200, "DeepEval": 200}
        systems = self._programs()
        one = take_turns(systems, {name: ["1", "0"] for name, _, _ in systems}, self.times)
        more = take_turns(systems, {name: [str(many[name]), "0"] for name, _, _ in systems}, self.times)
        each = {name: (more[name].cpu_s - one[name].cpu_s) / (many[name] - 1) * 1000 for name in one}
        self.told("one case, cases made in Python: CPU", {n: c.cpu_s for n, c in one.items()}, "s", "≤ 0.6 s")
        self.told("each further trial, cases made in Python: CPU", each, "ms", "≤ 1.0 ×")
        waits = take_turns(systems, {name: ["1000", "0.05"] for name, _, _ in systems}, max(1, self.times - 2))
        told = {n: c.wall_s for n, c in waits.items()}
        self.told("1,000 trials of 50 ms, all at once: wall of the whole command", told, "s", "≤ 0.5 ×")

    def _programs(self) -> list[System]:
        texts = {"pydantic-evals": programs.PYDANTIC, "Inspect": programs.INSPECT, "DeepEval": programs.DEEPEVAL}
        systems: list[System] = [
            ("finharness", [sys.executable, self.program("ours", programs.FINHARNESS)], self.folder),
            ("bare asyncio", [sys.executable, self.program("bare", programs.BARE)], self.folder),
        ]
        for name, (python, _) in self.peers.items():
            if name not in texts:
                continue
            systems.append((name, [python, self.program(PEERS[name].replace("-", "_"), texts[name])], self.folder))
        return systems

    def large(self, counts: Sequence[int]) -> None:
        """Many cases: linear, and how much memory."""
        base = None
        for count in counts:
            root = suites(self.folder, count, 0)
            cost = take_turns([self.ours(root)], {"finharness": []}, 1)["finharness"]
            base = base or (count, cost)
            per = cost.cpu_s / base[1].cpu_s / (count / base[0])
            said = f"{cost.cpu_s:.1f} s CPU, largest process {cost.peak_mb:.0f} MB"
            goal = f"linear; ≤ {150 + count / 100:.0f} MB"
            self.rows.append((f"{count:,} trials", said, f"{per:.2f} of proportional", goal))
            print(" | ".join(self.rows[-1]), flush=True)

    def transcripts(self) -> None:
        """500 transcripts of 100 kB."""
        prose = "\n".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
        for what, more in (("their messages recur", ""), ("no two messages alike", programs.TRANSCRIPT_ANEW)):
            (self.folder / "prose.txt").write_text(prose)
            ours = self._transcripts(programs.FINHARNESS_TRANSCRIPTS, more)
            systems: list[System] = [ours]
            words: dict[str, list[str]] = {"finharness": []}
            for name, peer, text, given in (
                ("pydantic-evals", "pydantic-evals", programs.PYDANTIC_TRANSCRIPTS, ["500"]),
                ("pydantic-evals, kept as JSON", "pydantic-evals", programs.PYDANTIC_TRANSCRIPTS, ["500", "keep"]),
                (SPANS, SPANS, programs.PYDANTIC_SPANS, ["500"]),
            ):
                if peer in self.peers:
                    code = text.replace(programs.TRANSCRIPT, programs.TRANSCRIPT + more)
                    program = self.program(f"{'spans' if peer == SPANS else 'long'}{len(more)}", code)
                    systems.append((name, [self.peers[peer][0], program], self.folder))
                    words[name] = given
            found = {n: c.cpu_s for n, c in take_turns(systems, words, max(1, self.times - 2)).items()}
            self.told(f"500 transcripts of 100 kB, {what}: CPU", found, "s", "≤ 1.0 ×", against=SPANS)
            self._stored(ours)

    def _transcripts(self, code: str, more: str) -> System:
        root = self.folder / f"transcripts{len(more)}"
        for name in ("agents", "cases"):
            (root / name).mkdir(parents=True)
        code = code.replace(programs.TRANSCRIPT, programs.TRANSCRIPT + more)
        (root / "agents/mine.py").write_text(code.replace('"prose.txt"', repr(str(self.folder / "prose.txt"))))
        (root / "harness.toml").write_text('[agents.long]\ntarget = "agents/mine.py:agent"\n')
        rows = (f"  - {{id: c{n}, input: '{n}', assert: [{{type: contains, value: done}}]}}\n" for n in range(500))
        (root / "cases/demo.yaml").write_text("agent: long\ncases:\n" + "".join(rows))
        return "finharness", [sys.executable, "-m", "harness", "eval"], root

    def _stored(self, ours: System) -> None:
        """How much of the disk they take."""
        root = ours[2]
        shutil.rmtree(root / ".harness", ignore_errors=True)
        measured(ours[1], root)
        stored = sum(file.stat().st_size for file in (root / ".harness").glob("results.db*"))
        self.rows.append(("stored size of their 50 MB", f"{stored / 1e6:.1f} MB", f"{stored / 50e6:.2f}", "≤ 0.25"))
        print(" | ".join(self.rows[-1]), flush=True)


def main() -> None:
    """Install, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="runs of each command that count")
    parser.add_argument("--full", action="store_true", help="also 100,000 trials")
    parser.add_argument("--venvs", type=Path, help="folder with environments that are there already")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peers = install(options.venvs or folder / "venvs")
        (folder / "work").mkdir()
        bench = Bench(folder / "work", peers, options.times)
        bench.small()
        bench.transcripts()
        bench.large([1000, 10_000, *([100_000] if options.full else [])])
    write(bench.rows, peers, options.times)


def write(rows: Sequence[Sequence[str]], peers: Mapping[str, tuple[str, str]], times: int) -> None:
    """Keep the table."""
    versions = ", ".join(f"{name} {version}" for name, (_, version) in peers.items())
    text = [
        "# Beside other frameworks", "", *(__doc__ or "").strip().splitlines(), "",
        f"{versions}. {os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}, medians of {times}.",
        "", "| what | measured | finharness to pydantic-evals | goal |", "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows), "",
        "Tool calls are seen by pydantic-evals' checks when they are recorded as spans, which is its own way, so the transcripts are",
        "compared with that; without, it keeps the agents' words and never looks at a call.", "",
        "finharness isolates agents in worker processes and has every result on disk before it is reported; pydantic-evals",
        "does neither, and keeps a report in memory. Inspect writes a log file; DeepEval was run without its cache.",
        "promptfoo is not a Python package and was not installed: figures of an earlier measurement on two cores are 4.1 s CPU",
        "for one case, 9 ms for each further one and 13.4 s for 1,000 trials of 50 ms.", "",
    ]  # fmt: skip
    (Path(__file__).parent / "peers.md").write_text("\n".join(text))


if __name__ == "__main__":
    main()
