import sys
from pathlib import Path

import pytest

from harness.errors import AgentError
from harness.workspace import load_target, parent_name


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_an_agent_is_loaded_with_its_relative_imports(tmp_path: Path) -> None:
    write(
        tmp_path, "agents/one/agent.py", "from .._shared.words import GREETING\ndef agent(request): return GREETING\n"
    )
    write(tmp_path, "agents/_shared/words.py", "GREETING = 'hello'\n")

    agent = load_target(tmp_path, "agents/one/agent.py:agent")

    assert agent(None) == "hello"
    assert agent.__module__ == f"{parent_name(tmp_path)}.agents.one.agent"


def test_two_workspaces_with_the_same_file_names_do_not_clash(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, "agents/x.py", f"WHO = {name!r}\n")

    loaded = [load_target(tmp_path / name, "agents/x.py:WHO") for name in ("a", "b")]

    assert loaded == ["a", "b"]
    assert "agents.x" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("def agent(:\n", r"agents/x\.py:1:\d+: syntax error", id="syntax"),
        pytest.param("import nothing_like_this\n", r"agents/x\.py:1: ModuleNotFoundError", id="import"),
        pytest.param("\n\n1/0\n", r"agents/x\.py:3: ZeroDivisionError", id="raises"),
        pytest.param("raise SystemExit(3)\n", r"agents/x\.py:1: SystemExit", id="exits"),
        pytest.param("agnt = 1\n", r"defines no 'agent'\n  fix: did you mean 'agnt'", id="name"),
    ],
)
def test_code_that_does_not_load_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "agents/x.py", text)

    with pytest.raises(AgentError, match=message):
        load_target(tmp_path, "agents/x.py:agent")


@pytest.mark.parametrize(
    "target", ["agents/x.py", "agents.x:agent", "/etc/x.py:a", "../x.py:a", "a-b.py:a", "x.py:a b"]
)
def test_a_malformed_target_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(AgentError):
        load_target(tmp_path, target)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "agents/tagger.py", "")

    with pytest.raises(AgentError, match=r"did you mean 'agents/tagger\.py'"):
        load_target(tmp_path, "agents/taggr.py:tagger")
