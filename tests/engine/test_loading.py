"""An agent that cannot be loaded is the user's mistake, said with its place before anything is spent."""

from __future__ import annotations

from pathlib import Path

import pytest
from arena_runner import run_on_workers, trial

from harness.errors import AgentError, Problems
from harness.workspace import AgentSettings, ModelSettings, Workspace


def load(root: Path, code: str, **options: object) -> None:
    (root / "mine.py").write_text(code)
    workspace = Workspace.at(root, agents={"mine": AgentSettings(name="mine", target="mine.py:agent")})
    run_on_workers([trial("mine")], workspace=workspace, **options)


@pytest.mark.parametrize(
    ("code", "problem", "where"),
    [
        pytest.param("def agent(:\n", "syntax error", "mine.py:1", id="syntax error"),
        pytest.param("x = 1\nimport no_such_thing\n", "ModuleNotFoundError while importing", "mine.py:2", id="import"),
        pytest.param("raise SystemExit(0)\n", "SystemExit while importing", "mine.py:1", id="exit at import"),
        pytest.param("import os\nos._exit(0)\n", "exit code 0 while loading 'mine'", None, id="os._exit at import"),
        pytest.param("\ndef agent():\n  pass\n", "`agent()` cannot be called", "mine.py:2", id="no parameter"),
        pytest.param("def agent(a, b, c): pass\n", "`agent(a, b, c)` cannot", "mine.py:1", id="three parameters"),
        pytest.param("def agent(a, *, key): pass\n", "`agent(a, *, key)`", "mine.py:1", id="keyword"),
        pytest.param("agent = 5\n", "a value of type int is no agent", "mine.py:agent", id="number"),
        pytest.param("class agent: pass\n", "a class without `step` is no agent", "mine.py:agent", id="class without step"),
        pytest.param("class agent:\n  def step(self): pass\n", "`step()` cannot be", "mine.py:2", id="step"),
        pytest.param("class agent:\n  def __init__(self, x): pass\n  def step(self, r): pass\n", "needs arguments", "mine.py:agent", id="init"),
    ],
)  # fmt: skip
def test_problem_is_named_with_its_place(tmp_path: Path, code: str, problem: str, where: str | None) -> None:
    with pytest.raises(AgentError) as caught:
        load(tmp_path, code)

    assert problem in caught.value.problem
    assert where is None or where in str(caught.value.where)


def test_import_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"loading 'mine' took longer than 0\.5 s"):
        load(tmp_path, "import time\ntime.sleep(60)\n", load_timeout_s=0.5)


def test_all_agents_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("a = 1\nb = 2\n")
    settings = {name: AgentSettings(name=name, target=f"mine.py:{name}") for name in ("a", "b")}

    with pytest.raises(Problems) as caught:
        run_on_workers([trial("a"), trial("b")], workspace=Workspace.at(tmp_path, agents=settings))

    assert len(caught.value.errors) == 2


def test_unknown_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def agent(request): return 'x'\n")
    settings = AgentSettings(name="mine", target="mine.py:agent", model="offlin")

    with pytest.raises(AgentError, match="unknown model 'offlin'"):
        run_on_workers([trial("mine")], workspace=Workspace.at(tmp_path, agents={"mine": settings}))


def test_library_of_a_model_is_there_before_the_agent_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    (tmp_path / "mine.py").write_text(
        "import sys\nEARLY = 'anthropic.resources.messages' in sys.modules\ndef agent(request): return str(EARLY)\n"
    )
    model = ModelSettings(name="claude", provider="anthropic", id="claude", base_url="http://127.0.0.1:9")
    agents = {"mine": AgentSettings(name="mine", target="mine.py:agent", model="claude")}

    ended = run_on_workers([trial("mine")], workspace=Workspace.at(tmp_path, agents=agents, models={"claude": model}))

    assert [outcome.trace.answer for outcome in ended.values()] == ["True"]
