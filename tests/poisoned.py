"""A workspace in which every text that the dashboard shows is hostile: results, suites, rubrics, findings and the audit log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from builders import a_call, a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome
from stored_runs import a_workspace

from harness.audit import AuditLog
from harness.calibration.filing import file_findings
from harness.detection.filing import file_findings as file_detections
from harness.model import Evidence, Reference, Result, Turn, TurnTrace
from harness.shape import read
from harness.steps import analyse
from harness.store import Store
from harness.workspace import Workspace

BOMB = (
    "<script>window.acted=1</script><img src=x onerror='window.acted=1'> **bold** $x^2$ :red[x] [go](javascript:window.acted=1)"
    " =HYPERLINK(\"http://evil.example\",\"x\") @SUM(1) `code` ![](http://evil.example/a.png) \u202eright\u2066left\x1b[31m"
)  # fmt: skip
LONG = f"{BOMB}\n" + "the price of 1,234.50 fell by 3 % \n" * 30_000
RUNS = ("20261120-080000-aaaa", "20261121-080000-bbbb")
RUBRIC = {
    "id": "tone", "version": 1, "description": BOMB, "inputs": ["question", "answer"], "threshold": 0.9, "calibration": {"labels": "labels/tone.jsonl"},
    "criteria": [{"id": "calm", "ask": BOMB, "weight": 1}],
}  # fmt: skip
SUITE = {
    "description": BOMB,
    "agent": "charter",
    "cases": [
        {"id": "C-1", "description": BOMB, "input": BOMB, "tags": {"team": BOMB}, "assert": [{"contains": BOMB}]}
    ],
}


def a_poisoned_workspace(root: Path) -> Path:
    """Two runs, a suite with its history, a rubric with labels, findings of judges and of mutants, an audit log."""
    a_workspace(root)
    for path, data in (("cases/evil.yaml", SUITE), ("judges/tone.yaml", RUBRIC)):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(json.dumps(data))
    (root / "judges/labels").mkdir()
    (root / "judges/labels/tone.jsonl").write_text("")
    _history(root)
    with Store.open(root / ".harness/results.db") as store:
        for number, run in enumerate(RUNS):
            results = list(_results(failing=bool(number)))
            manifest = a_manifest(
                run, started_at=f"2026-11-2{number}T08:00:00Z", suites=("evil",), models={BOMB: BOMB, "charter": BOMB}
            )
            store.begin(manifest, [result.job for result in results])
            store.add(run, results)
            store.end(run, "complete")
    workspace = Workspace.find(config=str(root / "harness.toml"))
    _findings(workspace)
    workspace.audit_log.parent.mkdir(exist_ok=True)
    with AuditLog(workspace.audit_log, service="test") as log, log.about(job_id=BOMB, user=BOMB, agent=BOMB):
        log.event("AGENT_STARTED")
        log.event("ANALYSIS_TRIGGERED")
    return root


def _results(*, failing: bool) -> Iterator[Result]:
    """A case that fails in the second run, a long answer, a queue, and an agent that is called like that."""
    plan = read(Reference, {"steps": [{"name": "get_price"}], "route": [BOMB]})
    case = a_case(
        "C-1", suite="evil", agent="charter", description=BOMB, input=BOMB, tags={"team": BOMB}, reference=plan
    )
    wrong = a_verdict(not failing, check=BOMB, reason=BOMB, expected=BOMB, actual={BOMB: BOMB}, labels={BOMB: BOMB},
                      evidence=(Evidence(step="s1", path=BOMB, note=BOMB),))  # fmt: skip
    steps = [a_model_call(BOMB), a_call(BOMB, {BOMB: BOMB}, BOMB), a_call(BOMB, {BOMB: BOMB}, error=BOMB)]
    outcome = an_outcome(BOMB, steps=steps, artifacts={BOMB: BOMB}, stdout=BOMB, duration_s=0.5)
    taken = analyse(outcome.trace, case, passed=not failing)
    yield a_result("failed" if failing else "passed", job=a_job(case), outcome=outcome, verdicts=(wrong,), steps=taken)
    long = a_case("C-2", suite="evil", agent="charter", input=LONG, turns=(Turn(input=LONG), Turn(input=LONG)))
    talk = an_outcome(LONG, steps=[a_call("read", {}, LONG)], turns=(TurnTrace(LONG), TurnTrace(LONG)))
    yield a_result("passed", job=a_job(long), outcome=talk, verdicts=(a_verdict(reason=LONG, actual=LONG),))
    queue = {"deliveries": [{"outcome": BOMB}], "dead": [BOMB], "left": 0, "problems": [BOMB]}
    jobs = {"jobs": [{"status": BOMB}]}
    named = a_job(a_case("C-3", suite="evil", agent="charter"), variant=BOMB)
    yield a_result(
        "passed", job=named, outcome=an_outcome(json.dumps(queue), structured=queue, artifacts=jobs, duration_s=0.2)
    )


def _findings(workspace: Workspace) -> None:
    one = {
        "group": BOMB, "rows": 2, "categories": [BOMB, "no"], "table": [[1, 1, 0, 0], [0, 0, 0, 0]], "warnings": [BOMB],
        "classes": [{"category": BOMB}], "rates": [{"category": BOMB, "judged": 0.5, "labelled": 0.5}],
        "disagreements": [{"id": BOMB, "label": BOMB, "verdict": BOMB, BOMB: BOMB, "answer": LONG}],
    }  # fmt: skip
    file_findings(workspace, "check", BOMB, {"record": {"passed": False, "reasons": [BOMB]}, "sets": [one]})
    file_findings(workspace, "drift", "tone", {"rubric": BOMB, "judges": [BOMB], "drifted": True})
    rate = {"noticed_by_expected": 1, "noticed": 1, "of": 2, "share": 0.5}
    mutant = {
        "id": BOMB,
        "agent": BOMB,
        "seam": BOMB,
        "severity": 3,
        "description": BOMB,
        "fate": "survived",
        "expects": [BOMB],
        "changes": [BOMB],
    }
    mutate = {"score": {"severity_3": rate, "all": rate}, "by": {"agent": {BOMB: rate}}, "mutants": [mutant]}
    file_detections(workspace, "mutate", mutate)
    card = {"subject": BOMB, "question": BOMB, "wanted": "all", "ours": {"found": 1, "of": 2}, "missed": [BOMB]}
    file_detections(workspace, "scorecard", [card])


def _history(root: Path) -> None:
    """A commit whose author and words are hostile."""
    me = ["-c", f"user.name={BOMB}", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "cases"], [*me, "commit", "-q", "-m", BOMB]):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, timeout=30)
