"""Kills, full disks and rivals: what was accepted stays, what was not is refused cleanly."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.errors import StoreError
from harness.store import Store

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
sys.path[:0] = [{root!r}, {tests!r}]
from builders import a_case, a_job, a_manifest, a_result, an_outcome
from harness.store import Store
path, run, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
case = a_case()
jobs = [a_job(case, index=index) for index in range(count)]
with Store.open(path) as store:
    store.begin(a_manifest(run), jobs)
    for job in jobs:
        store.add(run, [a_result(job=job, outcome=an_outcome("answer " * 20))])
        print(job.index, flush=True)
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


def start(path: Path, run: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), run, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_loses_nothing_it_had_acknowledged(tmp_path):
    path = tmp_path / "r.db"
    with start(path, "killed", 5_000) as writer:
        seen = [int(line) for line, _ in zip(writer.stdout, range(150), strict=False)]
        writer.send_signal(signal.SIGKILL)
        seen += [int(line) for line in writer.stdout if line.endswith("\n")]

    with Store.open(path) as store:
        kept = {result.job.index for result in store.results("killed", traces=True)}
        assert kept >= set(seen)
        assert len(store.missing("killed")) == 5_000 - len(kept)
        store.add("killed", [a_result(job=a_job(a_case(), index=4_999))])


def test_two_processes_write_one_file(tmp_path):
    path = tmp_path / "r.db"
    writers = [start(path, f"run-{number}", 60) for number in range(2)]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert (writer.returncode, errors) == (0, "")

    with Store.open(path, readonly=True) as store:
        assert [store.run(f"run-{number}").done for number in range(2)] == [60, 60]


def test_threads_share_one_store(tmp_path):
    jobs = [a_job(a_case(), index=index) for index in range(40)]
    with Store.open(tmp_path / "r.db") as store:
        store.begin(a_manifest(), jobs)
        threads = [threading.Thread(target=store.add, args=(a_manifest().id, [a_result(job=job)])) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert store.run().done == 40


def test_readers_see_a_run_while_it_is_written(tmp_path):
    jobs = [a_job(a_case(), index=index) for index in range(2)]
    with Store.open(tmp_path / "r.db") as writer:
        writer.begin(a_manifest(), jobs)
        with Store.open(tmp_path / "r.db", readonly=True) as reader:
            writer.add(a_manifest().id, [a_result(job=jobs[0])])
            assert reader.run().done == 1


FULL_DISK = """
import resource, sys
sys.path[:0] = [{root!r}, {tests!r}]
from builders import a_case, a_job, a_manifest, a_result, an_outcome
from harness.errors import StoreError
from harness.store import Store
import random
words = random.Random(1)
jobs = [a_job(a_case(), index=index) for index in range(500)]
with Store.open(sys.argv[1]) as store:
    store.begin(a_manifest(), jobs)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    for job in jobs:
        try:
            store.add(a_manifest().id, [a_result(job=job, outcome=an_outcome(str(words.random()) * 300 + words.randbytes(5000).hex()))])
        except StoreError as error:
            print(error)
            sys.exit(int(error.exit_code))
        print(job.index, flush=True)
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


def test_a_full_disk_ends_cleanly_and_what_was_accepted_is_readable(tmp_path):
    path = tmp_path / "r.db"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=60, check=False
    )

    *accepted, _, _ = done.stdout.splitlines()
    assert done.returncode == 3
    assert "free" in done.stdout
    assert "finharness eval --resume" in done.stdout
    with Store.open(path) as store:
        kept = [result.job.index for result in store.results(a_manifest().id, traces=True)]
        assert kept == [int(line) for line in accepted]
        assert kept


def test_a_lock_that_stays_is_named(tmp_path, monkeypatch):
    from harness.store import connection

    monkeypatch.setattr(connection, "_BUSY_SECONDS", 0.05)
    with Store.open(tmp_path / "r.db") as holder, Store.open(tmp_path / "r.db") as waiting:
        holder._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process is writing"):
            waiting.begin(a_manifest(), [])
        holder._connection.execute("ROLLBACK")
