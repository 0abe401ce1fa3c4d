"""Play the shipped cases of Clera's team without an engine, with a changed model where a test plants a defect."""

import asyncio
import itertools
import json
from dataclasses import replace
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
from harness.testing import QueuedModel
from harness.workspace import Workspace, load_target

ROOT = Path(__file__).parents[3]
WORKSPACE = Workspace.find(ROOT)
CASES = {case.id: case for case in load_cases(WORKSPACE, ["cases/clera"])}
POLICY = load_target(ROOT, "agents/clera/policies/clera.py:policy")


def recorder_for(case):
    return Recorder((tick / 1000 for tick in itertools.count()).__next__, approvals=case.world.get("approvals", ()))


def graded(case, trace):
    outcome = Outcome("completed", trace)
    return asyncio.run(score(Job(case, case.agent, 0, 1), outcome, Services(root=ROOT)))


def folded(recorder):
    return fold(Event(*event) for event in recorder.wire)


@cache
def untouched(spec, as_of):
    """What a world leaves behind when nobody does anything in it."""
    given = {name: item for name, item in json.loads(spec).items() if name != "approvals"}
    world = load_target(ROOT, "agents/_shared/world.py:open_world")(given, as_of=as_of, seed=1, root=ROOT)
    artifacts = world.artifacts()
    world.close()
    return artifacts


@pytest.fixture
def cases():
    """The shipped cases by id."""
    return CASES


@pytest.fixture
def case_named():
    """The first case of an id, variables aside."""
    return lambda name: next(case for key, case in CASES.items() if key.partition("[")[0] == name)


@pytest.fixture
def play():
    """Run a case with the agent's own policy, or a changed one, and grade it."""

    def run(case, *, change=None, spoil=None, seed=1, noise=0.0, model=None):
        agent = load_agent(WORKSPACE.agent(case.agent), ROOT, models=WORKSPACE.models, environ={})
        recorder = recorder_for(case)
        if change is not None or noise:
            alter = change or (lambda request, reply: reply)
            queued = QueuedModel(lambda request: alter(request, POLICY(request, seed=seed, noise=noise)))
            connect = agent.connect
            agent = replace(agent, connect=lambda heard, seed, **_: connect(heard, seed, within=lambda _: queued))
        if spoil is not None:
            made = agent.open_world
            agent = replace(agent, open_world=lambda *args, **named: spoil(made(*args, **named)))
        if model is not None:
            settings = replace(WORKSPACE.agent(case.agent), model="shaky")
            agent = load_agent(settings, ROOT, models={**WORKSPACE.models, "shaky": model}, environ={})
        inputs = [turn.input for turn in case.turns] or [case.input]
        world = {name: item for name, item in case.world.items() if name != "approvals"}

        async def trial():
            begin(case.faults, seed, recorder)
            await agent.run(inputs, recorder, request=Request(inputs[0], 0, world, case.as_of, seed))

        asyncio.run(trial())
        trace = folded(recorder)
        return graded(case, trace), trace

    return run


@pytest.fixture
def idle():
    """Grade an agent that only speaks: its answer, and the untouched world's end."""

    def run(case, reply):
        recorder = recorder_for(case)
        for number in range(len(case.turns) or 1):
            recorder.answer(reply)
            recorder.emit("done", turn=number)
        for name, item in untouched(json.dumps(case.world), case.as_of).items():
            recorder.artifact(name, item)
        return graded(case, folded(recorder))

    return run
