"""A disk that fills up at any moment ends the run with 3; what was accepted stays, and the run goes on once there is room."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRIVER = """
import json, os, resource, shutil, signal, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from builders import a_case, a_job, a_manifest, a_result, an_outcome
from harness.errors import StoreError
from harness.store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
RUN = a_manifest().id
jobs = [a_job(a_case(), index=index) for index in range(12)]
results = [a_result(job=job, outcome=an_outcome(os.urandom(3000).hex())) for job in jobs]

def write(path, limit):
    # In a process whose files may not grow beyond the limit; gives the codes of what it refused.
    ours, theirs = os.pipe()
    if os.fork() == 0:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        kept, code = [], 0
        try:
            with Store.open(path) as store:
                if not store.runs():
                    store.begin(a_manifest(), jobs)
                done = {{item.job.index for item in store.results(RUN)}}
                for job, result in zip(jobs, results):
                    if job.index not in done:
                        store.add(RUN, [result])
                        kept.append(job.index)
        except StoreError as error:
            code = int(error.exit_code)
        os.write(theirs, json.dumps([kept, code]).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as heard:
        kept, code = json.loads(heard.read())
    os.wait()
    return kept, code

folder, refused = Path(sys.argv[1]), 0
for limit in range(4096, 400_000, 28_000):
    shutil.rmtree(folder / "x", ignore_errors=True)
    (folder / "x").mkdir()
    path = folder / "x" / "r.db"
    kept, code = write(path, limit)
    refused += code == 3
    assert code in (0, 3), code
    more, code = write(path, 0)
    assert code == 0
    with Store.open(path) as store:
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert [item.job.index for item in store.results(RUN, traces=True)] == list(range(12))
        assert not set(kept) & set(more), "what was accepted was there"
print(refused)
""".format(root=str(ROOT), tests=str(ROOT / "tests"))


def test_a_disk_that_fills_up_at_any_moment_loses_nothing_accepted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) > 3
