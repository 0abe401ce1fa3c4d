"""Sessions as pytest's users expect them: -x, -k, --lf, JUnit, and a process of the session that crashes."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from harness.store import RunRow, Store

ROOT = Path(__file__).parents[2]
AGENT = """
import asyncio
from pathlib import Path

HERE = Path(__file__).parent

async def agent(request, context):
    with open(HERE / "calls", "a") as log:
        log.write(f"{request.input}\\n")
    await asyncio.sleep(0.3 if request.input.startswith("slow") else 0)
    return f"did {request.input}"
"""
SETTINGS = """
[agents.agent]
target = "agents/mine.py:agent"
[agents.acting]
target = "agents/mine.py:agent"
side_effects = "live"
"""
CRASHING = """
import os
from pathlib import Path
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    marker = Path(item.config.rootpath, "crashed")
    if item.name == "c3" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), 9)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for folder in ("agents", "cases"):
        (tmp_path / folder).mkdir()
    (tmp_path / "agents/mine.py").write_text(AGENT)
    (tmp_path / "harness.toml").write_text(SETTINGS)
    return tmp_path


def suite(root: Path, *answers: str, agent: str = "agent") -> None:
    cases = [
        f"  - {{id: c{number}, input: {said}, assert: [{{type: contains, value: {'did' if said != 'bad' else 'nothing'}}}]}}\n"
        for number, said in enumerate(answers)
    ]
    (root / "cases/demo.yaml").write_text(f"agent: {agent}\ncases:\n{''.join(cases)}")


def session(root: Path, *words: str, plugins: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{root}", "NO_COLOR": "1", "COLUMNS": "150"}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environ.pop("PYTEST_ADDOPTS", None)
    named = [word for plugin in ("harness.pytest_plugin", "xdist", *plugins) for word in ("-p", plugin)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "cases", *named, *words],
        cwd=root, env=environ, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def stored(root: Path) -> tuple[RunRow, dict[str, str]]:
    with Store.open(root / ".harness/results.db", readonly=True) as store:
        row = store.run()
        return row, {item.job.case.id: item.status for item in store.results(row.id)}


def calls(root: Path) -> Counter[str]:
    return Counter((root / "agents/calls").read_text().splitlines())


def test_a_process_that_crashes_is_replaced_and_its_trials_are_run(workspace: Path) -> None:
    suite(workspace, *["fine"] * 8)
    (workspace / "crashing.py").write_text(CRASHING)
    done = session(workspace, "-n", "2", plugins=("crashing",))

    row, found = stored(workspace)
    assert done.returncode == 0, done.stdout
    assert "8 passed, 1 rerun" in done.stdout
    assert (row.status, found) == ("complete", {f"c{number}": "passed" for number in range(8)})


def test_what_acts_is_not_run_again_after_a_crash(workspace: Path) -> None:
    suite(workspace, *[f"deed{number}" for number in range(8)], agent="acting")
    (workspace / "crashing.py").write_text(CRASHING)
    done = session(workspace, "-n", "2", plugins=("crashing",))

    row, found = stored(workspace)
    assert done.returncode == 1, done.stdout
    assert max(calls(workspace).values()) == 1
    assert row.done == 8
    assert found["c3"] == "errored"
    assert set(found.values()) == {"passed", "errored"}


def test_stopping_at_the_first_failure_keeps_what_is_finished(workspace: Path) -> None:
    suite(workspace, "bad", "fine", "fine", "slow")
    done = session(workspace, "-x", "-n", "0")

    row, found = stored(workspace)
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "stopping after 1 failures" in done.stdout
    assert (row.status, found["c0"]) == ("incomplete", "failed")
    assert set(found) <= {"c0", "c1", "c2"}


def test_last_failed_are_run_again_alone(workspace: Path) -> None:
    suite(workspace, "bad", "fine", "fine")
    assert session(workspace, "-n", "0").returncode == 1
    suite(workspace, "good", "fine", "fine")
    done = session(workspace, "-n", "0", "--lf")

    assert done.returncode == 0, done.stdout
    assert stored(workspace)[1] == {"c0": "passed"}


@pytest.mark.parametrize("processes", ["0", "2"])
def test_junit_has_a_test_case_per_trial(workspace: Path, processes: str) -> None:
    suite(workspace, "bad", "fine", "slow")
    session(workspace, "-n", processes, "--junitxml", "out.xml")

    tree = ET.parse(workspace / "out.xml").getroot()
    (results,) = tree.iter("testsuite")
    assert (results.get("tests"), results.get("failures"), results.get("errors")) == ("3", "1", "0")
    assert {case.get("name"): len(case) for case in tree.iter("testcase")} == {"c0": 1, "c1": 0, "c2": 0}


def test_trials_of_one_process_run_together(workspace: Path) -> None:
    suite(workspace, *["slow"] * 20)
    done = session(workspace, "-n", "0", "--durations=0", "-vv")

    assert done.returncode == 0
    spent = [float(line.split("s ")[0]) for line in done.stdout.splitlines() if "s call" in line]
    assert sum(spent) < 20 * 0.3  # all are waited for at once, not one after the other
