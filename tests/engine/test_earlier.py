"""What a trial spent before its process was ended by another is spent, and kept with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from arena_runner import ARENA, run_on_workers, trial
from builders import a_job, a_manifest, a_result, a_trace, an_outcome

from harness.model import Attempt, Outcome
from harness.store import Store
from harness.telemetry.scrub import Scrubber, scrubber
from harness.workspace import AgentSettings, Workspace


@pytest.fixture(scope="module")
def ended() -> dict[str, Outcome]:
    settings = AgentSettings(name="agent", target="costly.py:agent")
    jobs = [trial("agent", said, limit_s=20) for said in ("leave", "stay")]
    return run_on_workers(jobs, workspace=Workspace.at(ARENA, agents={"agent": settings}), concurrency=2)


def test_the_innocent_trial_counts_once_and_its_first_execution_is_kept(ended: dict[str, Outcome]) -> None:
    innocent = ended["agent-stay"]

    assert (innocent.status, innocent.attempts, innocent.trace.cost_usd) == ("completed", 2, 0.01)
    (first,) = innocent.earlier
    assert (first.outcome.status, first.outcome.attempts, first.outcome.trace.cost_usd) == (
        "infrastructure_failed", 1, 0.01,
    )  # fmt: skip
    assert first.outcome.error is not None
    assert first.outcome.error.message == "its process was ended while it ran, so the trial was run again"
    assert first.started_at > 1_700_000_000


def test_an_execution_that_had_recorded_nothing_leaves_nothing(ended: dict[str, Outcome]) -> None:
    assert (ended["agent-leave"].attempts, ended["agent-leave"].earlier) == (2, ())


def test_it_is_stored_among_the_earlier_ones(tmp_path: Path, ended: dict[str, Outcome]) -> None:
    job = a_job()
    with Store.open(tmp_path / "r.db") as store:
        store.begin(a_manifest(), [job])
        store.add(a_manifest().id, [a_result(job=job, outcome=ended["agent-stay"])])
        (kept,) = store.earlier(a_manifest().id)
        (counted,) = store.results(a_manifest().id)

    assert (kept.status, kept.verdicts, kept.outcome) == ("errored", (), ended["agent-stay"].earlier[0].outcome)
    assert kept.started_at.startswith("20")
    assert counted.outcome.trace.cost_usd == 0.01


def test_its_secrets_are_taken_out(tmp_path: Path) -> None:
    scrub: Scrubber = scrubber(Workspace.at(tmp_path), {"API_KEY": "sk-canary-0123456789abcdef"})
    lost = Attempt(an_outcome(trace=a_trace("sk-canary-0123456789abcdef"), status="infrastructure_failed"), 1.0)

    clean = scrub.result(a_result(outcome=an_outcome("fine", earlier=(lost,))))

    assert "canary" not in repr(clean)
    assert clean.outcome.earlier[0].started_at == 1.0
