"""Measure what it costs to start: the help page and a one-case evaluation, as ratios to a bare Python interpreter.

usage: python bench/startup.py      (writes bench/startup.md)

Each figure is the CPU time (user + system, children included) of a whole process, the median of several runs; the bare
interpreter is measured between them, so that the ratio holds when the machine's speed drifts. Modules are compiled, as
they are after `pip install` or any first run, in a folder of the benchmark's own: so that the table does not depend on
what the machine has kept, or on a `PYTHONDONTWRITEBYTECODE` in its environment (which adds about 0.1 s).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
HERE = Path(__file__).parent
FINHARNESS = [sys.executable, "-m", "harness"]

WORKSPACE = {
    "harness.toml": '[agents.echo]\ntarget = "agents/echo.py:echo"\n',
    "agents/echo.py": "def echo(request, context):\n    return 'Your portfolio is worth $20,198.00.'\n",
    "cases/one.yaml": (
        "agent: echo\ncases:\n  - id: one\n    input: What is it worth?\n    assert:\n"
        "      - {type: contains, value: portfolio}\n      - {type: number, value: '$20,198.00'}\n"
        "      - {type: latency, max_ms: 5000}\n"
    ),
}


def cpu_seconds(command: list[str], folder: Path, environ: dict[str, str]) -> float:
    """CPU seconds of one run of a command with everything that it starts."""
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def environment(root: Path) -> dict[str, str]:
    """What the commands run in: the machine's environment without what changes how Python starts."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    return environ | {"PYTHONPATH": str(HERE.parent), "PYTHONPYCACHEPREFIX": str(root / "compiled")}


def measured(root: Path) -> dict[str, float]:
    """Median CPU seconds of the commands, run in turn."""
    commands = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`finharness --help`": [*FINHARNESS, "--help"],
        "`finharness eval`, one offline case": [*FINHARNESS, "eval"],
    }
    seen: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            seen[name].append(cpu_seconds(command, root, environment(root)))
    return {name: statistics.median(times[1:]) for name, times in seen.items()}


def main() -> None:
    """Measure, print and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in WORKSPACE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        medians = measured(root)
    bare = medians["`python -c pass`"]
    rows = [f"| {name} | {median:.3f} | {median / bare:.1f} |" for name, median in medians.items()]
    text = "\n".join(
        [
            "# Start",
            "",
            f"`python bench/startup.py`. Whole-process CPU seconds, children included: median of {RUNS} runs after one",
            "warm-up, and the ratio to a bare interpreter of the same run; modules compiled, as after `pip install`.",
            "",
            "| command | CPU s | ratio |",
            "|---|---|---|",
            *rows,
            "",
            "Goals: help at most 10 times a bare interpreter; one offline case at most 0.6 s.",
            "",
        ]
    )
    (HERE / "startup.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
