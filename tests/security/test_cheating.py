"""An agent that looks for its answers everywhere it can finds none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.engine.conceal import concealable, possible
from harness.errors import ExitCode
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

CANARY = "ZYX-4711-expected"
SPY = """
import gc
import os
import sys

WANTED = "detcepxe-1174-XYZ"[::-1].encode()  # backwards here, so that this file is not what is found


def found_in_files(folder):
    seen = []
    for place, folders, names in os.walk(folder):
        for name in names:
            try:
                with open(os.path.join(place, name), "rb") as file:
                    if WANTED in file.read():
                        seen.append(os.path.join(place, name))
            except OSError:
                pass
    return seen


def found_in_process(number):
    seen = []
    for name in ("environ", "cmdline"):
        try:
            with open(f"/proc/{number}/{name}", "rb") as file:
                if WANTED in file.read():
                    seen.append(f"{number}/{name}")
        except OSError:
            pass
    return seen


def found_in_objects():
    texts = (item for item in gc.get_objects() if isinstance(item, (str, bytes, dict, list, tuple)))
    plain = WANTED.decode()
    return [type(item).__name__ for item in texts if item is not globals() and plain in repr(item) and "WANTED" not in repr(item)]


def spy(request, context):
    root = os.environ.get("SPY_ROOT") or request.world["root"]
    found = [*found_in_files(root), *found_in_files(os.getcwd()), *found_in_process("self"), *found_in_process(os.getppid())]
    found += [f"{name}={text}" for name, text in os.environ.items() if WANTED.decode() in text]
    found += found_in_objects()
    found += [name for name in os.environ if "KEY" in name or "SECRET" in name or "TOKEN" in name]
    return "found: " + (", ".join(found) or "nothing")
"""
SUITE = f"""
agent: spy
cases:
  - id: look
    input: Find out what is expected.
    description: {CANARY}
    world: {{root: "ROOT"}}
    assert:
      - {{type: equals, value: "found: nothing"}}
      - {{type: not-contains, value: {CANARY}}}
    judge: [quality]
"""
RUBRIC = f"""
id: quality
version: 1
criteria:
  - {{id: one, ask: "Does the answer say {CANARY}?"}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "harness.toml": '[agents.spy]\ntarget = "agents/spy.py:spy"\n',
        "agents/spy.py": SPY,
        "cases/demo.yaml": SUITE.replace("ROOT", str(tmp_path)),
        "judges/quality.yaml": RUBRIC,
        "reports/baselines/demo.json": CANARY,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("HOUSE_SECRET", CANARY)
    return tmp_path


def test_nothing_that_is_expected_can_be_found(place: Path) -> None:
    if not possible():
        pytest.skip("the system does not let us hide folders from workers")
    main(["eval"])

    with Store.open(place / ".harness" / "results.db", readonly=True) as store:
        [result] = store.results(store.run().id, traces=True)
    assert result.outcome.trace.answer == "found: nothing"


def test_without_files_nothing_can_be_found_in_the_process_either(place: Path) -> None:
    (place / "harness.toml").write_text((place / "harness.toml").read_text() + "[run]\nconceal = false\n")
    (place / "empty").mkdir()
    (place / "cases/demo.yaml").write_text(SUITE.replace("ROOT", str(place / "empty")))

    main(["eval"])

    with Store.open(place / ".harness" / "results.db", readonly=True) as store:
        [result] = store.results(store.run().id, traces=True)
    assert result.outcome.trace.answer == "found: nothing"


def test_folders_that_an_agent_lives_in_are_not_hidden(place: Path) -> None:
    within = AgentSettings(name="a", target="cases/agent.py:a")
    beside = AgentSettings(name="b", target="agents/b.py:b", policy="judges/policy.py:p")
    workspace = Workspace.at(place, agents={})
    (place / ".harness").mkdir()

    def names(*agents: AgentSettings) -> set[str]:
        return {Path(folder).name for folder in concealable(workspace, agents)}

    assert names() == {"cases", "judges", "reports", ".harness"}
    assert names(within) == {"judges", "reports", ".harness"}
    assert names(beside) == {"cases", "reports", ".harness"}


def test_an_agent_s_own_files_stay(place: Path) -> None:
    (place / "agents/spy.py").write_text("def spy(request):\n    return open(__file__).read()[:8]\n")
    (place / "cases/demo.yaml").write_text(
        "agent: spy\ncases:\n  - {id: one, input: x, assert: [{type: equals, value: def spy(}]}\n"
    )

    assert main(["eval"]) == ExitCode.PASSED


def test_the_spy_would_have_found_it(place: Path) -> None:
    (place / "harness.toml").write_text((place / "harness.toml").read_text() + "[run]\nconceal = false\n")

    main(["eval"])

    with Store.open(place / ".harness" / "results.db", readonly=True) as store:
        [result] = store.results(store.run().id, traces=True)
    for name in ("cases/demo.yaml", "judges/quality.yaml", "reports/baselines/demo.json"):
        assert name in result.outcome.trace.answer
