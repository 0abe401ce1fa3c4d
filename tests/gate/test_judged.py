"""A judge gates only with a passing check on file; nobody's guess ever does."""

from dataclasses import replace

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.calibration.record import CheckRecord, keep, lacking, place
from harness.cli import main
from harness.gate.counting import tally
from harness.gate.judged import Admission
from harness.judge.prompt import TEMPLATE
from harness.model import Verdict
from harness.store import Store
from harness.workspace import Workspace

RUBRIC = "advice v1 0123abcd"


def a_record(**known):
    return CheckRecord(**{"rubric": "advice", "hash": "0123abcd" * 8, "template": TEMPLATE, "judges": ("claude-x",),
                          "labels": "l", "at": "2026-11-21", "answers": 50, "kappa": 0.9, "passed": True, **known})  # fmt: skip


def judged(passed, *, judge="claude-x", rubric=RUBRIC, **known):
    return Verdict(check="llm-rubric", passed=passed, reason="r", labels={"judge": judge, "rubric": rubric}, **known)


def a_trial(index, *verdicts, status="failed"):
    job = a_job(a_case(f"C-{index:02}", suite="demo/basics"))
    return replace(a_result(status, job=job), verdicts=verdicts)


GOOD = Verdict(check="contains", passed=True, reason="r")


@pytest.fixture
def space(tmp_path):
    (tmp_path / "judges").mkdir()
    return Workspace.at(tmp_path)


def test_a_judge_without_a_check_is_left_out_and_the_rest_decides(space):
    admission = Admission(space)
    seen, refused = admission.admitted(a_trial(1, GOOD, judged(False)))
    assert (seen.status, seen.verdicts, refused) == ("passed", (GOOD,), (f"claude-x {RUBRIC}",))
    assert "there is no check of claude-x on advice" in admission.notes("demo/basics")[0]
    alone, _ = admission.admitted(a_trial(1, judged(True), status="passed"))
    assert alone.status == "undecided"


def test_a_judge_with_a_passing_check_decides(space):
    keep(space, a_record())
    result = a_trial(1, GOOD, judged(False))
    assert Admission(space).admitted(result) == (result, ())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"passed": False, "reasons": ("kappa is 0.20, less than 0.6",)}, "did not pass: kappa is 0.20"),
        ({"hash": "f" * 64}, "another version of the rubric"),
        ({"template": "older"}, "another wording"),
        ({"judges": ("claude-y",)}, "no check of claude-x"),
        ({"rubric": "tone"}, "no check of claude-x on advice"),
    ],
)
def test_another_check_is_no_check(space, change, why):
    keep(space, a_record(**change))
    assert why in lacking(space, "advice", ["claude-x"], hash_start="0123abcd")


def test_a_check_that_was_changed_by_hand_or_cannot_be_read_is_none(space):
    path = keep(space, a_record(passed=False, reasons=("kappa",)))
    path.write_text(path.read_text().replace('"passed": false', '"passed": true'))
    assert "changed by hand" in lacking(space, "advice", ["claude-x"], hash_start="0123abcd")
    path.write_text("{")
    assert "cannot be read" in lacking(space, "advice", ["claude-x"], hash_start="0123abcd")
    assert place(space, "advice", ["us.a/b:1"]).name == "advice.us.a-b-1.json"


def test_heuristics_are_no_reason_and_an_outage_is_noted(space):
    hint = judged(False, judge="offline-heuristic", severity="blocker")
    down = Verdict(
        check="llm-rubric", passed=None, reason="r", error=True, labels={"judge": "x", "judge_error": "timeout"}
    )
    trials = [a_trial(1, GOOD, hint, status="undecided"), a_trial(2, GOOD, down, status="undecided")]
    counted = tally([trial.job for trial in trials], trials, Admission(space))["demo/basics"]
    assert [(item.passed, item.undecided, item.blocker, item.judges, item.unjudged) for item in counted] == [
        (1, 0, "", (), 0),
        (0, 1, "", ("x",), 1),
    ]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    (tmp_path / "harness.toml").write_text("")
    (tmp_path / "judges").mkdir()
    monkeypatch.chdir(tmp_path)
    return Workspace.at(tmp_path)


def record(workspace, name, trials):
    with Store.open(workspace.store) as store:
        store.begin(a_manifest(name, started_at=f"2026-11-21T10:00:{name[-2:]}Z"), [trial.job for trial in trials])
        store.add(name, trials)
        store.end(name, "complete")


def test_the_gate_hears_a_judge_only_with_its_check(workspace, capsys):
    record(workspace, "run-01", [a_trial(number, GOOD, judged(True), status="passed") for number in range(40)])
    record(workspace, "run-02", [a_trial(number, GOOD, judged(number > 9)) for number in range(40)])
    assert main(["bless", "run-01", "--trials", "1"]) == 0
    assert main(["gate", "run-02"]) == 0
    assert "judged verdicts left out" in capsys.readouterr().out
    keep(workspace, a_record())
    assert main(["gate", "run-02"]) == 3  # the baseline was made without this judge
    assert main(["bless", "run-01", "--trials", "1"]) == 0
    assert main(["gate", "run-02"]) == 1


def test_a_judge_that_was_down_makes_the_gate_incomplete(workspace, capsys):
    down = Verdict(
        check="llm-rubric", passed=None, reason="r", error=True, labels={"judge": "claude-x", "judge_error": "t"}
    )
    record(workspace, "run-01", [a_trial(number, GOOD, status="passed") for number in range(40)])
    record(workspace, "run-02", [a_trial(number, GOOD, *([down] if number < 3 else []),
                                         status="undecided" if number < 3 else "passed") for number in range(40)])  # fmt: skip
    assert main(["bless", "run-01", "--trials", "1"]) == 0
    assert main(["gate", "run-02"]) == 3
    assert "no judge could be asked about 3 trials" in capsys.readouterr().out
