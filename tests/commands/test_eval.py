"""The eval command: what is refused before anything is spent, and what is said afterwards."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.errors import ExitCode, UserError
from harness.render import files
from harness.store import Store

AGENT = "async def agent(request, context):\n    return f'you said {request.input}'\n"
SUITE = """
agent: agent
cases:
  - {id: good, input: yes, tags: {kind: easy}, assert: [{type: contains, value: said yes}]}
  - {id: bad, input: no, tags: {kind: hard}, assert: [{type: equals, value: something else}]}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "harness.toml": '[agents.agent]\ntarget = "agents/mine.py:agent"\n',
        "agents/mine.py": AGENT,
        "cases/demo.yaml": SUITE,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["-j", "0"],
        ["-j", "-1"],
        ["-j", "1000000000"],
        ["-j", "many"],
        ["--workers", "-1"],
        ["--timeout", "0"],
        ["--timeout", "nan"],
        ["--timeout", "-5"],
        ["--timeout", "inf"],
        ["--repeat", "0"],
        ["--limit", "0"],
        ["--seed", "-1"],
        ["--isolation", "vm"],
        ["--fail-on", "nothing"],
        ["--case", "no-such-case"],
        ["--tag", "kind=unknown"],
        ["--agent", "nobody"],
        ["--agent", "agent@no-model"],
        ["no-such-suite"],
        ["-o", "missing-folder/report.html"],
        ["-o", "report.unknown"],
        ["--resume", "--case", "good"],
        ["--resume"],
        ["--failing"],
        ["--untursted"],
    ],
)
def test_mistakes_exit_2_before_anything_is_spent(workspace: Path, words: list[str]) -> None:
    assert main(["eval", *words]) == 2
    if (workspace / ".harness/results.db").exists():
        with Store.open(workspace / ".harness/results.db") as store:
            assert store.runs() == ()


def test_failure_exits_1_and_is_explained(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval"]) == 1

    out = capsys.readouterr().out
    assert "demo :: bad" in out
    assert "something else" in out
    assert "1 passed, 1 failed" in out


def test_selected_cases_only(workspace: Path) -> None:
    assert main(["eval", "--tag", "kind=easy", "--repeat", "3", "-j", "2"]) == 0

    with Store.open(workspace / ".harness/results.db") as store:
        row = store.run("latest")
        assert [item.job.key for item in store.results(row.id)] == [f"demo::good::agent::{n}" for n in range(3)]


def test_failing_runs_what_failed_last_time(workspace: Path) -> None:
    main(["eval"])
    (workspace / "cases/demo.yaml").write_text(SUITE.replace("something else", "you said no"))

    assert main(["eval", "--failing"]) == 0
    with Store.open(workspace / ".harness/results.db") as store:
        assert [item.job.case.id for item in store.results(store.run("latest").id)] == ["bad"]


def test_dry_run_says_what_would_be_run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--dry-run", "--repeat", "2"]) == 0

    out = capsys.readouterr().out
    assert "demo::good  agent  × 2" in out
    assert "4 trials of 2 cases would be run; nothing was" in out
    assert not (workspace / ".harness/results.db").exists()


def test_dry_run_as_json(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--dry-run", "--json", "--case", "good"]) == 0

    assert [item["key"] for item in json.loads(capsys.readouterr().out)["trials"]] == ["demo::good::agent::0"]


def test_json_is_the_only_output(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert [item["status"] for item in document["results"]] == ["passed", "failed"]


def test_reports_are_written_by_suffix(workspace: Path) -> None:
    main(["eval", "-o", "report.json", "-o", "report.xml"])

    assert json.loads((workspace / "report.json").read_text())["version"] == 1
    assert (workspace / "report.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(("case", "code"), [("good", ExitCode.INCOMPLETE), ("bad", ExitCode.FAILED)])
def test_a_report_that_finds_no_room_is_no_mistake_of_the_user_and_never_green(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str, code: int
) -> None:
    write = files.write

    def full(path: str, *given: Any, **known: Any) -> None:
        if path.endswith("xml"):
            raise UserError("it cannot be written (No space left on device)", remedy="free some space", where=path)
        write(path, *given, **known)

    monkeypatch.setattr(files, "write", full)

    assert main(["eval", "--case", case, "-o", "report.xml", "-o", "report.json"]) == code
    assert "report.xml: it cannot be written (No space left on device)" in capsys.readouterr().err
    assert (workspace / "report.json").exists()


def test_manifest_says_what_was_run_without_secrets(workspace: Path) -> None:
    settings = (workspace / "harness.toml").read_text()
    (workspace / "harness.toml").write_text(f'{settings}[agents.agent.settings]\napi_key = "canary"\ndepth = 3\n')
    main(["eval", "--case", "good", "--seed", "9"])

    with Store.open(workspace / ".harness/results.db") as store:
        manifest = store.run("latest").manifest
    assert (manifest.source, manifest.seed, manifest.suites) == ("eval", 9, ("demo",))
    assert manifest.config["agents"]["agent"]["settings"] == {"api_key": "***", "depth": 3}
    assert "finharness" in manifest.packages


REWRITER = """
from pathlib import Path

SUITE = Path(__file__).parents[1] / "cases" / "demo.yaml"


def agent(question):
    SUITE.write_text("cases: []")
    return f"you said {question}"
"""


def test_says_that_a_suite_changed_during_the_run(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = hashlib.sha256((workspace / "cases/demo.yaml").read_bytes()).hexdigest()
    (workspace / "agents/mine.py").write_text(REWRITER)
    with (workspace / "harness.toml").open("a") as settings:
        settings.write("[run]\nconceal = false\n")  # else an agent could not write there

    code = main(["eval"])

    assert code == ExitCode.FAILED  # the verdicts are those of the suite that was read
    assert "cases/demo.yaml changed after the run had read it" in capsys.readouterr().err
    with Store.open(workspace / ".harness" / "results.db", readonly=True) as store:
        assert store.run().manifest.files == {"cases/demo.yaml": before}


def test_says_nothing_of_suites_that_stayed_as_they_were(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval"])

    assert "changed" not in capsys.readouterr().err
