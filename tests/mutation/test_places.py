"""Defects planted at every place reach the agent in its worker, and end as they should."""

from __future__ import annotations

import asyncio

import pytest
from mutation_arena import ARENA, examined

from harness.engine.execute import execute
from harness.engine.options import RunOptions
from harness.model import Job
from harness.suites import load
from harness.workspace import Workspace


@pytest.fixture(scope="module")
def fates():
    return {item.mutant.id: item for item in examined().detections}


PLACES = [
    "P-reply", "P-model", "P-answer", "P-result", "P-code-later", "P-request", "P-settings", "P-input", "P-agent", "P-spec",
    "P-world", "P-artifact", "P-event", "P-code", "P-two", "P-stream", "P-session",
]  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_defect_reaches_the_agent_and_is_noticed_by_the_check_named(fates, name):
    found = fates[name]

    assert found.fate == "expected", found.reason
    assert found.noticed == found.trials == 1
    assert found.kills[0].expected


@pytest.mark.parametrize(
    ("name", "fate", "reason"),
    [
        pytest.param("W-other", "other", "", id="noticed-by-another-check"),
        pytest.param("W-survived", "survived", "", id="no-check-looks"),
        pytest.param("W-idle", "idle", "no trace differs", id="changes-nothing"),
        pytest.param("W-broken", "broken", "KeyError: 'ledger'", id="agent-breaks"),
        pytest.param(
            "W-own-fault", "broken", "the planted function 'own_fault' broke: ZeroDivisionError", id="defect-breaks"
        ),
        pytest.param("W-crash-expected", "expected", "", id="crash-is-what-was-planted"),
        pytest.param("W-budget", "expected", "", id="over-budget"),
        pytest.param("W-unsteady", "undecided", "unsteady on the unchanged agent", id="flaky-control"),
        pytest.param("W-failing-control", "undecided", "no check of its cases passes", id="failing-control"),
        pytest.param("W-equivalent", "equivalent", "a comma", id="marked-by-hand"),
        pytest.param("B-quiet", "quiet", "", id="benign"),
        pytest.param("B-alarm", "alarm", "equals", id="benign-taken-for-a-defect"),
    ],
)
def test_every_mutant_ends_in_one_fate_with_its_reason(fates, name, fate, reason):
    assert fates[name].fate == fate
    assert reason in fates[name].reason


def test_survivor_shows_what_it_changed_and_which_checks_passed(fates):
    found = fates["W-survived"]

    assert found.looked == ("contains",)
    assert "1,100.00" in found.changes[0]
    assert "1,900.00" in found.changes[0]


def test_benign_change_is_run_with_its_seeds_and_they_vary_it(fates):
    assert fates["B-quiet"].trials == 3
    assert fates["B-alarm"].noticed == fates["B-alarm"].trials == 2


def test_more_functions_of_one_mutant_are_all_planted(fates):
    assert "books!: 7 usd" in fates["P-two"].kills[0].reason


def test_defect_of_one_trial_does_not_reach_the_next_one_in_its_worker():
    workspace = Workspace.find(ARENA)
    case = next(case for case in load(workspace) if case.id == "AD-1")
    answers = {}

    def keep(job, outcome, _started):
        answers[job.variant] = outcome.trace.answer

    variants = ("adviser+P-result", "adviser+P-code", "adviser", "adviser+P-settings")
    jobs = [Job(case, variant, 0, 7) for variant in variants]
    asyncio.run(execute(jobs, workspace, options=RunOptions(workers=1, concurrency=1), on_outcome=keep))

    assert "107.00 USD" in answers["adviser+P-result"]
    assert "11,000.00 USD" in answers["adviser+P-code"]
    assert "1,100.00 USD" in answers["adviser"]
    assert "1,100.00 EUR" in answers["adviser+P-settings"]
