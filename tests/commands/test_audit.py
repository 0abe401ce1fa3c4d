"""The audit log as a user meets it: written by runs, verified, shown, exported, pruned."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import a_manifest, a_result

from harness.audit import AuditLog, verify
from harness.cli import main
from harness.engine.recording import recorders
from harness.store import Store
from harness.workspace import Workspace

AGENT = """
def agent(request, context):
    context.recorder.guardrail("conduct", True, "nothing promised")
    return f"you said {request.input}; write to ann@example.com"
"""
SUITE = """
agent: agent
cases:
  - {id: good, input: yes, assert: [{type: contains, value: said yes}]}
  - {id: bad, input: no, assert: [{type: equals, value: something else}]}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "harness.toml": '[agents.agent]\ntarget = "agents/mine.py:agent"\n[audit]\nenabled = true\n',
        "agents/mine.py": AGENT,
        "cases/demo.yaml": SUITE,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def written(workspace: Path) -> Path:
    """A workspace with a log of its own."""
    path = workspace / ".harness" / "audit.jsonl"
    with AuditLog(path, clock=lambda: datetime.now(UTC) - timedelta(days=2)) as log:
        log.event("USER_LOGIN", user="ann", mail="ann@example.com")
        log.decide(agent="reporter", job_id="j-1", input=1, output="=2+2", checks={"conduct": True})
    return path


