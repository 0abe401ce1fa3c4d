"""Kill supervisors and workers at random moments and look what is lost: `python bench/kill.py` writes bench/kill.md.

A supervisor is a process that does what `finharness eval` does after loading the suites: it runs 40 trials on worker processes,
scores and stores them, and appends the key of each result to a file when it is told that the result is stored. Ten of the 40
belong to an agent that is declared `side_effects = "live"`. Every agent appends to a file when it is called and takes 25 to 55 ms,
as little as a call of a model can (what is shorter is stored in larger batches). Moments are drawn
with a fixed seed over the whole length of a run; a third of the runs are killed a second time while they are taken up again.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from harness.engine.options import RunOptions
from harness.engine.resume import take_up
from harness.engine.run import Terms, run_jobs
from harness.model import Budget, Case, CheckSpec, Job, Result, RunManifest
from harness.registry import Services
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

RUN = "killed"
CONCURRENCIES = (1, 8, 64)
AGENT = """
import asyncio, os
from pathlib import Path

LOG = str(Path(__file__).parent / "calls")

async def agent(request, context):
    handle = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{request.input}\\n".encode())
    os.close(handle)
    await asyncio.sleep(0.025 + int(request.input.split()[1]) % 7 / 200)
    return f"did {request.input}"
"""


def jobs() -> list[Job]:
    """The 40 trials."""
    made = []
    for number in range(40):
        agent = "live" if number % 4 == 3 else "calm"
        case = Case(
            id=f"c{number}", suite="kill", agent=agent, input=f"{agent} {number}", budget=Budget(seconds=60),
            checks=(CheckSpec(type="contains", params={"value": "did"}),),
        )  # fmt: skip
        made.append(Job(case, agent, 0, number))
    return made


class Told:
    """Writes down, unbuffered, what the run says is safe."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def begin(self, total: int, running: object) -> None:
        """Nothing to write."""

    def stored(self, results: Sequence[Result]) -> None:
        """One line for each."""
        os.write(self._handle, "".join(f"{item.job.key}\n" for item in results).encode())

    def end(self) -> None:
        """Nothing to write."""


def supervise(root: Path, concurrency: int) -> None:
    """Be a supervisor: begin the run, or take it up."""
    settings = {
        "calm": AgentSettings(name="calm", target="agents/mine.py:agent"),
        "live": AgentSettings(name="live", target="agents/mine.py:agent", side_effects="live"),
    }
    workspace = Workspace.at(root, agents=settings)
    manifest = RunManifest(id=RUN, started_at=datetime.now(UTC).isoformat(timespec="seconds"))
    with Store.open(root / "results.db") as store, store.claim(RUN):
        begin = not store.runs()
        todo = jobs() if begin else take_up(store, manifest, workspace, retry=False).jobs
        if not todo:
            store.end(RUN, "complete")
            return
        asyncio.run(
            run_jobs(
                todo, manifest, workspace, store,
                options=RunOptions(concurrency=concurrency, workers=2), services=Services(root=root),
                sinks=[Told(root / "told")], terms=Terms(begin=begin),
            )
        )  # fmt: skip


def start(root: Path, concurrency: int) -> int:
    """A supervisor in a process of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            supervise(root, concurrency)
            code = 0
        except BaseException:  # noqa: BLE001 - the parent only sees an exit code
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    """Wait for it; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lines(path: Path) -> list[str]:
    """Whole lines of a file that may not be there."""
    return path.read_text().splitlines() if path.exists() else []


def new_root(folder: Path) -> Path:
    """An empty workspace."""
    shutil.rmtree(folder / "w", ignore_errors=True)
    root = folder / "w"
    (root / "agents").mkdir(parents=True)
    (root / "agents/mine.py").write_text(AGENT)
    return root


@dataclass
class Tally:
    """What was seen at one concurrency."""

    kills: int = 0
    told: int = 0
    lost: int = 0
    twice: int = 0
    unsound: int = 0
    acted_twice: int = 0
    not_finished: int = 0
    wasted: list[int] = field(default_factory=list)
    interrupted: int = 0
    wrong: int = 0
    ended_by_kill: int = 0


def look(root: Path, tally: Tally, calls_before: int, done_before: int) -> None:
    """Compare the store with what was acknowledged."""
    told = lines(root / "told")
    if not (root / "results.db").exists():
        return
    with Store.open(root / "results.db") as store:
        sound = store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)  # noqa: SLF001
        keys = [item.job.key for item in store.results(RUN)] if store.runs() else []
    tally.unsound += not sound
    tally.lost += len(set(told) - set(keys))
    tally.twice += len(keys) - len(set(keys)) + len(told) - len(set(told))
    calls = len(lines(root / "agents/calls")) - calls_before
    tally.wasted.append(max(0, calls - (len(keys) - done_before)))


