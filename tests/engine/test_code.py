"""What a run is said to be made of is what its agents bring along, found without running any of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.engine.code import code_of, imports
from harness.workspace import AgentSettings, Workspace

ROOT = Path(__file__).parents[2]
BROUGHT_ALONG = """
import json, sys
from pathlib import Path
from harness.workspace import load_target
root = Path(sys.argv[1])
for target in sys.argv[2:]:
    load_target(root, target)
files = {getattr(module, "__file__", None) for module in sys.modules.values()}
print(json.dumps([str(Path(file).relative_to(root)) for file in files if file and Path(file).is_relative_to(root / "agents")]))
"""


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def made_of(root: Path, target: str = "agents/a/agent.py:agent", **known: str) -> list[str]:
    return list(code_of([AgentSettings(name="a", target=target, **known)], root))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["tagger", "charter", "reporter", "planner", "trader"])
def test_all_that_an_agent_really_imports_is_named(name: str) -> None:
    workspace = Workspace.find(ROOT)
    agent = workspace.agents[name]
    targets = [target for target in (agent.target, agent.policy, agent.world) if target]
    told = subprocess.run([sys.executable, "-c", BROUGHT_ALONG, str(ROOT), *targets], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)  # fmt: skip

    assert set(json.loads(told.stdout)) <= set(code_of([agent], workspace.root))


def test_modules_packages_and_named_files_belong_to_it(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "agents/__init__.py": "",
            "agents/a/agent.py": "from .tools import look\nfrom ..shared import (\n    prices,  # a module\n    VALUE,\n)\nimport json\n",
            "agents/a/tools.py": "    from . import deep as d\nTEXT = open('prompt.md')",
            "agents/a/deep.py": "from ...outside import x\nfrom . import \\\n    last\n",
            "agents/a/last.py": "",
            "agents/a/prompt.md": "You are",
            "agents/a/unrelated.md": "",
            "agents/a/unrelated.py": "",
            "agents/shared/__init__.py": "VALUE = 1",
            "agents/shared/prices.py": "",
            "outside.py": "",
        },
    )

    assert made_of(tmp_path) == [
        "agents/__init__.py", "agents/a/agent.py", "agents/a/deep.py", "agents/a/last.py", "agents/a/prompt.md",
        "agents/a/tools.py", "agents/shared/__init__.py", "agents/shared/prices.py", "outside.py",
    ]  # fmt: skip


def test_nothing_outside_the_workspace_is_read(tmp_path: Path) -> None:
    written(tmp_path / "work", {"agent.py": "from ..outside import x\nfrom .....further import y"})
    written(tmp_path, {"outside.py": "secret"})

    assert made_of(tmp_path / "work", "agent.py:agent") == ["agent.py"]


def test_modules_that_import_each_other_come_once(tmp_path: Path) -> None:
    written(tmp_path, {"agent.py": "from .other import x", "other.py": "from .agent import y"})

    assert made_of(tmp_path, "agent.py:agent") == ["agent.py", "other.py"]


def test_what_cannot_be_read_stops_nobody(tmp_path: Path) -> None:
    written(tmp_path, {"agent.py": "from .pipe import x\nfrom .folder import y\nfrom .latin import z"})
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "latin.py").write_bytes(b"\xff\x00from .")

    assert made_of(tmp_path, "agent.py:agent") == ["agent.py", "latin.py"]
    assert made_of(tmp_path, "https://example.org/agent") == []
    assert made_of(tmp_path, "gone.py:agent") == []


def test_words_in_texts_and_comments_are_no_imports() -> None:
    text = b"x = 'from .a import b'\n# from .c import d\nraise E from .5\ntry: from .e import f; g()\nfrom .h"

    assert list(imports(text)) == [(1, "e", ["f"])]


def test_a_changed_module_has_another_digest_and_the_same_one_has_not(tmp_path: Path) -> None:
    written(tmp_path, {"agent.py": "from .other import x", "other.py": "x = 1"})
    agent = AgentSettings(name="a", target="agent.py:agent")
    before = code_of([agent], tmp_path)
    assert code_of([agent], tmp_path) == before

    written(tmp_path, {"other.py": "x = 2"})
    after = code_of([agent], tmp_path)

    assert [file for file in before if before[file] != after[file]] == ["other.py"]
