"""What an audit log costs, what it survives and what it finds: `python bench/audit.py` writes bench/audit.md.

Times are CPU times of one process. Trials are those of a planner that hands work to two agents: 14 model and tool calls each. Killed
writers are two processes that write to one log as fast as they can, with entries of 200 kB so that many are in the middle of one.
Changes are drawn with a fixed seed: a byte is changed, or a line is removed, repeated or moved, or the end is cut off.
"""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from harness.audit import AuditLog, trial_entries, verify
from harness.audit.file import head_path
from harness.model import Case, CheckSpec, Job, Outcome, Result, RunManifest, Step, Trace, Usage, Verdict

SEED = 11
TRIALS = 400
CHANGES = 4000
KILLS = 60
WRITER = """
import sys
from harness.audit import AuditLog

log = AuditLog(sys.argv[1])
while True:
    log.event("AGENT_INVOKED", words="x" * 200_000)
    print(log.head.seq, flush=True)
"""


def main() -> None:
    """Measure and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*costs(Path(folder)), *kills(Path(folder)), *changes(Path(folder))]
    table = "\n".join(f"| {what} | {figure} |" for what, figure in rows)
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}, seed {SEED}."
    head = (__doc__ or "").strip()
    text = f"# What an audit log costs and finds\n\n{head}\n\n{where}\n\n| what | figure |\n|---|---|\n{table}\n"
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


def a_trial(number: int) -> Result:
    """A planner's trial."""
    steps = [
        Step(
            id=f"s{place}",
            kind="llm" if place % 2 else "tool",
            name="claude" if place % 2 else "submit_order" if place == 12 else "get_portfolio",
            agent="reporter" if 4 <= place < 9 else "planner",
            parent="s2" if 4 <= place < 9 else None,
            args={"symbol": "VTI", "amount": 500.0},
            result={"rows": [{"symbol": "VTI", "value": 1234.5 + row} for row in range(10)]},
            t0=place / 10,
            t1=place / 10 + 0.05,
            usage=Usage(800, 90, 0) if place % 2 else None,
            cost_usd=0.004 if place % 2 else None,
        )
        for place in range(14)
    ]
    answer = {"status": "completed", "holdings": [{"symbol": "VTI", "weight": 14.58 + row} for row in range(20)]}
    trace = Trace(steps=tuple(steps), answer="Done.", structured=answer, usage=Usage(5600, 630, 0), duration_s=1.4)
    case = Case(
        id=f"C-{number}",
        suite="bench",
        agent="planner",
        input="Analyse my portfolio.",
        checks=(CheckSpec(type="contains"),),
    )
    verdicts = tuple(Verdict(check=f"check-{place}", passed=True, reason="it holds") for place in range(6))
    return Result(
        Job(case, "planner", 0, 7),
        Outcome("completed", trace),
        verdicts,
        "passed",
        1.0,
        started_at="2026-11-21T10:00:00Z",
    )


def costs(folder: Path) -> list[tuple[str, str]]:
    """Writing trials, single events, and reading them back."""
    manifest, results = (
        RunManifest(id="bench", started_at="2026-11-21T10:00:00Z"),
        [a_trial(number) for number in range(TRIALS)],
    )
    path = folder / "cost.jsonl"
    with AuditLog(path) as log:
        began = time.process_time()
        for start in range(0, TRIALS, 16):
            log.extend([entry for result in results[start : start + 16] for entry in trial_entries(manifest, result)])
        kept = path.stat().st_size / TRIALS / 1000
        trial_ms = 1000 * (time.process_time() - began) / TRIALS
        began = time.process_time()
        for number in range(2000):
            log.event("AGENT_INVOKED", agent="reporter", number=number)
        event_us = 1e6 * (time.process_time() - began) / 2000
    size = path.stat().st_size
    began = time.process_time()
    found = verify(path)
    spent = time.process_time() - began
    assert found.ok, found
    return [
        (
            "a trial's entries, made and written",
            f"{trial_ms:.2f} ms, {(found.entries - 2001) / TRIALS:.0f} entries, {kept:.1f} kB",
        ),
        ("one event of a program, on file when the call returns", f"{event_us:.0f} µs"),
        ("verifying", f"{found.entries / spent:,.0f} entries/s, {size / spent / 1e6:.1f} MB/s"),
    ]


def kills(folder: Path) -> list[tuple[str, str]]:
    """Kill two writers of one log again and again."""
    path, moments = folder / "killed.jsonl", random.Random(SEED)
    found: Counter[str] = Counter()
    for _ in range(KILLS // 2):
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        firsts = [writer.stdout.readline() for writer in writers if writer.stdout]  # both are under way
        time.sleep(0.2 * moments.random())
        for writer in writers:
            writer.kill()
        rest = [line for writer in writers for line in writer.communicate()[0].split("\n")[:-1]]
        told = [int(line) for line in (*firsts, *rest)]
        found["acknowledged"] += len(told)
        state = verify(path)
        found["torn"] += state.problem is not None and state.problem.kind == "unfinished"
        with AuditLog(path) as log:
            log.event("AGENT_COMPLETED")
        state = verify(path)
        found["broken"] += not state.ok
        found["lost"] += max([0, *told]) > state.head.seq
        for file in (path, head_path(path)):
            file.unlink()
    return [
        ("`kill -9` of writers", f"{KILLS}, after {found['acknowledged']:,} acknowledged entries"),
        ("logs that did not verify afterwards", f"{found['broken']}"),
        ("acknowledged entries that were lost", f"{found['lost']}"),
        ("half lines that were put aside", f"{found['torn']}"),
    ]


def changes(folder: Path) -> list[tuple[str, str]]:
    """Change a log in one way after the other."""
    path, draw = folder / "changed.jsonl", random.Random(SEED)
    with AuditLog(path) as log:
        for number in range(60):
            log.event("AI_DECISION", number=number, words="straße")
    whole, head = path.read_bytes(), head_path(path).read_bytes()
    lines, missed = whole.splitlines(keepends=True), Counter[str]()
    kinds = ("byte", "removed", "repeated", "moved", "cut")
    for number in range(CHANGES):
        kind = kinds[number % len(kinds)]
        path.write_bytes(changed(kind, lines, draw))
        missed[kind] += verify(path).ok
    head_path(path).write_bytes(head)
    each = ", ".join(f"{kind} {missed[kind]}" for kind in kinds)
    return [("changes that were not found", f"{missed.total()} of {CHANGES:,} ({each})")]


def changed(kind: str, lines: list[bytes], draw: random.Random) -> bytes:
    """The log after one change."""
    made, place = list(lines), draw.randrange(len(lines) - 1)
    match kind:
        case "byte":
            data = bytearray(b"".join(lines))
            at = draw.randrange(len(data))
            data[at] = (data[at] + draw.randrange(1, 256)) % 256
            return bytes(data)
        case "removed":
            del made[place]
        case "repeated":
            made.insert(draw.randrange(len(made)), made[place])
        case "moved":
            made.insert(place + 1, made.pop(place))
        case _:
            del made[place + 1 :]
    return b"".join(made)


if __name__ == "__main__":
    main()
