"""Every planned trial ends in one stored row, or the run says that it is incomplete."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from arena_runner import ARENA, agents, trial
from builders import a_check, a_manifest

from harness.cli import main
from harness.engine.options import RunOptions
from harness.engine.run import RunEnd, run_jobs
from harness.errors import AgentError, StoreError
from harness.model import Job, Result
from harness.registry import Services
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

ROOT = Path(__file__).parent.parent.parent
SAID = (a_check(value="said"),)


class Heard:
    """A sink that looks into the store when it hears of a result."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self.begun: int | None = None
        self.keys: list[str] = []
        self.ended = False

    def begin(self, total: int, running: Any) -> None:
        self.begun = total

    def stored(self, results: Sequence[Result]) -> None:
        safe = {item.job.key for item in self.store.results(self.run_id)}
        assert safe >= {item.job.key for item in results}
        self.keys += [item.job.key for item in results]

    def end(self) -> None:
        self.ended = True


def run(store: Store, jobs: Sequence[Job], name: str = "run-1", **known: Any) -> RunEnd:
    workspace = known.pop("workspace", None) or Workspace.at(ARENA, agents=agents())
    sinks = known.pop("sinks", ())
    return asyncio.run(
        run_jobs(
            jobs,
            a_manifest(name),
            workspace,
            store,
            options=RunOptions(**known),
            services=Services(root=ARENA),
            sinks=sinks,
        )
    )


def test_results_are_stored_before_anyone_hears_of_them(tmp_path: Path) -> None:
    jobs = [trial("echo", number, name=f"echo-{number}", checks=SAID) for number in range(300)]
    with Store.open(tmp_path / "results.db") as store:
        heard = Heard(store, "run-1")
        end = run(store, jobs, sinks=[heard])
        row = store.run("run-1")

    assert (end.status, end.stored, end.signal) == ("complete", 300, None)
    assert (row.status, row.done, row.planned) == ("complete", 300, 300)
    assert (heard.begun, len(heard.keys), heard.ended) == (300, 300, True)


COUNTED = """
import asyncio
from pathlib import Path
async def agent(request, context):
    with open(Path(__file__).parent / "calls", "a") as calls:
        calls.write("called\\n")
    await asyncio.sleep(0.03)
"""


@pytest.mark.parametrize("concurrency", [1, 6])
def test_kill_can_never_cost_more_calls_than_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    (tmp_path / "mine.py").write_text(COUNTED)
    mine = Workspace.at(tmp_path, agents={"mine": AgentSettings(name="mine", target="mine.py:agent")})
    beyond: list[int] = []
    with Store.open(tmp_path / "results.db") as store:
        add, rows = store.add, [0]

        def noting(run_id: str, results: Sequence[Result], **known: Any) -> None:
            beyond.append((tmp_path / "calls").read_text().count("called") - rows[0])
            add(run_id, results, **known)
            rows[0] += len(results)

        monkeypatch.setattr(store, "add", noting)
        run(store, [trial("mine", number) for number in range(18)], workspace=mine, concurrency=concurrency)

    assert rows == [18]
    assert max(beyond) <= concurrency


def test_failures_of_agents_are_rows_like_any_other(tmp_path: Path) -> None:
    jobs = [trial("agent", how, limit_s=2, name=how, checks=SAID) for how in ("raise", "os._exit", "fine")]
    with Store.open(tmp_path / "results.db") as store:
        run(store, jobs)
        found = {item.job.case.id: item.status for item in store.results("run-1")}

    assert found == {"raise": "failed", "os._exit": "failed", "fine": "failed"}


def test_agent_that_cannot_be_loaded_leaves_no_run(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, agents={"mine": AgentSettings(name="mine", target="mine.py:agent")})
    with Store.open(tmp_path / "results.db") as store:
        with pytest.raises(AgentError):
            run(store, [trial("mine")], workspace=workspace)

        assert store.runs() == ()