def kill_supervisor(folder: Path, dice: random.Random, concurrency: int, length: float, tally: Tally) -> None:
    """One run: kill it once or twice, take it up, compare."""
    root = new_root(folder)
    for _ in range(2 if dice.random() < 1 / 3 else 1):
        calls = len(lines(root / "agents/calls"))
        done = len(set(lines(root / "told")))
        child = start(root, concurrency)
        time.sleep(dice.uniform(0, length))
        os.kill(child, signal.SIGKILL)
        tally.kills += ended(child) == -signal.SIGKILL
        time.sleep(0.05)  # its workers end when they notice
        look(root, tally, calls, done)
    told_before = set(lines(root / "told"))
    if ended(start(root, concurrency)) != 0:
        tally.not_finished += 1
        return
    told = lines(root / "told")
    calls = Counter(lines(root / "agents/calls"))
    tally.told += len(told)
    with Store.open(root / "results.db") as store:
        found = {item.job.key: item for item in store.results(RUN)}
        tally.not_finished += store.run(RUN).status != "complete" or len(found) != 40
    tally.lost += len(told_before - set(found))
    tally.acted_twice += sum(count > 1 for said, count in calls.items() if said.startswith("live"))
    lost_live = [item for item in found.values() if item.status == "errored"]
    tally.interrupted += len(lost_live)
    tally.wrong += sum(item.outcome.error.type != "interrupted" for item in lost_live if item.outcome.error)
    tally.wrong += sum(item.status not in {"passed", "errored"} for item in found.values())


def children(process: int) -> list[int]:
    """Processes that another has started."""
    with suppress(OSError):
        return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def kill_workers(folder: Path, dice: random.Random, concurrency: int, length: float, tally: Tally) -> None:
    """One run, some of whose workers are killed; it must come to its end, and only the killed may suffer."""
    root = new_root(folder)
    child, kills = start(root, concurrency), 0
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(dice.uniform(0, length / 3))
        workers = [worker for zygote in children(child) for worker in children(zygote)]
        if workers and kills < 6:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(workers), signal.SIGKILL)
                kills += 1
    tally.not_finished += ended(child) != 0
    tally.kills += kills
    tally.told += len(lines(root / "told"))
    look(root, tally, 0, 0)
    calls = Counter(lines(root / "agents/calls"))
    tally.acted_twice += sum(count > 1 for said, count in calls.items() if said.startswith("live"))
    with Store.open(root / "results.db") as store:
        results = list(store.results(RUN))
    failed = [item for item in results if item.status != "passed"]
    tally.not_finished += len(results) != 40
    tally.ended_by_kill += len(failed)
    tally.wrong += len(failed) > kills or any(
        item.outcome.error is None or item.outcome.error.type not in {"signal", "interrupted"} for item in failed
    )


def table(kind: str, tallies: dict[int, Tally]) -> list[str]:
    """One table."""
    rows = [
        "| at once | kills | acknowledged | lost | duplicates | file unsound | live agents called twice | runs that did not"
        " finish | anything else wrong | calls beyond results, median / most | "
        + ("interrupted live trials |" if kind == "supervisor" else "trials ended by the kill itself |"),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for concurrency, tally in tallies.items():
        wasted = f"{median(tally.wasted):.0f} / {max(tally.wasted)}" if tally.wasted else ""
        last = tally.interrupted if kind == "supervisor" else tally.ended_by_kill
        cells = (
            concurrency, tally.kills, tally.told, tally.lost, tally.twice, tally.unsound, tally.acted_twice,
            tally.not_finished, tally.wrong, wasted, last,
        )  # fmt: skip
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def main() -> None:
    """Kill, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="of each kind, over all concurrencies")
    parser.add_argument("--seed", type=int, default=9)
    options = parser.parse_args()
    gc.freeze()
    dice = random.Random(options.seed)
    each = -(-options.kills // len(CONCURRENCIES))
    supervisors, workers = {}, {}
    with tempfile.TemporaryDirectory() as name:
        os.environ["TMPDIR"] = tempfile.tempdir = name
        for concurrency in CONCURRENCIES:
            began = time.monotonic()
            assert ended(start(new_root(Path(name)), concurrency)) == 0
            length = time.monotonic() - began
            tally = supervisors[concurrency] = Tally()
            while tally.kills < each:
                kill_supervisor(Path(name), dice, concurrency, length, tally)
            tally = workers[concurrency] = Tally()
            while tally.kills < each:
                kill_workers(Path(name), dice, concurrency, length, tally)
    told = [
        "# What a kill costs", "",
        *(line for line in (__doc__ or "").strip().splitlines()), "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}, seed {options.seed}.",
        "", "## `kill -9` of the supervisor", "", *table("supervisor", supervisors),
        "", "## `kill -9` of workers, up to six in a run", "", *table("worker", workers), "",
        "Peers under the same fault lose finished cases at every kill: promptfoo 0 to 1, Inspect 1 to 4, DeepEval 2 to 4,",
        "pytest-xdist all. A trial that is alone in its process when that is killed cannot be told from one that killed",
        "itself or used up the memory, and is reported as ended by signal 9.", "",
    ]  # fmt: skip
    print("\n".join(told))
    (Path(__file__).parent / "kill.md").write_text("\n".join(told))


if __name__ == "__main__":
    main()
