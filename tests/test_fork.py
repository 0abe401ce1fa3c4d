"""A pull request from a fork, walked through both workflows: no secret reaches its code, and the comment is ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from workflow_runner import GitHub

from harness.cli import main

WORKFLOWS = Path(__file__).parent.parent / "harness" / "templates" / "starter" / ".github" / "workflows"
AGENT = "import os\nPRICES = {{f'T{{n}}': 10 + n for n in range(30)}}\nPRICES.update({changes})\n{more}\n\ndef adviser(request, context):\n    return f{words}\n"
GOOD, PARAPHRASED = (
    "'{request.input} costs ${PRICES[request.input]}.00'",
    "'A share of it is ${PRICES[request.input]}.00.'",
)
SUITE = "agent: adviser\ncases:\n" + "".join(
    f'  - {{id: P-{n:02}, input: "T{n}", assert: [{{type: contains, value: "${10 + n}.00"}}]}}\n' for n in range(30)
)
SHA = "a" * 40
MARKER = "<!-- finharness-gate -->"


def write_agent(folder, words=GOOD, changes="{}", more=""):
    (folder / "agents/adviser.py").write_text(AGENT.format(words=words, changes=changes, more=more))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The base branch: an agent, its cases and their baseline."""
    folder = tmp_path_factory.mktemp("base") / "advice"
    for name in ("agents", "cases"):
        (folder / name).mkdir(parents=True)
    (folder / "harness.toml").write_text('[agents.adviser]\ntarget = "agents/adviser.py:adviser"\n')
    (folder / "cases/prices.yaml").write_text(SUITE)
    write_agent(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["eval"]) == 0
        assert main(["bless", "--by", "ann"]) == 0
    shutil.rmtree(folder / ".harness")
    return folder


@pytest.fixture
def hub(tmp_path, base):
    found = GitHub(tmp_path / "hub", base)
    found.open_pull(7, "mallory:cheaper", SHA)
    return found


@pytest.fixture
def fork(tmp_path, base):
    return Path(shutil.copytree(base, tmp_path / "fork"))


def evaluate(hub, fork):
    event = {"event_name": "pull_request", "base_ref": "main", "sha": SHA, "token": "",
             "event": {"pull_request": {"number": 7}}}  # fmt: skip
    return hub.run(WORKFLOWS / "evaluate.yml", event, fork)


def comment(hub, *, by="pull_request", sha=SHA):
    head = {"head_repository": {"full_name": "mallory/advice", "owner": {"login": "mallory"}}, "head_branch": "cheaper"}
    event = {"event_name": "workflow_run", "event": {"workflow_run": {"id": 1, "event": by, "head_sha": sha, **head}}}
    steps = hub.run(WORKFLOWS / "comment.yml", event, None)
    hub.load()
    return steps


def comments(hub):
    return [item["body"] for item in hub.state["comments"].get("7", [])]


def test_a_mutant_is_stopped_its_cases_are_named_and_the_paraphrase_after_it_is_let_through(hub, fork):
    write_agent(fork, changes='{"T3": 1, "T7": 2}')
    steps = evaluate(hub, fork)
    assert [code for _, code, _ in steps] == [0, 0, 0, 1], steps
    assert [code for _, code, _ in comment(hub)] == [0, 0, 0, 0]
    (text,) = comments(hub)
    assert text.startswith(MARKER)
    assert "| **confirmed** | `P-03` | 10/10 | 0/5 |" in text

    write_agent(fork, PARAPHRASED)
    steps = evaluate(hub, fork)
    assert [code for _, code, _ in steps] == [0, 0, 0, 0], steps
    comment(hub)
    (text,) = comments(hub)
    assert "P-03" not in text
    assert "no worse than the baseline" in text.lower() or "pass" in text.lower()


def test_the_fork_s_code_sees_no_token(hub, fork):
    write_agent(fork, more="open('seen.txt', 'w').write(repr(dict(os.environ)))")
    evaluate(hub, fork)

    seen = [path.read_text() for path in fork.rglob("seen.txt")]
    assert "ghs_" not in "".join(seen)
    assert not hub.load()["calls"]


def test_a_fork_cannot_change_what_it_is_measured_by(hub, fork):
    write_agent(fork, changes='{"T3": 1, "T7": 2}')
    shutil.rmtree(fork / "reports")
    (fork / "reports").mkdir()
    (fork / "reports/gate.yaml").write_text("alpha: 0.0001\nmargin: 0.9\n")

    steps = evaluate(hub, fork)
    assert [code for _, code, _ in steps] == [0, 0, 0, 1], steps
    assert "P-03, P-07" in steps[-1][2]


def test_an_evaluation_that_broke_replaces_the_decision_of_an_earlier_commit(hub, fork):
    evaluate(hub, fork)
    comment(hub)
    (fork / "cases/prices.yaml").write_text("cases: {")
    shutil.rmtree(fork / "reports/out")
    evaluate(hub, fork)
    comment(hub)

    assert comments(hub) == [f"{MARKER}\nNo decision for {SHA}: its evaluation ended before the gate.\n"]


def test_another_s_comment_with_the_marker_is_left_alone(hub, fork):
    forged = {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER}\nPASS, merge it"}
    hub.state["comments"]["7"] = [forged]
    hub.save()
    evaluate(hub, fork)
    comment(hub)

    assert comments(hub)[0] == forged["body"]
    assert len(comments(hub)) == 2


def test_pushes_to_main_and_commits_without_an_open_pull_request_get_no_comment(hub):
    assert comment(hub, by="push") == []
    steps = comment(hub, sha="b" * 40)

    assert "no open pull request has this commit any more" in steps[-1][2]
    assert comments(hub) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"suites": [{"value": "pass"}], "number": 8}', "[" * 10000])
def test_a_hostile_artifact_is_refused_and_nothing_is_posted(hub, text):
    (hub.folder / "artifacts/evaluation").mkdir(parents=True)
    (hub.folder / "artifacts/evaluation/gate.json").write_text(text)
    steps = comment(hub)

    assert steps[-1][1] == 2
    assert comments(hub) == []


def test_an_artifact_that_is_a_link_is_refused(hub, tmp_path):
    (hub.folder / "artifacts/evaluation").mkdir(parents=True)
    (tmp_path / "secret").write_text("{}")
    (hub.folder / "artifacts/evaluation/gate.json").symlink_to(tmp_path / "secret")

    assert comment(hub)[-1][1] == 2
    assert comments(hub) == []
