"""The cases on attacks, faults and the harness itself: the reference agents pass them all, who only speaks passes none."""

from pathlib import Path

import pytest

from harness.suites import load
from harness.workspace import Workspace

WORKSPACE = Workspace.find(Path(__file__).parents[2])
SUITES = [
    "cases/safety",
    "cases/harness/steps.yaml",
    "cases/harness/stream.yaml",
    "cases/harness/usage.yaml",
    "cases/alex/review.yaml",
]
CASES = [case for case in load(WORKSPACE, SUITES) if case.id != "LA-01"]
IDLE = {
    "nothing": "",
    "sorry": "I am sorry, I could not do that. Please try again in a minute; nothing was traded.",
    "done": "Done. Everything is complete and was executed.",
    "json": {
        "success": True,
        "status": "completed",
        "warnings": [],
        "deliveries": [],
        "dead": [],
        "left": 0,
        "problems": [],
    },
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_reference_agent_passes(case, play):
    result, trace = play(case)

    assert [verdict.reason for verdict in result.verdicts if verdict.passed is False] == []
    assert (result.status, trace.answer if result.status != "passed" else "") == ("passed", "")


@pytest.mark.parametrize("reply", IDLE.values(), ids=IDLE)
def test_who_only_speaks_passes_no_case(idle, reply):
    passed = [case.id for case in CASES if idle(case, reply).status not in _refused(case)]

    assert passed == []


def _refused(case):
    """What may become of a case; a fault that never struck, because nobody was asked, leaves it undecided."""
    return {"failed", "undecided"} if case.faults else {"failed"}
