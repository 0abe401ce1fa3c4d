import os
from pathlib import Path

import pytest

from harness.errors import AgentError, ConfigError, Problems, SuiteError
from harness.workspace import AgentSettings, Workspace


def write(folder: Path, text: str) -> Path:
    path = folder / "harness.toml"
    path.write_text(text)
    return path


def test_the_nearest_configuration_above_is_found(tmp_path: Path) -> None:
    write(tmp_path, "[agents.a]\ntarget = 'agents/a.py:a'\n")
    deep = tmp_path / "cases" / "x"
    deep.mkdir(parents=True)

    workspace = Workspace.find(deep, environ={})

    assert workspace.root == tmp_path.resolve()
    assert workspace.agents["a"].name == "a"
    assert workspace.models["offline"].provider == "offline"


def test_without_a_configuration_the_remedy_is_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="finharness init"):
        Workspace.find(tmp_path, environ={})


def test_every_mistake_of_the_file_is_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, "[run]\nconcurency = 3\ntimeout_s = -1\n[agents.a]\nmodel = 'offline'\n")

    with pytest.raises(Problems) as caught:
        Workspace.find(tmp_path, environ={})

    shown = str(caught.value)
    assert "did you mean 'concurrency'?" in shown
    assert "harness.toml: run.timeout_s: -1 must be greater than 0" in shown
    assert "'target' is missing" in shown


def test_environment_overrides_the_file_and_is_named_in_its_errors(tmp_path: Path) -> None:
    write(tmp_path, "[run]\nconcurrency = 3\n")

    assert Workspace.find(tmp_path, environ={"FINHARNESS_CONCURRENCY": "7"}).run.concurrency == 7
    with pytest.raises(ConfigError, match="^FINHARNESS_CONCURRENCY: 'many' is not a whole number"):
        Workspace.find(tmp_path, environ={"FINHARNESS_CONCURRENCY": "many"})
    with pytest.raises(Problems, match="FINHARNESS_CONCURRENCY: 0 must be at least 1"):
        Workspace.find(tmp_path, environ={"FINHARNESS_CONCURRENCY": "0"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"\xff\xfe[\x00", "is not UTF-8", id="utf-16"),
        pytest.param(b"[agents", "is not valid TOML", id="broken"),
        pytest.param(b"a = " + b"[" * 5000, "is not valid TOML", id="deep"),
        pytest.param(b"#" * (1 << 20) + b"##", "larger than 1 MiB", id="huge"),
    ],
)
def test_an_unreadable_file_is_a_clear_error(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "harness.toml").write_bytes(text)

    with pytest.raises(ConfigError, match=message):
        Workspace.find(tmp_path, environ={})


def test_a_model_that_is_not_defined_is_named(tmp_path: Path) -> None:
    write(tmp_path, "[agents.a]\ntarget = 'a.py:a'\nmodel = 'clade'\n[models.claude]\nprovider = 'anthropic'\n")

    with pytest.raises(Problems, match=r"unknown model 'clade'"):
        Workspace.find(tmp_path, environ={})


def test_the_offline_model_needs_a_policy(tmp_path: Path) -> None:
    write(tmp_path, "[agents.a]\ntarget = 'a.py:a'\nmodel = 'offline'\n")

    with pytest.raises(Problems, match="the offline model needs a policy"):
        Workspace.find(tmp_path, environ={})


def test_an_unknown_agent_names_the_nearest(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, agents={"tagger": AgentSettings(target="a.py:a")})

    with pytest.raises(AgentError, match="did you mean 'tagger'"):
        workspace.agent("taggr")


def test_a_fixture_inside_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")

    assert Workspace.at(tmp_path).inside("x.json") == (tmp_path / "x.json").resolve()


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "..\\secret", "a\x00b", "link", "folder", "pipe", "nothing", "X.json"]
)
def test_everything_that_is_no_plain_file_inside_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("s")
    (root / "x.json").write_text("{}")
    (root / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "pipe")

    with pytest.raises(SuiteError):
        Workspace.at(root).inside(name)
