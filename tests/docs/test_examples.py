"""What the manual shows is run: Python blocks page by page, TOML and YAML blocks through the real readers."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.registry import replaced
from harness.suites import load
from harness.workspace import AgentSettings, Workspace, config_of, place_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"^(?P<skip><!-- not run: [^\n]+ -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def blocks(language: str) -> list[object]:
    return [
        pytest.param(match["text"], id=f"{page.stem}:{page.read_text().count(chr(10), 0, match.start()) + 1}")
        for page in PAGES
        for match in BLOCK.finditer(page.read_text())
        if match["language"] == language and not match["skip"]
    ]


def pages_with_python() -> list[object]:
    found = []
    for page in PAGES:
        code = [m["text"] for m in BLOCK.finditer(page.read_text()) if m["language"] == "python" and not m["skip"]]
        if code:
            found.append(pytest.param("\n".join(code), id=page.stem))
    return found


@pytest.fixture(autouse=True)
def own_registry() -> Iterator[None]:
    before = replaced(None)
    yield
    replaced(before)


@pytest.mark.parametrize("code", pages_with_python())
def test_the_python_of_a_page_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}

    exec(compile(code, "example", "exec"), names)

    assert len(names) > 2


@pytest.mark.parametrize("text", blocks("toml"))
def test_the_settings_of_a_page_are_valid(text: str) -> None:
    data = tomllib.loads(text)

    config = config_of(data)

    assert set(data) <= {
        "workspace",
        "agents",
        "models",
        "run",
        "judge",
        "telemetry",
        "audit",
        "alarms",
        "cassettes",
        "chaos",
    }
    assert all(place_of(agent) for agent in config.agents.values())


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_suites_of_a_page_are_valid(text: str, tmp_path: Path) -> None:
    if not re.search(r"^(cases|tests):", text, re.MULTILINE):
        return
    if "agent:" not in text:
        text = f"agent: any\n{text}"
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "page.yaml").write_text(text)
    shutil.copytree(ROOT / "judges", tmp_path / "judges")
    agents = {name: AgentSettings(target="a.py:a") for name in re.findall(r"^\s*agent: (\w+)", text, re.MULTILINE)}

    assert load(Workspace.at(tmp_path, agents=agents))
