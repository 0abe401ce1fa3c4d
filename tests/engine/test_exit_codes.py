"""The truth table of exit codes: 0 passed, 1 failed, 2 the user's mistake, 3 incomplete, 4 our bug, 130 and 143 signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import StoreError
from harness.store import Store

ROOT = Path(__file__).parent.parent.parent
AGENT = """
import asyncio, os, sys, time
from pathlib import Path

async def agent(request, context):
    said = request.input
    if said == "exit": os._exit(0)
    if said == "segfault": os.kill(os.getpid(), 11)
    if said == "raise": raise ValueError("on purpose")
    if said == "sys.exit": sys.exit(0)
    if said == "nothing": return None
    if said == "nan": return {"x": float("nan")}
    if said == "block": time.sleep(30)
    if said == "hang": await asyncio.sleep(30)
    return f"did {said}"

def open_world(spec, *, as_of, seed, root):
    raise RuntimeError("no world")

async def worldly(request, context): ...
"""
SETTINGS = """
[agents.agent]
target = "mine.py:agent"
timeout_s = 0.4
[agents.worldly]
target = "mine.py:worldly"
world = "mine.py:open_world"
[agents.broken]
target = "broken.py:agent"
"""
DID = "[{type: contains, value: did}]"


def case(said: str, checks: str = DID, name: str = "", **known: str) -> str:
    more = "".join(f", {key}: {item}" for key, item in known.items())
    return f"  - {{id: {name or said.replace('.', '-')}, input: {said!r}, assert: {checks}{more}}}\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "mine.py").write_text(AGENT)
    (tmp_path / "broken.py").write_text("def agent(:\n")
    (tmp_path / "checks.py").write_text("def bug(output):\n    raise KeyError('x')\n")
    (tmp_path / "harness.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(root: Path, *cases: str, agent: str = "agent") -> None:
    (root / "cases/demo.yaml").write_text(f"agent: {agent}\ncases:\n{''.join(cases)}")


GOOD = case("fine")
BROKEN_CHECK = "[{type: python, value: 'checks.py:bug'}]"
JUDGED = "[The answer is friendly.]"


@pytest.mark.parametrize(
    ("cases", "words", "code"),
    [
        pytest.param([GOOD], [], 0, id="everything-passes"),
        pytest.param([GOOD], ["--isolation", "process"], 0, id="everything-passes-apart"),
        pytest.param([GOOD, case("other", "[{type: contains, value: nothing, severity: minor}, {type: contains, value: did}]")], [], 0, id="only-a-minor-check-fails"),
        pytest.param([GOOD, case("other", JUDGED)], [], 0, id="one-undecided"),
        pytest.param([GOOD, case("other", "[{type: equals, value: x}]")], [], 1, id="a-check-fails"),
        pytest.param([GOOD, case("exit")], [], 1, id="agent-exits-with-0"),
        pytest.param([GOOD, case("segfault")], [], 1, id="agent-crashes"),
        pytest.param([GOOD, case("raise")], [], 1, id="agent-raises"),
        pytest.param([GOOD, case("sys.exit")], [], 1, id="agent-calls-sys-exit"),
        pytest.param([GOOD, case("nothing")], [], 1, id="agent-answers-nothing"),
        pytest.param([GOOD, case("nan")], [], 1, id="agent-answers-nan"),
        pytest.param([GOOD, case("hang")], [], 1, id="agent-hangs"),
        pytest.param([GOOD, case("block")], [], 1, id="agent-blocks"),
        pytest.param([GOOD, case("other", "[{type: equals, value: x}]", name="wrong")], ["--case", "fine"], 0, id="the-failing-one-not-selected"),
        pytest.param([], [], 2, id="no-cases"),
        pytest.param([GOOD], ["--case", "nobody"], 2, id="nothing-selected"),
        pytest.param([GOOD], ["--no-such-option"], 2, id="unknown-option"),
        pytest.param([GOOD], ["-j", "0"], 2, id="impossible-option"),
        pytest.param(["  - {id: a, inptu: x}\n"], [], 2, id="misspelt-field"),
        pytest.param(["  - [\n"], [], 2, id="no-yaml"),
        pytest.param([case("x", agent="nobody")], [], 2, id="unknown-agent"),
        pytest.param([GOOD, case("x", agent="broken")], [], 2, id="agent-with-a-syntax-error"),
        pytest.param([GOOD], ["--resume"], 2, id="nothing-to-resume"),
        pytest.param([GOOD], ["-o", "no-folder/x.html"], 2, id="output-that-cannot-be-written"),
        pytest.param([GOOD, case("other", JUDGED)], ["--fail-on", "undecided"], 3, id="undecided-where-asked-to-fail-on-it"),
        pytest.param([case("other", JUDGED)], [], 3, id="nothing-decided"),
        pytest.param([GOOD, case("x", agent="worldly")], [], 3, id="the-harness-fails-a-trial"),
        pytest.param([case("other", "[{type: equals, value: x}]"), case("x", agent="worldly")], [], 3, id="failed-and-errored"),
        pytest.param([case("other", BROKEN_CHECK)], [], 3, id="only-broken-checks"),
    ],
)  # fmt: skip
def test_code_of(workspace: Path, cases: list[str], words: list[str], code: int) -> None:
    suite(workspace, *cases)

    assert main(["eval", *words]) == code


def test_store_that_cannot_be_used_is_3(workspace: Path) -> None:
    suite(workspace, GOOD)
    (workspace / ".harness").mkdir()
    (workspace / ".harness/results.db").write_text("these are my notes, and they are no database at all " * 20)

    assert main(["eval"]) == 3


def test_disk_that_is_full_is_3(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full", remedy="free some space")

    suite(workspace, GOOD)
    monkeypatch.setattr(Store, "add", full)

    assert main(["eval"]) == 3


def test_our_own_bug_is_4(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    suite(workspace, GOOD)
    monkeypatch.setattr("harness.summary.exit_code", bug)

    assert main(["eval"]) == 4


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_is_128_and_its_number(workspace: Path, number: int, code: int) -> None:
    suite(workspace, GOOD, case("hang", budget="{seconds: 60}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "eval"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not (workspace / ".harness/results.db-wal").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)

    assert process.wait(20) == code
