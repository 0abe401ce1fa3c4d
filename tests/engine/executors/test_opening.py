"""Which executors there are, what is carried to other machines, and how those ask for this run's limits."""

from __future__ import annotations

import asyncio
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from harness.engine.executors import cluster as ray_cluster
from harness.engine.executors import opened
from harness.engine.executors.opening import errand_of
from harness.engine.executors.parcel import pack, unpack
from harness.engine.executors.tunnel import Mouth, Tail
from harness.engine.options import RunOptions
from harness.errors import Incomplete, MissingExtra, UserError
from harness.limits.client import Client
from harness.limits.opening import open_limits
from harness.limits.values import Ask
from harness.workspace import AgentSettings, ModelSettings, RunSettings, Workspace

AGENT = AgentSettings(name="a", target="agents/a.py:a", env=("BROKER_KEY",))


def refused(tmp_path: Path, executor: str, **known: Any) -> str:
    workspace = Workspace.at(tmp_path, agents={"a": AGENT})
    with pytest.raises(UserError) as caught, opened(workspace, ["a"], RunOptions(executor=executor, **known)):
        raise AssertionError("it was opened")
    return str(caught.value)


@pytest.mark.parametrize("address", ["", "rai", "ray:/x", "ray://", "http://head:10001", "ray:head", "ray://a/b"])
def test_what_is_no_executor_is_refused(tmp_path: Path, address: str) -> None:
    assert "use one of: local, ray, ray:auto" in refused(tmp_path, address)


def test_agents_inside_the_harness_cannot_travel(tmp_path: Path) -> None:
    assert "agent 'a' is to run inside the harness itself" in refused(tmp_path, "ray", isolation="none")


def test_a_missing_library_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(ray_cluster, "version", version)
    workspace = Workspace.at(tmp_path, agents={"a": AGENT})
    with pytest.raises(MissingExtra) as caught, opened(workspace, ["a"], RunOptions(executor="ray")):
        pass

    assert caught.value.remedy == 'pip install "finharness[ray]"'
    assert list((tmp_path / ".harness").glob("executor-*")) == []


def test_a_library_with_a_known_hole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "version", lambda name: "2.53.0")

    assert "Ray 2.53.0 is installed, which lets strangers run code" in refused(tmp_path, "ray")


@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "ray:127.0.0.1:1"])
def test_an_address_at_which_nobody_listens_is_said_at_once(tmp_path: Path, address: str) -> None:
    workspace = Workspace.at(tmp_path, agents={"a": AGENT})
    with (
        pytest.raises(Incomplete, match=r"nobody answers at 127\.0\.0\.1:1"),
        opened(workspace, ["a"], RunOptions(executor=address)),
    ):
        pass


def test_only_what_agents_ask_for_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_KEY", "k1")
    monkeypatch.setenv("OTHER_KEY", "k2")
    (tmp_path / "cases").mkdir()
    errand = errand_of(Workspace.at(tmp_path, agents={"a": AGENT}), [AGENT])

    assert errand.keys == {"BROKER_KEY": "k1"}
    assert errand.hidden == (str(tmp_path / "cases"),)
    assert "k1" not in repr(errand)


def test_a_parcel_has_neither_cases_nor_secrets_nor_links_that_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("agents/a.py", "agents/data/x.csv", "cases/c.yaml", ".git/config", ".env", "agents/__pycache__/a.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "agents" / "out").symlink_to("/etc/hostname")
    unpack(pack(root, [str(root / "cases")]), tmp_path / "there")

    found = sorted(path.relative_to(tmp_path / "there").as_posix() for path in (tmp_path / "there").rglob("*.*"))
    assert found == ["agents/a.py", "agents/data/x.csv"]


def test_a_parcel_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engine.executors.parcel.MOST_BYTES", 10)
    (tmp_path / "data.bin").write_bytes(b"x" * 11)

    with pytest.raises(UserError, match="too much to carry"):
        pack(tmp_path, ())


def test_a_machine_far_away_asks_for_the_same_budget() -> None:
    model = ModelSettings(name="m", provider="offline", input_usd_per_mtok=1, output_usd_per_mtok=1)
    limits = open_limits([model], RunSettings(budget_usd=1.0))

    async def ask() -> tuple[int, bool]:
        far: list[Mouth] = []
        tail = Tail(str(limits.address), lambda _kind, number, text: far[0].answer(number, text))
        folder = Path(str(limits.address)).parent / "far"
        folder.mkdir()
        far.append(Mouth(str(folder), lambda _kind, number, line: tail.heard(number, line)))
        await far[0].open()
        client = Client(far[0].address)
        granted = await client.ask(Ask("m", 10, 10, 5))
        await client.close()
        await far[0].close()
        tail.close()
        await asyncio.sleep(0)
        return granted, folder.exists()

    try:
        granted, left = asyncio.run(ask())
    finally:
        limits.close()
    assert granted > 0
    assert not left


class FlakyRay:
    """Connects at the third time."""

    def __init__(self, words: str) -> None:
        self.words, self.asked, self.left = words, 0, 0

    def init(self, address: str, **how: Any) -> None:
        self.asked += 1
        if self.asked < 3:
            raise RuntimeError(self.words)

    def shutdown(self) -> None:
        self.left += 1


def test_a_busy_machine_is_asked_again_and_any_other_error_is_not_hidden() -> None:
    busy, broken = FlakyRay("The current node timed out during startup."), FlakyRay("no such file")
    ray_cluster._begun(busy, "local")
    with pytest.raises(RuntimeError, match="no such file"):
        ray_cluster._begun(broken, "local")

    assert (busy.asked, busy.left, broken.asked) == (3, 2, 1)
