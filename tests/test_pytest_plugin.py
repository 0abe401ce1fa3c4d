"""The same suites give the same results under pytest, with and without xdist, as from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import Store

ROOT = Path(__file__).parent.parent
AGENTS = """
import os

async def agent(request, context):
    if request.input == "leave":
        os._exit(0)
    context.recorder.result(context.recorder.call("look", {"n": 1}), {"found": request.input})
    return f"you said {request.input}"

def open_world(spec, *, as_of, seed, root):
    raise RuntimeError("no world today")

async def worldly(request, context):
    return "never"
"""
SUITE = """
agent: agent
cases:
  - {id: good, input: yes, assert: [{type: contains, value: said yes}]}
  - {id: again, input: more, repeat: 3, assert: [{type: contains, value: said}, {type: starts-with, value: you}]}
  - id: wrong
    description: expects the impossible
    input: no
    assert: [{type: equals, value: "something else"}, {type: contains, value: said}]
  - {id: leaver, input: leave, assert: [{type: contains, value: x}]}
  - {id: judged, input: hm, assert: [The answer is friendly.]}
  - {id: broken, agent: worldly, input: x, assert: [{type: contains, value: x}]}
"""
SETTINGS = """
[agents.agent]
target = "agents/mine.py:agent"
[agents.worldly]
target = "agents/mine.py:worldly"
world = "agents/mine.py:open_world"
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    for name, content in {"agents/mine.py": AGENTS, "cases/demo.yaml": SUITE, "harness.toml": SETTINGS}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content)
    return root


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # only what is under test: the others take seconds to load
    environ.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=root, env=environ, capture_output=True, text=True, timeout=100, check=False
    )


def under_pytest(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(root, "pytest", "cases", "-p", "harness.pytest_plugin", "-p", "xdist", "-p", "no:cacheprovider", *words)


def latest(root: Path) -> dict[str, object]:
    """What the latest run found, without times."""
    with Store.open(root / ".harness/results.db", readonly=True) as store:
        run_id = store.run("latest").id
        return {
            item.job.key: (
                item.status,
                item.score,
                item.outcome.status,
                item.outcome.error and item.outcome.error.message,
                item.outcome.trace.answer,
                [(verdict.check, verdict.passed, verdict.reason) for verdict in item.verdicts],
            )
            for item in store.results(run_id, traces=True)
        }


@pytest.fixture(scope="module")
def by_command(workspace: Path) -> dict[str, object]:
    done = run(workspace, "harness", "eval")
    assert done.returncode == 3, done.stderr
    return latest(workspace)


@pytest.fixture(scope="module")
def in_one_process(workspace: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
    return under_pytest(workspace, "-n", "0", "-v"), latest(workspace)


def test_results_equal_those_of_the_command(in_one_process: tuple, by_command: dict[str, object]) -> None:
    done, found = in_one_process

    assert done.returncode == 1, done.stdout + done.stderr
    assert found == by_command
    assert "8 of 8 trials stored" in done.stdout


def test_two_processes_give_the_same_results(workspace: Path, by_command: dict[str, object]) -> None:
    done = under_pytest(workspace, "-n", "2")

    assert done.returncode == 1, done.stdout + done.stderr
    assert latest(workspace) == by_command
    assert "8 of 8 trials stored" in done.stdout


def test_failures_say_what_did_not_hold(in_one_process: tuple) -> None:
    text = in_one_process[0].stdout

    assert "failed: demo::wrong::agent::0 (cases/demo.yaml:6:5)" in text
    assert "expects the impossible" in text
    assert "expected: something else" in text
    assert "actual: you said no" in text
    assert "the agent's process ended with exit code 0" in text
    assert "undecided: demo::judged::agent::0" in text
    assert "errored: demo::broken::worldly::0" in text
    assert "no world today" in text


def test_errored_is_counted_as_error_and_undecided_never_as_pass(in_one_process: tuple) -> None:
    text = in_one_process[0].stdout

    assert "cases/demo.yaml::broken ERRORED" in text
    assert "cases/demo.yaml::judged UNDECIDED" in text
    assert "3 failed, 4 passed, 1 error" in text


def test_undecided_may_be_skipped_when_asked(workspace: Path) -> None:
    text = under_pytest(workspace, "-n", "0", "-k", "judged", "--eval-undecided", "skip").stdout

    assert "1 skipped" in text


def test_selection_is_pytests_own(workspace: Path) -> None:
    done = under_pytest(workspace, "-n", "0", "-k", "good or again")

    assert done.returncode == 0, done.stdout
    assert len(latest(workspace)) == 4


def test_mistakes_in_a_suite_are_collection_errors(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/demo.yaml").write_text("agent: nobody\ncases: [{id: a, input: x, asert: []}]\n")
    (tmp_path / "harness.toml").write_text("")

    done = under_pytest(tmp_path, "-n", "0")

    assert done.returncode == 2
    assert "cases/demo.yaml:2" in done.stdout
    assert "asert" in done.stdout


def test_says_that_a_suite_changed_during_the_session(tmp_path: Path) -> None:
    rewriter = "import pathlib\ndef agent(x):\n    pathlib.Path(__file__).parents[1].joinpath('cases/demo.yaml').write_text('')\n    return x\n"
    suite = "agent: agent\ncases:\n  - {id: one, input: x, assert: [{type: equals, value: x}]}\n"
    settings = '[agents.agent]\ntarget = "agents/mine.py:agent"\n[run]\nconceal = false\n'
    for name, content in {"agents/mine.py": rewriter, "cases/demo.yaml": suite, "harness.toml": settings}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)

    done = under_pytest(tmp_path, "-n", "0")

    assert done.returncode == 0, done.stdout
    assert "cases/demo.yaml changed after the run had read it" in done.stdout
