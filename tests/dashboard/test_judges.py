from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

from harness.calibration.filing import file_findings
from harness.workspace import Workspace

JUDGES = "pages/judges.py"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def judged(tmp_path):
    """A workspace with runs, one rubric with labels, and the findings of a check and of a comparison with before."""
    root = a_full_workspace(tmp_path)
    (root / "judges/labels").mkdir(parents=True)
    shutil.copy(ROOT / "judges/tone.yaml", root / "judges")
    shutil.copy(ROOT / "judges/labels/tone.jsonl", root / "judges/labels")
    workspace = Workspace.find(config=str(root / "harness.toml"))
    one = {
        "group": "all criteria", "rows": 40, "categories": ["yes", "no"], "table": [[20, 4, 1, 0], [5, 9, 0, 1]],
        "accuracy": {"value": 0.725, "count": 29, "of": 40, "low": 0.57, "high": 0.84},
        "kappa": {"value": 0.41, "low": 0.12, "high": 0.68}, "abstained": 1, "unreadable": 1, "warnings": [HOSTILE],
        "classes": [{"category": "yes", "sensitivity": {"value": 0.8, "count": 20, "of": 25}, "specificity": {"value": 0.6, "count": 9, "of": 15}, "youden": 0.4}],
        "rates": [{"category": "yes", "judged": 0.63, "labelled": 0.62, "ppi": {"value": 0.61, "low": 0.5, "high": 0.7, "weight": 0.4}}],
        "disagreements": [{"id": "ton-7", "label": "no", "verdict": "yes", "question": "How?", "answer": HOSTILE}],
    }  # fmt: skip
    file_findings(
        workspace, "check", "tone by claude", {"record": {"passed": False, "reasons": [HOSTILE]}, "sets": [one]}
    )
    drifted = {"rubric": "tone", "judges": ["claude"], "verdicts": 40, "to_yes": ["a:b"], "to_no": [], "flips": 0.025, "p": 0.5, "kappa": 0.9, "unreadable": 0, "drifted": False}  # fmt: skip
    file_findings(workspace, "drift", "tone by claude", drifted)
    return root


def test_what_a_check_found_is_shown(opened, judged):
    app = opened(judged, JUDGES)

    assert not app.exception
    cards = {card.label: (card.value, card.delta) for card in app.metric}
    assert cards["Kappa"] == ("0.410", "0.120 to 0.680")
    assert cards["Agreement"][0] == "72.5%"
    assert (cards["People say"][0], cards["The judge says"][0]) == ("no", "yes")
    assert "may not gate" in app.error[0].value
    rubrics, _, rates, drift = (table.value for table in app.dataframe)
    assert rubrics.loc[0, ["state", "rubric", "labels"]].tolist() == ["– not checked", "tone", 40]
    assert rates["ppi"].tolist() == [0.61]
    assert drift["state"].tolist() == ["✓ the same"]


def test_nothing_hostile_is_interpreted(opened, judged):
    app = opened(judged, JUDGES)

    for item in (*app.markdown, *app.caption, *app.subheader, *app.warning, *app.error):
        assert "alert(1)" not in item.value or item.value.strip().startswith("`")


def fill_in(app, *, by="Ada"):
    for box in app.radio:
        box.set_value("yes")
    app.text_input[0].set_value(by)
    return app.button[0].click().run()


def test_labels_are_appended_to_the_rubric_s_file_and_to_nothing_else(opened, judged):
    path = judged / "judges/labels/tone.jsonl"
    before = path.read_text()
    others = {item: item.stat().st_mtime_ns for item in judged.rglob("*") if item.is_file() and item != path and ".harness" not in item.parts}  # fmt: skip

    app = fill_in(opened(judged, JUDGES))

    assert not app.exception
    assert "has 41 labelled answers now" in app.success[0].value
    assert path.read_text().startswith(before)
    row = json.loads(path.read_text()[len(before) :])
    assert set(row["labels"].values()) == {"yes"}
    assert (row["by"], row["from"].split(":")[0]) == ("Ada", RUNS[-1])
    assert {item: item.stat().st_mtime_ns for item in others} == others


def test_the_same_answer_is_not_labelled_twice(opened, judged):
    fill_in(opened(judged, JUDGES))

    app = fill_in(opened(judged, JUDGES))

    assert "labelled already" in app.error[-1].value
    assert len((judged / "judges/labels/tone.jsonl").read_text().splitlines()) == 41


def test_half_a_form_writes_nothing(opened, judged):
    before = (judged / "judges/labels/tone.jsonl").read_bytes()

    app = fill_in(opened(judged, JUDGES), by=" ")

    assert "Nothing is written yet" in app.warning[-1].value
    assert (judged / "judges/labels/tone.jsonl").read_bytes() == before


def test_without_anything_the_commands_are_named(opened, tmp_path):
    app = opened(a_workspace(tmp_path), JUDGES)

    assert not app.exception
    assert any("finharness judge check" in block.value for block in app.code)
