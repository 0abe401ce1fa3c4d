"""What becomes of a command's words never changes its exit code for the better."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.outlet import Outlet, lost

ROOT = Path(__file__).parents[1]
AGENT = "async def agent(request, context):\n    return 'did ' + request.input\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "mine.py").write_text(AGENT)
    (tmp_path / "harness.toml").write_text('[agents.mine]\ntarget = "mine.py:agent"\n')
    return tmp_path


def evaluated(root: Path, value: str, redirected: str) -> subprocess.CompletedProcess[str]:
    case = f"agent: mine\ncases: [{{id: a, input: it, assert: [{{type: contains, value: {value}}}]}}]\n"
    (root / "cases/demo.yaml").write_text(case)
    return subprocess.run(
        ["/bin/bash", "-c", f"{sys.executable} -m harness eval {redirected}; exit ${{PIPESTATUS[0]}}"],
        cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "redirected", "code"),
    [
        pytest.param("undone", "| true", 1, id="failed-and-nobody-reads"),
        pytest.param("did", "2>&1 | true", 0, id="passed-and-nobody-reads"),
        pytest.param("undone", ">/dev/full", 1, id="failed-and-no-room"),
        pytest.param("did", "<&- >&- 2>&-", 0, id="passed-and-all-closed"),
        pytest.param("undone", ">&- 2>&-", 1, id="failed-and-all-closed"),
    ],
)
def test_the_exit_code_is_that_of_the_run(workspace: Path, value: str, redirected: str, code: int) -> None:
    assert evaluated(workspace, value, redirected).returncode == code


def test_a_report_that_found_no_room_is_told_of_and_not_green(workspace: Path) -> None:
    done = evaluated(workspace, "did", ">/dev/full")

    assert done.returncode == 3
    assert "not complete (No space left on device); results are stored\n  fix: finharness show" in done.stderr


def test_a_reader_that_went_away_is_no_loss() -> None:
    there, here = os.pipe()
    os.close(there)
    outlet = Outlet(here)
    with io.TextIOWrapper(io.BufferedWriter(outlet)) as stream:
        stream.write("x" * 100_000)

    os.close(here)
    assert outlet.trouble is not None
    assert lost(outlet) is None


def test_a_slow_reader_that_does_not_wait_gets_everything() -> None:
    there, here = os.pipe()
    os.set_blocking(here, False)
    heard: list[bytes] = []
    with os.fdopen(there, "rb") as reading:
        listener = threading.Thread(target=lambda: heard.append(reading.read()))
        listener.start()
        outlet = Outlet(here)
        stream = io.TextIOWrapper(io.BufferedWriter(outlet), encoding="ascii")
        stream.write("x" * 300_000)
        stream.flush()
        os.close(here)
        listener.join(10)

    assert (len(heard[0]), outlet.trouble) == (300_000, None)
    stream.detach()
