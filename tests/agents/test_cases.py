"""The shipped cases: our agents pass all of them, an agent that does nothing passes none."""

import asyncio
import json
from pathlib import Path

import pytest

from harness.adapters import Request
from harness.adapters.loading import load_agent
from harness.faults.plan import begin
from harness.model import Job, Outcome
from harness.recorder import Recorder
from harness.registry import Services
from harness.score import score
from harness.suites import load as load_cases
from harness.testing import ModelReply  # noqa: F401 - the agents' model speaks it
from harness.workspace import Workspace

ROOT = Path(__file__).parents[2]
WORKSPACE = Workspace.find(ROOT)
CASES = load_cases(WORKSPACE, ["cases/alex"])
IDLE = {
    "nothing": "",
    "empty-object": {},
    "sorry": "I am sorry, I cannot help with that.",
    "empty-charts": {"success": True, "charts": [], "total": 0},
    "empty-report": {"success": True, "claims": [], "recommendations": [], "citations": []},
    "empty-plan": {"success": True, "success_rate": 1.0},
    "all-done": {"status": "completed", "agents_run": [], "skipped": [], "warnings": [], "summary": "Done."},
    "empty-tags": {"tagged": 0, "updated": [], "errors": [], "classifications": []},
}


def graded(case, trace):
    return asyncio.run(score(Job(case, case.agent, 0, 1), Outcome("completed", trace), Services(root=ROOT)))


def test_every_promised_case_is_there():
    promised = {"CH": 15, "MA": 6, "PL": 18, "RP": 19, "RT": 14, "TG": 14, "UR": 2}

    assert sorted(case.id for case in CASES) == [
        f"{kind}-{n:02}" for kind, most in promised.items() for n in range(1, most + 1)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_reference_agent_passes(case, ask_case):
    result = graded(case, ask_case(case))

    assert [verdict.reason for verdict in result.verdicts if verdict.passed is False] == []
    assert result.status == "passed"


@pytest.mark.parametrize("reply", IDLE.values(), ids=IDLE)
def test_an_agent_that_does_nothing_passes_no_case(reply, idle_trace):
    passed = [case.id for case in CASES if graded(case, idle_trace(case, reply)).status != "failed"]

    assert passed == []


@pytest.fixture
def ask_case(trace_of):
    def run(case):
        agent = load_agent(WORKSPACE.agent(case.agent), ROOT, models=WORKSPACE.models, environ={})
        recorder = Recorder(iter(range(1, 10**6)).__next__)
        inputs = [turn.input for turn in case.turns] or [case.input]
        request = Request(inputs[0], 0, case.world, case.as_of, 1)

        async def trial():
            begin(case.faults, 1, recorder)
            await agent.run(inputs, recorder, request=request)

        asyncio.run(trial())
        return trace_of(recorder)

    return run


@pytest.fixture
def idle_trace(trace_of):
    """What remains of a trial in which the agent only spoke: its answer and the untouched world."""

    def make(case, reply):
        recorder = Recorder(iter(range(1, 10**6)).__next__)
        for number in range(len(case.turns) or 1):
            recorder.answer(
                reply if isinstance(reply, str) else json.dumps(reply), None if isinstance(reply, str) else reply
            )
            recorder.emit("done", turn=number)
        return trace_of(recorder)

    return make
