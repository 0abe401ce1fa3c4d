"""A kill before or after every single statement, in a first run and in the run that takes it up, loses nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = """
import json, os, signal, shutil, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from builders import a_case, a_job, a_manifest, a_result, an_outcome
from crashing import Statements, counted
from harness.model import Failure
from harness.store import Store

case = a_case()
JOBS = [a_job(case, index=index) for index in range(5)]
RUN = a_manifest().id
LOST = an_outcome(status="infrastructure_failed", error=Failure("interrupted", "x"))

def work(path, say):
    # One runner: begins the run or takes it up, and does what is left.
    with Store.open(path) as store:
        if not store.runs():
            store.begin(a_manifest(), JOBS, here=True)
        with store.claim(RUN):
            open_now = store.started(RUN)
            store.add(RUN, [a_result("errored", job=job, outcome=LOST) for job in open_now])
            again = store.errored(RUN)
            store.resume(RUN)
            for job in [*store.missing(RUN), *again]:
                if job.index == 4:
                    store.start(RUN, [job])
                    say("acting")
                status = "errored" if job.index == 1 and job not in again else "passed"
                store.add(RUN, [a_result(status, job=job)], over_errored=True)
                say(job.index)
            store.end(RUN, "complete")

def attempt(path, at):
    # A process that kills itself at one moment; gives what it had acknowledged, and whether it came to its end.
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        statements = Statements(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        with counted(statements):
            work(path, lambda said: os.write(theirs, (json.dumps(said) + chr(10)).encode()))
        os.write(theirs, (json.dumps(["end", statements.seen]) + chr(10)).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as heard:
        said = [json.loads(line) for line in heard]
    _, status = os.waitpid(child, 0)
    return said, os.waitstatus_to_exitcode(status)

def check(path, said):
    # What was acknowledged is there, once, in a sound file.
    with Store.open(path) as store:
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store._connection.execute("PRAGMA foreign_key_check").fetchall() == []
        if not store.runs():
            assert not said, said
            return
        rows = [item.job.index for item in store.results(RUN, traces=True)]
        assert len(rows) == len(set(rows)) and len(store.runs()) == 1
        assert set(rows) >= {{item for item in said if isinstance(item, int)}}, (rows, said)

def scenario(folder, points):
    # Kill at each of these moments, one run after the other; then let a last one finish.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path, told = folder / "r.db", []
    for at in points:
        said, code = attempt(path, at)
        told += said
        check(path, told)
        if code == 0:
            return False
        assert code == -signal.SIGKILL, code
    said, code = attempt(path, None)
    told += said
    assert code == 0
    check(path, told)
    with Store.open(path) as store:
        assert store.run(RUN).done == 5 and store.run(RUN).status == "complete"
        last = list(store.results(RUN))[4]
        assert told.count("acting") <= 1, told
        assert last.status == "passed" or 4 not in told, (last.status, told)
    return True

folder, mode = Path(sys.argv[1]), sys.argv[2]
done = 0
if mode == "every":
    while scenario(folder / "x", [done]):
        done += 1
else:
    import random
    dice = random.Random(7)
    for _ in range(int(mode)):
        done += scenario(folder / "x", [dice.randrange(110) for _ in range(dice.choice([2, 2, 3]))])
print(json.dumps(done))
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


@pytest.mark.parametrize(("mode", "least"), [("every", 60), ("25", 15)], ids=["every-moment", "several-kills-in-a-row"])
def test_kill_at_any_statement_loses_nothing_and_the_run_converges(tmp_path: Path, mode: str, least: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path), mode], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) >= least


POWER = """
import json, random, shutil, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from builders import a_case, a_job, a_manifest, a_result
from harness.store import Store

folder = Path(sys.argv[1])
jobs = [a_job(a_case(), index=index) for index in range(12)]
dice = random.Random(3)
sizes = []
with Store.open(folder / "r.db") as store:
    store.begin(a_manifest(), jobs)
    for job in jobs:
        store.add(a_manifest().id, [a_result(job=job)])
        sizes.append((folder / "r.db-wal").stat().st_size)
    whole, log = (folder / "r.db").read_bytes(), (folder / "r.db-wal").read_bytes()
for done, size in enumerate(sizes, 1):
    following = sizes[done] if done < len(sizes) else len(log)
    for cut in (size, dice.randint(size, following), following - 1):
        there = folder / "after"
        there.mkdir()
        (there / "r.db").write_bytes(whole)
        rest = dice.randbytes(max(0, cut - size))  # what had not been flushed may be anything
        (there / "r.db-wal").write_bytes(log[:size] + rest)
        with Store.open(there / "r.db") as store:
            assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = [item.job.index for item in store.results(a_manifest().id, traces=True)]
            assert kept == list(range(done)), (kept, done)
        shutil.rmtree(there)
print("ok")
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


def test_power_cut_keeps_every_acknowledged_row(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", POWER, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr[-3000:]
