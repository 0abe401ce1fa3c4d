"""The mutate command: what it runs, writes, says and ends with."""

from __future__ import annotations

import json

import pytest
from mutation_arena import ARENA

from harness.cli import main


@pytest.fixture(autouse=True)
def in_the_arena(monkeypatch):
    monkeypatch.chdir(ARENA)


def test_noticed_mutants_end_with_0_and_are_counted_everywhere(tmp_path, capsys):
    found, page = tmp_path / "found.json", tmp_path / "found.md"

    code = main(["mutate", "P-code*", "P-two", "B-quiet", "--workers", "1", "--json", str(found), "--md", str(page)])

    said = capsys.readouterr()
    data = json.loads(found.read_text())
    assert code == 0
    assert "severity 3: 2 of 2 noticed by an expected check, 2 by any: 100 % (target 95 %)" in said.out
    assert "false alarms: 0 of 1 benign changes, 0 of 3 trials" in said.out
    assert "unchanged agents:" in said.err
    assert data["score"]["all"] == {"noticed_by_expected": 3, "noticed": 3, "of": 3, "share": 1.0}
    assert data["by"]["agent"]["strict"]["of"] == 1
    assert [row["fate"] for row in data["mutants"]] == ["expected", "expected", "expected", "quiet"]
    assert "| P-two | strict | C | 2 |" in page.read_text()


def test_survivors_come_first_with_the_command_to_look_at_them_and_end_with_1(capsys):
    code = main(["mutate", "W-survived", "W-other", "W-broken", "W-idle", "--workers", "1"])

    out = capsys.readouterr().out
    order = [out.index(words) for words in ("SURVIVED  W-survived", "broken: the agent fails outright  W-broken",
                                            "changes nothing: equivalent candidate  W-idle", "by an unexpected check  W-other")]  # fmt: skip
    assert code == 1
    assert order == sorted(order)
    assert "look: finharness mutate W-survived -v" in out
    assert "not counted: 1 broken, 1 equivalent candidates" in out


def test_false_alarm_ends_with_1(capsys):
    assert main(["mutate", "B-alarm", "--workers", "1", "--seeds", "1"]) == 1
    assert "FALSE ALARM  B-alarm" in capsys.readouterr().out


def test_flaky_control_leaves_the_run_undecided_and_ends_with_3(capsys):
    assert main(["mutate", "W-unsteady", "--workers", "1"]) == 3

    out = capsys.readouterr().out
    assert "undecided  W-unsteady" in out
    assert "1 check(s) conclude otherwise when the same trial is run again" in out


def test_json_goes_to_standard_output_alone(capsys):
    main(["mutate", "P-two", "--workers", "1", "--json", "-"])

    assert json.loads(capsys.readouterr().out)["counts"]["expected"] == 1


@pytest.mark.parametrize(
    ("words", "problem", "remedy"),
    [
        pytest.param(["zzzz"], "no mutant is named 'zzzz'", "see `finharness mutate --list`", id="id"),
        pytest.param(["P-cod"], "no mutant is named 'P-cod'", "'P-code'", id="near-id"),
        pytest.param(["--agent", "advisor"], "unknown agent 'advisor'", "did you mean 'adviser'?", id="agent"),
        pytest.param(["P-two", "--severity", "3"], "no mutant is left", "leave one of them out", id="nothing-left"),
        pytest.param(["--seeds", "0"], "0 is no number from 1 to 10000", "", id="seeds"),
        pytest.param(["--file", "none.py"], "no file 'none.py'", "name a file", id="file"),
    ],
)
def test_mistake_ends_with_2_before_anything_is_run(words, problem, remedy, capsys):
    assert main(["mutate", *words]) == 2

    said = capsys.readouterr().err
    assert problem in said
    assert remedy in said
    assert "trials" not in said


def test_list_names_every_mutant_and_runs_none(capsys):
    assert main(["mutate", "--list"]) == 0

    said = capsys.readouterr()
    assert "W-survived adviser      T  severity 2  An amount is changed that no check looks at." in said.out
    assert "27 mutants, 2 benign changes" in said.out
    assert said.err == ""


def test_file_that_cannot_be_written_is_the_users_mistake(capsys):
    assert main(["mutate", "P-two", "--workers", "1", "--md", "no/such/folder.md"]) == 2
    assert "no/such/folder.md: cannot be written" in capsys.readouterr().err


def test_mutated_agent_can_be_evaluated_by_name(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FINHARNESS_STORE", str(tmp_path / "results.db"))

    assert main(["eval", "--agent", "strict+P-two", "--case", "SR-1"]) == 1
    assert "books!: 7 usd" in capsys.readouterr().out
    assert main(["eval", "--agent", "strict+P-tow", "--case", "SR-1"]) == 2
    assert "did you mean 'P-two'?" in capsys.readouterr().err
