"""Workspaces with suites."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from harness.document import FileProblems
from harness.model import Case
from harness.suites import load
from harness.workspace import AgentSettings, Workspace


class Place:
    """A workspace that a test writes suites into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "cases").mkdir()
        (root / "judges").mkdir()
        agents = {name: AgentSettings(target="agents/a.py:a") for name in ("charter", "tagger")}
        self.workspace = Workspace.at(root, agents=agents)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dedent(content).encode() if isinstance(content, str) else content)

    def load(self, text: str | bytes, **options: bool) -> tuple[Case, ...]:
        """Load one suite, cases/s.yaml."""
        self.write({"cases/s.yaml": text})
        return load(self.workspace, **options)

    def refusal(self, text: str | bytes, **options: bool) -> str:
        """What is said about one suite."""
        with pytest.raises(FileProblems) as caught:
            self.load(text, **options)
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
