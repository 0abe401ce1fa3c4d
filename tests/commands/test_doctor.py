import json
from pathlib import Path

import pytest

from harness.cli import main

GOOD = "[agents.a]\ntarget = 'agents/a.py:a'\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents").mkdir()
    (tmp_path / "cases").mkdir()
    (tmp_path / "agents" / "a.py").write_text("def a(question): return 'x'\n")
    (tmp_path / "cases" / "a.yaml").write_text("agent: a\ncases: [{id: x, input: y, assert: [{contains: x}]}]\n")
    (tmp_path / "harness.toml").write_text(GOOD)
    return tmp_path


def remarks(capsys: pytest.CaptureFixture[str], code: int) -> list[dict[str, str]]:
    assert main(["doctor", "--json"]) == code
    return list(json.loads(capsys.readouterr().out))


def texts(found: list[dict[str, str]], mark: str) -> str:
    return "\n".join(item["text"] for item in found if item["mark"] == mark)


def test_a_sound_workspace_has_nothing_wrong(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = remarks(capsys, 0)

    assert texts(found, "wrong") == ""
    assert "agent a: agents/a.py:a" in texts(found, "ok")
    assert "1 cases under cases" in texts(found, "ok")
    assert "no judge is configured" in texts(found, "note")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(("agents/a.py", "def a(:"), "agents/a.py:1:", id="agent"),
        pytest.param(("cases/a.yaml", "agent: b\ncases: []\n"), "suites:", id="suite"),
        pytest.param(("harness.toml", "[agents.a]\ntarget = 3\n"), "expected text", id="settings"),
        pytest.param(("harness.toml", ""), "names no agent", id="no-agent"),
    ],
)
def test_what_is_wrong_is_named_and_makes_it_fail(
    workspace: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], message: str
) -> None:
    (workspace / change[0]).write_text(change[1])

    assert message in texts(remarks(capsys, 2), "wrong")


def test_overrides_are_named_and_secrets_never_shown(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINHARNESS_CONCURRENCY", "7")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-very-secret")

    found = remarks(capsys, 0)

    assert "FINHARNESS_CONCURRENCY overrides run.concurrency" in texts(found, "note")
    assert "ANTHROPIC_API_KEY is set" in texts(found, "ok")
    assert "very-secret" not in json.dumps(found)


def test_a_key_in_quotes_is_wrong(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "'sk-x' ")

    assert "OPENAI_API_KEY has white space or quotes" in texts(remarks(capsys, 2), "wrong")


def test_the_audit_log_and_alarms_are_explained(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / ".harness").mkdir()
    (workspace / ".harness" / "audit.jsonl").write_text("")
    monkeypatch.delenv("FINHARNESS_AUDIT_KEY", raising=False)

    (workspace / "harness.toml").write_text(f"{GOOD}\n[audit]\nenabled = true\n")

    assert "not signed (FINHARNESS_AUDIT_KEY is not set)" in texts(remarks(capsys, 0), "ok")

    (workspace / "harness.toml").write_text(f"{GOOD}\n[alarms]\noff = ['errrs']\n")

    found = remarks(capsys, 2)
    assert "no audit log is written" in texts(found, "note")
    assert "did you mean 'errors'?" in texts(found, "wrong")
