"""What is elsewhere comes into the store, or into a suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main

BENCH = Path(__file__).parents[2] / "bench" / "data"
DOJO = Path(__file__).parents[1] / "data" / "agentdojo"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "cases").mkdir()
    (tmp_path / "agents").mkdir()
    (tmp_path / "harness.toml").write_text('[agents.recorded]\ntarget = "agents/x.py:x"\n')
    (tmp_path / "agents" / "x.py").write_text("def x(input):\n    return ''\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["tau2", BENCH / "tau2_toolorchestra_airline.json.gz"], "imported 50 trials of 50 cases", id="tau2"),
        pytest.param(
            ["bfcl", BENCH / "bfcl" / "multi_turn_base.jsonl.gz", "--truth", BENCH / "bfcl" / "multi_turn_base_ground_truth.jsonl.gz"],
            "imported 50 trials of 50 cases",
            id="bfcl",
        ),
        pytest.param(["agentdojo", DOJO / "environment.yaml", "--cases", "cases/bank.yaml"], "wrote 28 cases", id="agentdojo"),
        pytest.param(["tau2", BENCH / "tau2_banking_tasks.json.gz", "--cases", "cases/x.yaml"], "wrote 60 cases", id="tasks"),
    ],
)  # fmt: skip
def test_import(workspace, capsys, arguments, told):
    assert main(["import", *map(str, arguments)]) == 0

    assert told in capsys.readouterr().out
    if "--cases" in arguments:
        assert main(["validate"]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["bfcl", BENCH / "bfcl" / "multi_turn_base.jsonl.gz"], "--truth", id="no-truth"),
        pytest.param(["tau2", BENCH / "tau2_banking_tasks.json.gz"], "tasks and no runs", id="only-tasks"),
        pytest.param(["agentdojo", DOJO / "environment.yaml"], "tasks and no runs", id="only-an-environment"),
        pytest.param(["tau2", BENCH / "tau2_banking_tasks.json.gz", "--cases", "../x.yaml"], "no suite of this workspace", id="outside"),
        pytest.param(["asb", "x.jsonl", "--cases", "cases/x.yaml"], "no tasks to write", id="no-tasks"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_why(workspace, capsys, arguments, told):
    assert main(["import", *map(str, arguments)]) == 2

    assert told in capsys.readouterr().err


def test_a_suite_that_is_there_is_not_overwritten(workspace, capsys):
    (workspace / "cases" / "x.yaml").write_text("mine")

    assert main(["import", "tau2", str(BENCH / "tau2_banking_tasks.json.gz"), "--cases", "cases/x.yaml"]) == 2

    assert (workspace / "cases" / "x.yaml").read_text() == "mine"
