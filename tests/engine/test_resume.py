"""A run that ended early goes on where it was, acts on nothing twice, and says what is no longer as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main
from harness.store import Store

ROOT = Path(__file__).parent.parent.parent
AGENT = """
import asyncio
from pathlib import Path

from .words import SAID

HERE = Path(__file__).parent

async def agent(request, context):
    with open(HERE / "log", "a") as log:
        log.write(f"{request.input}\\n")
    while request.input.startswith("slow") and not (HERE / "go").exists():
        await asyncio.sleep(0.02)
    return f"did {request.input}"

def open_world(spec, *, as_of, seed, root):
    if not (HERE / "go").exists():
        raise RuntimeError("no world yet")

async def worldly(request, context):
    return f"did {request.input}"
"""
SETTINGS = """
[agents.careful]
target = "agents/mine.py:agent"
[agents.acting]
target = "agents/mine.py:agent"
side_effects = "live"
[agents.worldly]
target = "agents/mine.py:worldly"
world = "agents/mine.py:open_world"
"""
CHECK = "assert: [{type: contains, value: did}]"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("agents", "cases", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "agents/mine.py").write_text(AGENT)
    (tmp_path / "agents/words.py").write_text('SAID = "did"')
    (tmp_path / "harness.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(root: Path, agent: str, *inputs: str) -> None:
    cases = "".join(f"  - {{id: {said.replace(' ', '-')}, input: {said}, {CHECK}}}\n" for said in inputs)
    (root / "cases/demo.yaml").write_text(f"agent: {agent}\ncases:\n{cases}")


def killed_run(root: Path, begun: int) -> None:
    """Start a run and kill it once so many trials have begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "eval", "-j", "4"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(root / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while (len(log(root)) < begun or stored(root) < begun - 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (root / "agents/go").touch()


def log(root: Path) -> list[str]:
    path = root / "agents/log"
    return path.read_text().splitlines() if path.exists() else []


def stored(root: Path) -> int:
    if not (root / ".harness/results.db").exists():
        return 0
    with Store.open(root / ".harness/results.db") as store:
        runs = store.runs()
        return runs[0].done if runs else 0


def rows(root: Path) -> dict[str, tuple[str, str]]:
    with Store.open(root / ".harness/results.db", readonly=True) as store:
        assert len(store.runs()) == 1
        return {
            item.job.case.id: (item.status, item.outcome.error.type if item.outcome.error else "")
            for item in store.results(store.run().id)
        }


def test_what_was_under_way_is_run_again_and_nothing_else(workspace: Path) -> None:
    suite(workspace, "careful", "a", "b", "slow c", "slow d")
    killed_run(workspace, 4)

    assert main(["eval", "--resume"]) == 0
    assert rows(workspace) == dict.fromkeys(("a", "b", "slow-c", "slow-d"), ("passed", ""))
    assert sorted(log(workspace)) == ["a", "b", "slow c", "slow c", "slow d", "slow d"]


def test_what_cannot_be_undone_is_never_run_again(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(workspace, "acting", "a", "b", "slow c", "slow d", "e")
    killed_run(workspace, 5)

    assert main(["eval", "--resume", "-j", "1"]) == 3
    assert main(["eval", "--resume", "--retry-errors"]) == 3
    found = rows(workspace)
    assert {found[name] for name in ("slow-c", "slow-d")} == {("errored", "interrupted")}
    assert {found[name] for name in ("a", "b", "e")} == {("passed", "")}
    assert sorted(log(workspace)) == ["a", "b", "e", "slow c", "slow d"]
    assert "2 trials were under way and are not run again" in capsys.readouterr().err


def test_only_what_the_harness_broke_is_retried_and_both_attempts_are_kept(workspace: Path) -> None:
    suite(workspace, "worldly", "a", "b")
    assert main(["eval"]) == 3
    (workspace / "agents/go").touch()

    assert main(["eval", "--resume"]) == 3  # nothing was missing
    assert main(["eval", "--resume", "--retry-errors"]) == 0
    assert rows(workspace) == dict.fromkeys(("a", "b"), ("passed", ""))
    with Store.open(workspace / ".harness/results.db") as store:
        assert [item.status for item in store.earlier(store.run().id)] == ["errored", "errored"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("agents/mine.py", "did {request", "made {request", "agents/mine.py has changed"),
        ("agents/words.py", "did", "made", "agents/words.py has changed"),
        ("harness.toml", 'py:worldly"\n', 'py:worldly"\ntimeout_s = 9\n', "setting 'timeout_s' of agent 'worldly'"),
        ("harness.toml", "[agents.worldly]", "[agents.other]", "agent 'worldly' is gone"),
        ("cases/demo.yaml", "input: b", "input: c", "the case demo::b has changed"),
        ("cases/demo.yaml", "id: b", "id: c", "the case demo::b is gone"),
        ("cases/demo.yaml", "cases:", "casses:", "cases/demo.yaml has changed and cannot be read"),
    ],
)
def test_what_has_changed_is_named_before_anything_is_run(
    workspace: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
) -> None:
    suite(workspace, "worldly", "a", "b")
    main(["eval"])
    text = (workspace / file).read_text()
    (workspace / file).write_text(text.replace(old, new))
    assert (workspace / file).read_text() != text

    assert main(["eval", "--resume", "--retry-errors"]) == 2
    assert said in capsys.readouterr().err
    assert stored(workspace) == 2


def test_changes_can_be_accepted(workspace: Path) -> None:
    suite(workspace, "worldly", "a")
    main(["eval"])
    (workspace / "agents/mine.py").write_text(AGENT.replace('raise RuntimeError("no world yet")', "pass"))

    assert main(["eval", "--resume", "--retry-errors", "--accept-changes"]) == 0


def test_a_change_that_concerns_nothing_left_is_no_matter(workspace: Path) -> None:
    suite(workspace, "careful", "a", "b")
    main(["eval"])
    suite(workspace, "careful", "a", "b", "c")

    assert main(["eval", "--resume"]) == 0


def test_a_run_in_other_hands_is_left_alone(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(workspace, "worldly", "a")
    main(["eval"])
    with Store.open(workspace / ".harness/results.db") as store, store.claim(store.run().id):
        assert main(["eval", "--resume", "--retry-errors"]) == 2

    assert f"is being run by process {os.getpid()}" in capsys.readouterr().err


def test_shards_of_a_plan_are_merged_into_one_run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(workspace, "careful", "a", "b", "c")
    assert [main(["eval", "--shard", f"{index}/2"]) for index in (1, 2)] == [0, 0]
    with Store.open(workspace / ".harness/results.db") as store:
        names = [row.id for row in store.runs()]

    assert main(["merge", names[0]]) == 3
    assert "absent: shard 1" in capsys.readouterr().out
    assert main(["export", names[1], "-o", "one.zip"]) == 0
    assert main(["merge", names[0], "one.zip"]) == 0
    assert "3 of 3 trials, 3 new" in capsys.readouterr().out
    assert main(["merge", *names]) == 0
    assert "3 of 3 trials, 0 new" in capsys.readouterr().out
    assert sorted(log(workspace)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "words", [["--shard", "5/4"], ["--shard", "9/9"], ["--accept-changes"], ["--resume", "--shard", "1/2"]]
)
def test_what_makes_no_sense_is_refused(workspace: Path, words: list[str]) -> None:
    suite(workspace, "careful", "a")

    assert main(["eval", *words]) == 2
    assert log(workspace) == []
