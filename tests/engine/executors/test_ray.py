"""Trials on a Ray cluster of two machines end as they do here, whatever happens to a machine."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from arena_runner import trial
from builders import a_check, a_manifest

from harness.engine.conceal import possible
from harness.engine.executors import cluster as ray_cluster
from harness.engine.executors import opened
from harness.engine.executors.cluster import RayCluster
from harness.engine.options import RunOptions
from harness.engine.run import RunEnd, Terms, run_jobs
from harness.model import Job, Result
from harness.registry import Services
from harness.store import Store
from harness.workspace import AgentSettings, Workspace

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning")]
AGENTS = Path(__file__).parent / "arena" / "travellers.py"
MACHINE = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20}
FINE = (a_check("trajectory:error-free"),)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    try:
        os.environ.update(ray_cluster.ALONE)
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        from ray.cluster_utils import Cluster
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip('Ray is not installed: pip install "finharness[ray]"')
    quickly = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
    made = Cluster(initialize_head=True, head_node_args={**MACHINE, "_system_config": quickly})
    made.add_node(**MACHINE)
    yield made
    made.shutdown()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "agents").mkdir()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "secret.yaml").write_text("expected: 42")
    shutil.copy(AGENTS, tmp_path / "agents")
    target = "agents/travellers.py:traveller"
    return Workspace.at(
        tmp_path,
        agents={
            "traveller": AgentSettings(name="traveller", target=target),
            "trader": AgentSettings(name="trader", target=target, side_effects="live"),
        },
    )


class Once:
    """A sink that does something, in a thread, once so many trials are in flight, and lets those go on that are started again."""

    def __init__(self, trials: int, deed: Callable[[], None], root: Path) -> None:
        self._trials, self._deed, self._root = trials, deed, root
        self._task: asyncio.Task[None] | None = None

    def begin(self, total: int, running: Any) -> None:
        self._task = asyncio.get_running_loop().create_task(self._wait(running))

    def stored(self, results: Sequence[Result]) -> None:
        pass

    def end(self) -> None:
        pass

    async def _wait(self, running: Any) -> None:
        while len(running()) < self._trials:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
        since = time.monotonic()
        await asyncio.to_thread(self._deed)
        while running() and running()[-1][1] > time.monotonic() - since:  # noqa: ASYNC110 - until it is started again
            await asyncio.sleep(0.05)
        (self._root / "go").touch()


def run(
    jobs: Sequence[Job], workspace: Workspace, address: str, *, doing: Any = None, **known: Any
) -> tuple[RunEnd, dict[str, Result]]:
    options = RunOptions(executor=address, **{"concurrency": 8, "workers": 2} | known)
    variants = {job.variant for job in jobs}
    with Store.open(workspace.store) as store, opened(workspace, variants, options) as executor:
        sinks = [Once(len(jobs), lambda: doing(executor), workspace.root)] if doing is not None else []
        end = asyncio.run(
            run_jobs(
                jobs, a_manifest("run-1"), workspace, store,
                options=options, services=Services(root=workspace.root), sinks=sinks, terms=Terms(executor=executor),
            )
        )  # fmt: skip
        return end, {result.job.case.id: result for result in store.results("run-1", traces=True)}


def several(*inputs: Any, agent: str = "traveller", limit_s: float = 30) -> list[Job]:
    return [
        trial(agent, said, name=f"{agent}-{said}-{n}", limit_s=limit_s, checks=FINE) for n, said in enumerate(inputs)
    ]


def test_results_equal_those_of_this_machine(cluster: Any, workspace: Workspace) -> None:
    jobs = [*several(*["where"] * 24, "leave"), *several("hang", limit_s=1)]
    end, there = run(jobs, workspace, f"ray:{cluster.address}")
    shutil.rmtree(workspace.store.parent)
    _, here = run(jobs, workspace, "local")

    assert (end.status, end.stored) == ("complete", 26)
    assert {name: (item.status, item.outcome.status, _words(item)) for name, item in there.items()} == {
        name: (item.status, item.outcome.status, _words(item)) for name, item in here.items()
    }
    told = [item.outcome.trace.structured for name, item in there.items() if "where" in name]
    assert len({item["parent"] for item in told}) >= 2  # both machines had some
    assert all(item["cases"] == [] for item in told) or not possible()


def test_a_lost_machine_costs_nothing_but_time(cluster: Any, workspace: Workspace) -> None:
    extra = cluster.add_node(**MACHINE)
    end, results = run(
        several(*["wait"] * 12), workspace, f"ray:{cluster.address}", workers=3, concurrency=12,
        doing=lambda _: cluster.remove_node(extra, allow_graceful=False),
    )  # fmt: skip

    assert (end.status, end.stored) == ("complete", 12)
    assert {item.outcome.status for item in results.values()} == {"completed"}
    assert sorted({item.outcome.attempts for item in results.values()}) == [1, 2]


def test_what_may_act_once_is_not_run_again_when_its_station_is_killed(cluster: Any, workspace: Workspace) -> None:
    def kill_all(executor: RayCluster) -> None:
        for station in executor.stations.values():
            executor.ray.kill(station)

    jobs = several(*["wait"] * 3, agent="trader")
    end, results = run(jobs, workspace, f"ray:{cluster.address}", doing=kill_all)

    assert end.status == "complete"
    assert {(item.status, item.outcome.error.type, item.outcome.attempts) for item in results.values()} == {
        ("errored", "interrupted", 1)
    }


def test_a_machine_without_the_files_gets_them_but_for_what_grades(
    cluster: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RayCluster, "_left_token", lambda self: (str(workspace.root / "elsewhere"), "x"))
    end, results = run(several(*["where"] * 4), workspace, f"ray:{cluster.address}")

    assert end.status == "complete"
    assert {item.outcome.trace.structured["cases"] == [] for item in results.values()} == {True}


def _words(result: Result) -> str:
    error = result.outcome.error
    return "" if error is None else re.sub(r"\d", "#", f"{error.type}: {error.message}")
