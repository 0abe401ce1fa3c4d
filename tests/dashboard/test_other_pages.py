from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from stored_runs import HOSTILE, a_full_workspace, a_workspace

from harness.detection.filing import file_findings
from harness.workspace import Workspace

STARTER = Path(__file__).parents[2] / "harness/templates/starter"


def workspace_at(root):
    return Workspace.find(config=str(root / "harness.toml"))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def findings(tmp_path):
    root = a_workspace(tmp_path)
    rate = {"noticed_by_expected": 9, "noticed": 10, "of": 11, "share": 9 / 11}
    mutants = [
        {"id": "CH-M01", "agent": "charter", "seam": "P", "severity": 3, "description": HOSTILE, "fate": "survived", "expects": ["diff"], "kills": [], "changes": [HOSTILE]},
        {"id": "CH-M02", "agent": "charter", "seam": "P", "severity": 2, "description": "wrong total", "fate": "expected", "expects": ["diff"], "kills": [{"check": "diff", "case": "CH-02"}]},
    ]  # fmt: skip
    data = {
        "score": {"severity_3": rate, "all": rate, "targets": {"severity_3": 0.95, "all": 0.85}, "false_alarms": {"mutants": 0, "of": 4}, "met": False},
        "counts": {"survived": 1, "expected": 1}, "by": {"agent": {"charter": rate}}, "mutants": mutants,
    }  # fmt: skip
    file_findings(workspace_at(root), "mutate", data)
    count = {"found": 21, "of": 22}
    row = {
        "subject": "charts",
        "question": "wrong charts refused",
        "wanted": "all",
        "guide": {"found": 5, "of": 22},
        "app": None,
        "ours": count,
        "missed": [HOSTILE],
    }
    file_findings(workspace_at(root), "scorecard", [row])
    return root


def test_guardrails_show_the_scorecard_and_the_survivors(opened, findings):
    app = opened(findings, "pages/guardrails.py")

    assert not app.exception
    card, mutants = (table.value for table in app.dataframe)
    assert card.loc[0, ["state", "guide", "app", "ours"]].tolist() == ["≈ in part", "5 of 22", "–", "21 of 22"]
    assert mutants["id"].tolist() == ["CH-M01"]
    assert "targets are not met" in app.error[0].value
    assert not any("alert(1)" in item.value for item in (*app.markdown, *app.caption, *app.error))

    app.toggle[0].set_value(True).run()
    assert app.dataframe[1].value["noticed_by"].tolist() == ["", "diff in CH-02"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"findings": 3}', '{"findings": {"mutants": [1], "by": [2]}}']
)
def test_findings_of_another_form_break_nothing(opened, tmp_path, text):
    root = a_workspace(tmp_path)
    (root / "reports/out").mkdir(parents=True)
    for name in ("mutate.json", "scorecard.json"):
        (root / "reports/out" / name).write_text(text)

    assert not opened(root, "pages/guardrails.py").exception


def test_without_findings_the_commands_are_named(opened, tmp_path):
    app = opened(a_workspace(tmp_path), "pages/guardrails.py")

    assert [block.value.split("   ")[0].strip() for block in app.code] == [
        "finharness mutate --scorecard",
        "finharness mutate",
    ]


def test_operations_count_requests_and_say_what_is_not_there(opened, full):
    app = opened(full, "pages/operations.py")

    assert not app.exception
    agents = app.dataframe[0].value.set_index("agent")
    assert agents.loc["charter", ["requests", "failed", "errored"]].tolist() == [18, 4, 0]
    assert agents.loc["tagger", "errored"] == 1
    assert any("No budget is set" in item.value for item in app.text)
    assert any("No agent of this run worked off a queue" in item.value for item in app.text)
    assert any("finharness audit verify" in block.value for block in app.code)


def test_operations_verify_the_audit_log_and_see_that_it_was_changed(opened, tmp_path):
    from harness.audit import AuditLog

    root = a_workspace(tmp_path)
    path = workspace_at(root).audit_log
    path.parent.mkdir(exist_ok=True)
    with AuditLog(path, service="test") as log, log.about(job_id="job-7", user="ann", agent="reporter"):
        log.event("AGENT_STARTED")
        log.event("AGENT_COMPLETED")
    assert "Verified" in opened(root, "pages/operations.py").success[-1].value

    lines = path.read_text().splitlines()
    entry = json.loads(lines[1])
    path.write_text("\n".join([lines[0], json.dumps({**entry, "agent": "nobody"}), *lines[2:]]) + "\n")

    assert "Broken" in opened(root, "pages/operations.py").error[-1].value


def test_cases_stand_as_in_their_files_and_a_copy_is_checked(opened, tmp_path):
    root = tmp_path / "mine"
    shutil.copytree(STARTER, root)
    app = opened(root, page="cases")
    assert not app.exception
    assert set(app.dataframe[0].value["result"]) == {"not run"}

    app = opened(root, page="cases", view="Edit")
    assert "It is the same as the file." in app.success[0].value
    app.text_area[0].set_value(app.text_area[0].value + "\nsurprise: 1\n").run()

    assert "mistake" in app.error[0].value
    assert "surprise" in app.dataframe[0].value["problem"][0]
    assert "surprise" not in "".join(path.read_text() for path in (root / "cases").rglob("*.yaml"))


def test_a_suite_with_mistakes_is_shown_with_them(opened, tmp_path):
    root = tmp_path / "mine"
    shutil.copytree(STARTER, root)
    (root / "cases/advisor.yaml").write_text(f"cases: [{{id: '{'x' * 300}', surprise: 1}}]\n")

    app = opened(root, page="cases")

    assert not app.exception
    assert "mistake" in app.error[0].value


def test_without_cases_the_commands_are_named(opened, tmp_path):
    app = opened(a_workspace(tmp_path), "pages/cases.py")

    assert not app.exception
    assert "finharness init" in app.code[0].value