def test_a_run_leaves_entries_that_verify_with_the_verdicts_of_its_trials(workspace, capsys):
    assert main(["eval", "--workers", "1"]) == 1
    capsys.readouterr()

    assert main(["audit", "verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    main(["audit", "show", "--event", "AI_DECISION", "--json"])
    decisions = {entry["details"]["compliance"]["result"] for entry in json.loads(capsys.readouterr().out)}

    assert (found["ok"], found["anchored"], found["signed"]) == (True, True, False)
    assert decisions == {"PASS", "FAIL"}


def test_a_log_that_cannot_be_written_fails_no_run_and_is_said(workspace, capsys):
    (workspace / ".harness").mkdir()
    (workspace / ".harness" / "audit.jsonl").mkdir()

    assert main(["eval", "--workers", "1", "--case", "good"]) == 0

    said = capsys.readouterr().err
    assert "audit: 1 trials are not in .harness/audit.jsonl" in said
    assert "finharness audit export --run" in said


def test_switched_off_nothing_is_written(workspace):
    settings = workspace / "harness.toml"
    settings.write_text(settings.read_text().replace("enabled = true", ""))

    main(["eval", "--workers", "1", "--case", "good"])

    assert not (workspace / ".harness" / "audit.jsonl").exists()


def test_an_edit_is_named_with_its_line_and_remedy(written, capsys):
    written.write_bytes(written.read_bytes().replace(b"reporter", b"repairer"))

    assert main(["audit", "verify"]) == 1

    said = capsys.readouterr().out
    assert f"BROKEN  {written}:3: the entry was changed: its content does not give its hash (edited)" in said
    assert "fix: restore the file from a copy" in said
    assert "2 entries before it hold" in said


def test_signed_logs_need_their_key(workspace, monkeypatch, capsys):
    monkeypatch.setenv("FINHARNESS_AUDIT_KEY", "a secret of ours")
    main(["eval", "--workers", "1", "--case", "good"])
    capsys.readouterr()

    assert main(["audit", "verify"]) == 0
    assert "signed" in capsys.readouterr().out
    monkeypatch.setenv("FINHARNESS_AUDIT_KEY", "another")
    assert main(["audit", "verify"]) == 1
    assert "signed with another key" in capsys.readouterr().out
    monkeypatch.delenv("FINHARNESS_AUDIT_KEY")
    assert main(["audit", "verify"]) == 0
    assert "not checked, for want of the key" in capsys.readouterr().out


def test_a_noted_head_is_held_against_the_log(written, capsys):
    assert main(["audit", "head"]) == 0
    head = capsys.readouterr().out.strip()

    assert main(["audit", "verify", "--head", head]) == 0
    assert main(["audit", "verify", "--head", f"9:{head.partition(':')[2]}"]) == 1
    assert "6 entries are missing at the end" in capsys.readouterr().out
    assert main(["audit", "verify", "--head", "nonsense"]) == 2


def test_a_lost_head_is_written_anew_after_verifying(written, capsys):
    (written.parent / "audit.jsonl.head").unlink()

    assert main(["audit", "verify"]) == 1
    assert main(["audit", "verify", "--unanchored"]) == 0
    assert main(["audit", "anchor"]) == 0
    assert main(["audit", "verify"]) == 0
    assert "is not known" in capsys.readouterr().out


def test_half_a_line_is_repaired(written, capsys):
    with written.open("ab") as file:
        file.write(b'{"half')

    assert main(["audit", "verify"]) == 1
    assert "finharness audit repair" in capsys.readouterr().out
    assert main(["audit", "repair"]) == 0


@pytest.mark.parametrize(
    ("words", "events"),
    [
        ([], ["LOG_OPENED", "USER_LOGIN", "AI_DECISION"]),
        (["--event", "AI_DECISION"], ["AI_DECISION"]),
        (["--agent", "reporter"], ["AI_DECISION"]),
        (["--job", "j-1"], ["AI_DECISION"]),
        (["--user", "ann"], ["USER_LOGIN"]),
        (["--limit", "1"], ["AI_DECISION"]),
        (["--since", "2100-01-01"], []),
        (["--until", "2000-01-01"], []),
    ],
)
def test_show_chooses(written, capsys, words, events):
    assert main(["audit", "show", "--json", *words]) == 0

    assert [entry["event"] for entry in json.loads(capsys.readouterr().out)] == events


def test_show_tells_people(written, capsys):
    main(["audit", "show", "-v"])
    main(["audit", "show", "--agent", "nobody"])

    said = capsys.readouterr().out
    assert "AI_DECISION               reporter  j-1" in said
    assert "no entry fits" in said


def test_export_makes_tables_that_no_spreadsheet_runs(written, tmp_path):
    with AuditLog(written) as log:
        log.event("USER_FEEDBACK", agent="=cmd|' /C calc'!A0")
    assert main(["audit", "export", "-o", "out.csv"]) == 0

    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["event"] for row in rows] == ["LOG_OPENED", "USER_LOGIN", "AI_DECISION", "USER_FEEDBACK"]
    assert rows[-1]["agent"].startswith("'=")


def test_anonymised_export_is_a_log_that_names_nobody(written, tmp_path, capsys):
    assert main(["audit", "export", "--anonymise", "-o", "out.jsonl"]) == 0

    text = (tmp_path / "out.jsonl").read_text()
    user = json.loads(written.read_text().splitlines()[1])["user"]
    assert verify(tmp_path / "out.jsonl").ok
    assert "ann@example.com" not in text
    assert user not in text
    assert '"j-1"' not in text
    assert json.loads(text.splitlines()[1])["source"].startswith("2:")


@pytest.mark.parametrize("name", ["out.xlsx", "taken.json"])
def test_export_refuses_what_it_cannot_write(written, tmp_path, name):
    (tmp_path / "taken.json").write_text("mine")

    assert main(["audit", "export", "-o", name]) == 2
    assert main(["audit", "export"]) == 2
    assert (tmp_path / "taken.json").read_text() == "mine"


def test_a_runs_entries_are_made_anew_from_the_store(workspace, capsys):
    with Store.open(workspace / ".harness" / "results.db") as store:
        result = a_result()
        store.begin(a_manifest(), [result.job])
        store.add(a_manifest().id, [result])
        store.end(a_manifest().id, "complete")

    assert main(["audit", "export", "--run", "latest", "-o", "run.jsonl"]) == 0

    events = [json.loads(line)["event"] for line in (workspace / "run.jsonl").read_text().splitlines()]
    assert events == ["LOG_OPENED", "ANALYSIS_TRIGGERED", "AGENT_STARTED", "AI_DECISION", "AGENT_COMPLETED"]


def test_prune_keeps_days(written, capsys):
    assert main(["audit", "prune"]) == 2
    assert main(["audit", "prune", "--before", "yesterday"]) == 2
    assert main(["audit", "prune", "--keep-days", "1", "--archive", "old.jsonl"]) == 0
    assert "removed 2 entries" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0
    assert main(["audit", "verify", "old.jsonl"]) == 0


def test_no_log_is_the_users_mistake(workspace, capsys):
    assert main(["audit", "verify"]) == 2
    assert "set `enabled = true` under [audit] in harness.toml and run finharness eval" in capsys.readouterr().err


def test_messages_become_json_lines(workspace, capsys):
    assert main(["eval", "--workers", "1", "--log-json"]) == 1

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    trials = [line for line in lines if line["event"] == "TRIAL_COMPLETED"]
    logged = {
        json.loads(line)["trace_id"] for line in (workspace / ".harness/audit.jsonl").read_text().splitlines()[1:]
    }
    assert lines[0]["event"] == "RUN_STARTED"
    assert {line["command"] for line in lines} == {"eval"}
    assert {line["status"] for line in trials} == {"passed", "failed"}
    assert {line["trace_id"] for line in trials} == logged
    assert lines[-1] == {**lines[-1], "event": "RUN_COMPLETED", "passed": 1, "failed": 1}


def test_mistakes_become_json_lines_too(workspace, capsys, monkeypatch):
    monkeypatch.setenv("FINHARNESS_LOG", "json")

    assert main(["eval", "--case", "nothing"]) == 2

    said = json.loads(capsys.readouterr().err)
    assert (said["level"], said["event"], said["exit_code"]) == ("error", "REFUSED", 2)
    assert said["remedy"]


def test_personal_data_and_secrets_stay_out_of_the_log(workspace):
    settings = Workspace.find(workspace)
    (sink,) = recorders(settings, a_manifest(), {"BROKER_API_KEY": "sesame-open-12345"})
    from builders import a_trace, an_outcome

    own = [{"event": "CLASSIFICATION_RATIONALE", "rationale": "ann@example.com uses sesame-open-12345"}]
    sink.stored([a_result(outcome=an_outcome(trace=a_trace("ok", artifacts={"audit": own})))])
    sink.end()

    text = (workspace / ".harness" / "audit.jsonl").read_text()
    assert "CLASSIFICATION_RATIONALE" in text
    assert "ann@example.com" not in text
    assert "sesame" not in text
