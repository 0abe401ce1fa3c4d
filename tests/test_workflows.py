"""The workflows that `init` writes cannot be turned against their repository by a pull request."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.document import read_file

FOLDERS = (
    Path(__file__).parent.parent / "harness" / "templates" / "starter" / ".github" / "workflows",
    Path(__file__).parent.parent / ".github" / "workflows",
)
WORKFLOWS = sorted(path for folder in FOLDERS for path in folder.glob("*.y*ml"))
TRUSTED = {"workflow_run", "pull_request_target", "issue_comment"}
"""Triggers that run with the repository's own rights on behalf of others."""


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request):
    data = read_file(request.param, request.param.name).data
    steps = [step for job in data["jobs"].values() for step in job["steps"]]
    events = data["on"]
    return data, steps, {events} if isinstance(events, str) else set(events), request.param.read_text(encoding="utf-8")


def test_every_action_is_pinned_to_a_commit(workflow):
    _, steps, _, _ = workflow

    for step in steps:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{'0' * 40}"))


def test_data_of_an_event_never_becomes_part_of_a_script(workflow):
    _, steps, _, _ = workflow

    assert not [step["run"] for step in steps if "${{" in step.get("run", "")]


def test_permissions_are_named_and_the_top_can_write_nothing(workflow):
    data, _, _, _ = workflow

    assert "write" not in dict(data["permissions"]).values()


def test_what_runs_for_others_checks_nothing_out(workflow):
    _, steps, events, _ = workflow

    assert "pull_request_target" not in events
    if events & TRUSTED:
        assert not [step for step in steps if step.get("uses", "").startswith("actions/checkout")]


def test_what_runs_a_pull_request_s_code_has_no_secret_and_cannot_write(workflow):
    data, _, events, text = workflow

    if "pull_request" in events:
        assert not re.search(r"secrets\.|github\.token|id-token", text)
        assert all("permissions" not in job for job in data["jobs"].values())


def test_checkouts_leave_no_token_behind(workflow):
    _, steps, _, _ = workflow

    for step in steps:
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


def test_both_workflows_are_there():
    assert [path.name for path in WORKFLOWS[:2]] == ["comment.yml", "evaluate.yml"]


def test_the_gate_measures_by_the_base_branch():
    text = WORKFLOWS[1].read_text(encoding="utf-8")

    assert "ref: ${{ github.base_ref }}" in text
    assert "--base .harness/base" in text


def command(name):
    """A checker beside this Python; the `lint` extra brings it."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or pytest.skip(f"{name} is not installed")


def test_they_are_workflows_by_github_s_schema():
    words = [command("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS)]

    assert subprocess.run(words, capture_output=True, check=False, text=True).returncode == 0


def test_a_security_audit_finds_nothing():
    words = [command("zizmor"), "--offline", "--no-progress", "--persona", "regular", *map(str, WORKFLOWS)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)

    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout


def test_scripts_are_sound_shell(workflow):
    _, steps, _, _ = workflow

    for step in steps:
        done = subprocess.run(["bash", "-n"], input=step.get("run", ""), capture_output=True, check=False, text=True)
        assert (done.returncode, done.stderr) == (0, "")