def test_store_that_fails_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full", remedy="free some space")

    jobs = [trial("nap", 0.05, name=f"nap-{number}", checks=SAID) for number in range(50)]
    with Store.open(tmp_path / "results.db") as store:
        monkeypatch.setattr(store, "add", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            run(store, jobs, concurrency=2)

        assert store.run("run-1").status == "incomplete"


WORKSPACE = {
    "harness.toml": '[agents.nap]\ntarget = "agents/mine.py:nap"\n',
    "agents/mine.py": "import asyncio\n\nasync def nap(request, context):\n"
    "    await asyncio.sleep(float(request.input))\n    return 'rested'\n",
    "cases/demo.yaml": "agent: nap\ncases:\n"
    + "".join(
        f"  - {{id: n{number}, input: '{0.01 if number < 5 else 60}', assert: [{{type: contains, value: rested}}]}}\n"
        for number in range(10)
    ),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, content in WORKSPACE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "eval", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(root / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_rows(root: Path, count: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if (root / ".harness/results.db").exists():
            with Store.open(root / ".harness/results.db") as store:
                runs = store.runs()
            if runs and runs[0].done >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"{count} results did not come")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_stores_what_is_finished_and_says_how_to_go_on(workspace: Path, number: int, code: int) -> None:
    process = start(workspace)
    wait_for_rows(workspace, 5)
    process.send_signal(number)
    _, errors = process.communicate(timeout=15)

    with Store.open(workspace / ".harness/results.db") as store:
        row = store.run("latest")

    assert process.returncode == code, errors
    assert (row.status, row.done, row.planned) == ("interrupted", 5, 10)
    assert f"finharness eval --resume {row.id}" in errors


def test_a_second_signal_ends_it_at_once_and_the_rest_can_be_done(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = "import pathlib, time\nHERE = pathlib.Path(__file__)\n\ndef slow(output):\n    HERE.with_suffix('.grading').touch()\n"
    (workspace / "checks.py").write_text(
        f"{check}    time.sleep(0 if HERE.with_suffix('.go').exists() else 60)\n    return True\n"
    )
    cases = "cases:\n  - {id: a, input: '0', assert: [{type: python, value: 'checks.py:slow'}]}\n"
    (workspace / "cases/demo.yaml").write_text(f"agent: nap\n{cases}")
    process = start(workspace)
    deadline = time.monotonic() + 20
    while not (workspace / "checks.grading").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)

    assert process.returncode == 130
    assert time.monotonic() - sent < 3.0
    (workspace / "checks.go").touch()
    monkeypatch.chdir(workspace)
    assert main(["eval", "--resume"]) == 0


def test_signal_while_agents_are_loaded_leaves_no_run(workspace: Path) -> None:
    code = "import pathlib, time\npathlib.Path(__file__).with_suffix('.loading').touch()\ntime.sleep(60)\n"
    (workspace / "agents/mine.py").write_text(code)
    process = start(workspace)
    deadline = time.monotonic() + 20
    while not (workspace / "agents/mine.loading").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=15)

    assert process.returncode == 130, errors
    assert "nothing was run" in errors
    with Store.open(workspace / ".harness/results.db") as store:
        assert store.runs() == ()


def test_interrupted_run_is_taken_up_again(workspace: Path) -> None:
    process = start(workspace)
    wait_for_rows(workspace, 5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    quick = (workspace / "agents/mine.py").read_text().replace("float(request.input)", "0")
    (workspace / "agents/mine.py").write_text(quick)

    resumed = start(workspace, "--resume", "--accept-changes")
    resumed.communicate(timeout=15)

    with Store.open(workspace / ".harness/results.db") as store:
        rows = store.runs()
    assert resumed.returncode == 0
    assert [(row.status, row.done) for row in rows] == [("complete", 10)]


def test_killed_run_loses_nothing_and_leaves_nothing_behind(workspace: Path) -> None:
    process = start(workspace)
    wait_for_rows(workspace, 5)
    process.kill()
    process.communicate(timeout=15)

    with Store.open(workspace / ".harness/results.db") as store:
        row = store.run("latest")
        assert (row.status, row.done, len(store.missing(row.id))) == ("running", 5, 5)
    deadline = time.monotonic() + 30
    while list((workspace / "tmp").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list((workspace / "tmp").iterdir()) == []  # the zygote removes it after its last worker


def test_two_runs_at_once_share_a_workspace(workspace: Path) -> None:
    processes = [start(workspace, "--limit", "5") for _ in range(2)]
    said = [process.communicate(timeout=30) for process in processes]

    with Store.open(workspace / ".harness/results.db") as store:
        rows = store.runs()
    assert [process.returncode for process in processes] == [0, 0], said
    assert [(row.status, row.done) for row in rows] == [("complete", 5)] * 2
