"""Play shipped cases without an engine, and grade agents that only speak."""

import asyncio
import itertools
import json
from functools import cache
from pathlib import Path

import pytest

from harness.adapters import Request
from harness.adapters.loading import load_agent
from harness.faults.plan import begin
from harness.model import Event, Job, Outcome, fold
from harness.recorder import Recorder
from harness.registry import Services
from harness.score import score
from harness.suites import load as load_cases
from harness.workspace import Workspace, load_target

ROOT = Path(__file__).parents[2]
WORKSPACE = Workspace.find(ROOT)


@cache
def everything():
    return load_cases(WORKSPACE)


def recorder_for(case):
    return Recorder((tick / 1000 for tick in itertools.count()).__next__, approvals=case.world.get("approvals", ()))


def graded(case, recorder):
    outcome = Outcome("completed", fold(Event(*event) for event in recorder.wire))
    return asyncio.run(score(Job(case, case.agent, 0, 1), outcome, Services(root=ROOT)))


def world_of(case):
    return {name: item for name, item in case.world.items() if name != "approvals"}


@cache
def untouched(spec, as_of):
    """What a world leaves behind when nobody does anything in it."""
    world = load_target(ROOT, "agents/_shared/world.py:open_world")(json.loads(spec), as_of=as_of, seed=1, root=ROOT)
    artifacts = world.artifacts()
    world.close()
    return artifacts


@pytest.fixture(scope="session")
def library():
    """Every shipped case."""
    return everything()


@pytest.fixture
def play():
    """Run a case on its agent and grade it: the result and the trace."""

    def run(case, *, seed=1):
        agent = load_agent(WORKSPACE.agent(case.agent), ROOT, models=WORKSPACE.models, environ={})
        recorder = recorder_for(case)
        inputs = [turn.input for turn in case.turns] or [case.input]
        request = Request(inputs[0], 0, world_of(case), case.as_of, seed)

        async def trial():
            begin(case.faults, seed, recorder)
            await agent.run(inputs, recorder, request=request)

        asyncio.run(trial())
        return graded(case, recorder), fold(Event(*event) for event in recorder.wire)

    return run


@pytest.fixture
def idle():
    """Grade an agent that only speaks: its answer, and the untouched world's end."""

    def run(case, reply):
        recorder = recorder_for(case)
        for number in range(len(case.turns) or 1):
            recorder.answer(
                reply if isinstance(reply, str) else json.dumps(reply), None if isinstance(reply, str) else reply
            )
            recorder.emit("done", turn=number)
        if case.agent != "scripted":
            for name, item in untouched(json.dumps(world_of(case)), case.as_of).items():
                recorder.artifact(name, item)
        return graded(case, recorder)

    return run
