"""Load the reference agents as the harness does, and run them without an engine."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import Context, Request
from harness.adapters.clock import Clock
from harness.adapters.loading import load_agent
from harness.faults.plan import HERE, FaultPlan
from harness.model import Event, Trace, fold
from harness.recorder import Recorder
from harness.workspace import Workspace, load_target

ROOT = Path(__file__).parents[2]
AS_OF = "2026-11-20T15:30:00+00:00"


def ticking() -> Callable[[], float]:
    """A clock that moves a millisecond whenever it is read."""
    return (tick / 1000 for tick in itertools.count()).__next__


def folded(recorder: Recorder) -> Trace:
    return fold(Event(offset, kind, data) for offset, kind, data in recorder.wire)


@pytest.fixture
def trace_of() -> Callable[[Recorder], Trace]:
    """The trace of a recorder."""
    return folded


@pytest.fixture
def load() -> Callable[[str], Any]:
    """Load an object of the workspace, such as `agents/alex/tagger.py:tagger`."""
    return lambda target: load_target(ROOT, target)


@pytest.fixture
def ask() -> Callable[..., Trace]:
    """Run an agent of harness.toml through the turns given and return the trace."""

    def run(name: str, *inputs: Any, portfolio: str | None = None, seed: int = 1, **settings: Any) -> Trace:
        workspace = Workspace.find(ROOT)
        models = {**workspace.models, **settings.pop("models", {})}
        environ = settings.pop("environ", {})
        agent = load_agent(replace(workspace.agent(name), **settings), ROOT, models=models, environ=environ)
        recorder = Recorder(ticking())
        world = {"portfolio": portfolio} if portfolio else {}

        async def trial() -> None:
            await agent.run(list(inputs), recorder, request=Request(inputs[0], 0, world, AS_OF, seed))
            assert agent.connect is not None
            await agent.connect(recorder, seed).close()  # a worker keeps its connections; a test must not

        asyncio.run(trial())
        return folded(recorder)

    return run


@pytest.fixture
def world(load: Callable[[str], Any]) -> Any:
    """Open worlds that are closed after the test."""
    opened: list[Any] = []

    def open_world(*, as_of: str | None = None, seed: int = 1, **spec: Any) -> Any:
        opened.append(load("agents/_shared/world.py:open_world")(spec, as_of=as_of, seed=seed, root=ROOT))
        return opened[-1]

    yield open_world
    for one in opened:
        one.close()


@pytest.fixture
def context() -> Callable[..., Context]:
    """A context whose model is the one given."""

    def make(model: Any, *, world: Any = None, limit_s: float | None = None, settings: Any = None) -> Context:
        recorder = Recorder(ticking())
        return Context(
            recorder,
            clock=Clock(AS_OF),
            seed=1,
            settings=settings or {},
            world=world,
            connect=lambda _recorder, _seed: model,
            limit_s=limit_s,
        )

    return make


@pytest.fixture
def going_wrong() -> Iterator[Callable[..., FaultPlan]]:
    """Make a plan of faults for worlds that are opened afterwards."""
    tokens: list[Any] = []

    def make(*faults: Any, seed: int = 1) -> FaultPlan:
        plan = FaultPlan.of(faults, seed)
        tokens.append(HERE.set(plan))
        return plan

    yield make
    for token in reversed(tokens):
        HERE.reset(token)
