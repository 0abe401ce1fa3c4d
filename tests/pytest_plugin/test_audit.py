"""A pytest session writes the audit log of its trials, where its results are stored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.audit import verify

ROOT = Path(__file__).parents[2]
FILES = {
    "harness.toml": '[agents.agent]\ntarget = "agents/mine.py:agent"\n[audit]\nenabled = true\n',
    "agents/mine.py": "def agent(question):\n    return f'you said {question}'\n",
    "cases/demo.yaml": "agent: agent\ncases:\n" + "".join(
        f"  - {{id: c{number}, input: q{number}, assert: [{{type: contains, value: q{number}}}]}}\n" for number in range(4)
    ),
}  # fmt: skip


def test_a_session_leaves_one_chain(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environ.pop("PYTEST_ADDOPTS", None)
    words = ["pytest", "cases", "-p", "harness.pytest_plugin", "-p", "no:cacheprovider", "-q"]

    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    path = tmp_path / ".harness" / "audit.jsonl"
    assert done.returncode == 0, done.stdout
    assert verify(path).ok
    decisions = [entry for entry in map(json.loads, path.read_text().splitlines()) if entry["event"] == "AI_DECISION"]
    assert {entry["details"]["compliance"]["result"] for entry in decisions} == {"PASS"}
    assert len({entry["trace_id"] for entry in decisions}) == 4
