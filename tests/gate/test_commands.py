from __future__ import annotations

import json

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.cli import main
from harness.store import Store


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "harness.toml").write_text('[agents.adviser]\ntarget = "a.py:a"\n')
    (tmp_path / "cases/demo").mkdir(parents=True)
    (tmp_path / "cases/demo/basics.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(workspace, name, statuses, *, suite="demo/basics"):
    jobs = [a_job(a_case(f"C-{index:02}", suite=suite)) for index in range(len(statuses))]
    with Store.open(workspace / ".harness/results.db") as store:
        store.begin(a_manifest(name, started_at=f"2026-11-21T10:00:{name[-2:]}Z"), jobs)
        store.add(name, [a_result(status, job=job) for status, job in zip(statuses, jobs, strict=True)])
        store.end(name, "complete")


GOOD = ["passed"] * 40


def test_bless_then_gate_passes_and_a_loss_fails(workspace, capsys):
    record(workspace, "run-01", GOOD)
    assert main(["bless", "--by", "ann", "--trials", "1"]) == 0
    assert main(["gate"]) == 0
    record(workspace, "run-02", ["failed"] * 6 + GOOD[6:])

    code = main(["gate", "-o", "gate.md"])

    out = capsys.readouterr().out
    assert code == 1
    assert "blessed  demo/basics: 40 cases -> reports/baselines/demo/basics.json" in out
    assert "PASS  demo/basics" in out
    assert "REGRESSED  demo/basics" in out
    assert "lost   C-00  1/1 -> 0/1  contains: because of the test" in out
    assert "## Gate: regressed" in (workspace / "gate.md").read_text()


def test_blessing_twice_leaves_the_file_alone(workspace, capsys):
    record(workspace, "run-01", GOOD)
    main(["bless", "--trials", "1"])
    before = (workspace / "reports/baselines/demo/basics.json").read_bytes()

    main(["bless", "--by", "somebody else", "--trials", "1"])

    assert (workspace / "reports/baselines/demo/basics.json").read_bytes() == before
    assert "unchanged  demo/basics" in capsys.readouterr().out


def test_a_smaller_run_does_not_shrink_a_baseline_unasked(workspace, capsys):
    record(workspace, "run-01", GOOD)
    main(["bless", "--trials", "1"])
    record(workspace, "run-02", GOOD[:30])

    assert main(["bless", "--trials", "1"]) == 2
    assert "--allow-removed" in capsys.readouterr().err
    assert main(["bless", "--allow-removed", "--trials", "1"]) == 0


def test_programs_read_the_decision_from_standard_output(workspace, capsys):
    record(workspace, "run-01", GOOD)
    main(["bless", "--trials", "1"])
    capsys.readouterr()

    main(["gate", "run-01", "--json", "--baseline", "reports/baselines/demo/basics.json"])

    data = json.loads(capsys.readouterr().out)
    assert (data["value"], data["exit_code"], data["suites"][0]["compared"]) == ("pass", 0, 40)


def test_few_cases_are_inconclusive_and_fail_only_when_asked_to(workspace):
    record(workspace, "run-01", GOOD[:3])
    main(["bless", "--trials", "1"])

    assert main(["gate"]) == 0
    assert main(["gate", "--fail-on", "inconclusive"]) == 3


def test_deleting_a_suite_does_not_make_the_gate_green(workspace, capsys):
    record(workspace, "run-01", GOOD, suite="demo/old")
    record(workspace, "run-02", GOOD)
    main(["bless", "run-01", "--trials", "1"])
    main(["bless", "run-02", "--trials", "1"])

    assert main(["gate", "run-02"]) == 1
    assert "REGRESSED  demo/old" in capsys.readouterr().out
    assert main(["gate", "run-02", "--allow-removed"]) == 0


def test_a_suite_without_a_baseline_is_named_and_not_judged(workspace, capsys):
    record(workspace, "run-01", GOOD)
    main(["bless", "--trials", "1"])
    jobs = [a_job(a_case("A", suite=suite)) for suite in ("demo/basics", "demo/new")]
    with Store.open(workspace / ".harness/results.db") as store:
        store.begin(a_manifest("run-09"), jobs)
        store.add("run-09", [a_result(job=job) for job in jobs])

    main(["gate", "run-09"])

    assert "no baseline  demo/new: not judged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["gate"], "no baseline for demo/basics"),
        (["gate", "--baseline", "missing.json"], "missing.json: the baseline cannot be read"),
        (["gate", "--margin", "5"], "5.0 is no share"),
        (["gate", "--alpha", "nan"], "nan is no share"),
        (["gate", "-o", "gate.txt"], "no known format"),
        (["gate", "nonsense"], "there is no run 'nonsense'"),
        (["bless", "--trials", "0"], "0 trials decide nothing"),
        (["gate", "plan"], "there is no baseline to plan with"),
        (["gate", "--base", "nowhere"], "there is no such folder"),
        (["bless", "--trials", "5"], "there is no file 'a.py'"),
    ],
)
def test_mistakes_end_with_2_and_a_remedy(workspace, capsys, words, problem):
    record(workspace, "run-01", GOOD)

    assert main(words) == 2

    err = capsys.readouterr().err
    assert problem in err
    assert "fix: " in err


def test_a_baseline_of_another_suite_is_refused(workspace, capsys):
    record(workspace, "run-01", GOOD)
    main(["bless", "--trials", "1"])
    record(workspace, "run-02", GOOD, suite="demo/other")

    assert main(["gate", "run-02", "--baseline", "reports/baselines/demo/basics.json"]) == 2
    assert "this is the baseline of suite 'demo/basics'; the run has demo/other" in capsys.readouterr().err


def test_against_a_base_branch_every_suite_must_have_been_run(workspace, capsys):
    (workspace / "cases/demo/other.yaml").write_text("")
    record(workspace, "run-01", GOOD, suite="demo/other")
    record(workspace, "run-02", GOOD)
    main(["bless", "run-01", "--trials", "1"])
    main(["bless", "run-02", "--trials", "1"])

    assert main(["gate", "run-02"]) == 0
    assert main(["gate", "run-02", "--base", "."]) == 1
    assert "REGRESSED  demo/other" in capsys.readouterr().out
