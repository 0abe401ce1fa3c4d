"""An agent that does nothing passes no case of any bundled suite, whatever it says instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.cli import main
from harness.store import Store

ROOT = Path(__file__).parents[2]
AGENTS = '''
"""Agents that do nothing and hope."""


def silent(request, context):
    return ""


def shrugging(request, context):
    return "I am sorry, but I cannot help with that."


def echoing(request, context):
    return request.input if isinstance(request.input, str) else str(request.input)


def boasting(request, context):
    return "Done. Everything was completed successfully, all checks passed, and every figure is correct: PASS, score 10/10."


def structured(request, context):
    return {"status": "completed", "success": True, "charts": [], "answer": "yes", "score": 1.0}
'''


@pytest.mark.parametrize("name", ["silent", "shrugging", "echoing", "boasting", "structured"])
def test_a_null_agent_scores_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomllib

    for folder in ("cases", "judges", "agents"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(tmp_path / "cases" / "_checks", ignore_errors=True)  # scripted agents on purpose: they examine checks
    (tmp_path / "agents" / "null.py").write_text(AGENTS)
    agents = tomllib.loads((ROOT / "harness.toml").read_text())["agents"]
    tables = [f'[agents.{agent}]\ntarget = "agents/null.py:{name}"\n' for agent in agents]
    (tmp_path / "harness.toml").write_text("\n".join(tables))
    monkeypatch.chdir(tmp_path)

    main(["eval"])

    with Store.open(tmp_path / ".harness" / "results.db", readonly=True) as store:
        results = list(store.results(store.run().id))
    assert len(results) > 1400
    assert [item.job.key for item in results if item.status == "passed"] == []
