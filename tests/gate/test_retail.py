"""A real pair of runs: one agent's two versions over the same 100 retail tasks (tau-bench)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.gate import Limits, bless, decide, markdown, tally

DATA = Path(__file__).parent.parent / "data" / "taubench_retail" / "rewards.json"
TASKS = json.loads(DATA.read_text())["tasks"]


def counted(statuses):
    jobs = [a_job(a_case(f"retail-{task}", suite="tau/retail")) for task in statuses]
    return tally(jobs, [a_result(status, job=job) for status, job in zip(statuses.values(), jobs, strict=True)])[
        "tau/retail"
    ]


def status(reward, *, broke=False):
    return "errored" if broke else "passed" if reward else "failed"


@pytest.fixture(scope="module")
def baseline():
    cases = counted({task: status(before) for task, (before, _, _) in TASKS.items()})
    return bless(a_manifest("before"), "tau/retail", cases, by="ann", at=datetime(2025, 6, 23, tzinfo=UTC)).baseline


@pytest.fixture(scope="module")
def after():
    return counted({task: status(now, broke=broke) for task, (_, now, broke) in TASKS.items()})


def test_it_is_a_regression_and_the_errors_of_the_harness_stand_apart(baseline, after):
    decision = decide(baseline, "after", after, Limits(errored=0.4))

    assert decision.value == "regress"
    assert (decision.errored, decision.compared, decision.rate) == (34, 66, pytest.approx(35 / 66))
    assert "34 errored, in no rate" in markdown([decision])


def test_so_many_errors_say_nothing_unless_they_are_accepted(baseline, after):
    decision = decide(baseline, "after", after)

    assert decision.value == "invalid"
    assert decision.reasons[0] == "34 of 100 trials errored, more than 5%; run them again"
    assert decision.reasons[-1].startswith("the decided trials alone dropped by 19.7 points (p = 0.0033)")


def test_with_errors_as_failures_it_is_the_published_table(baseline):
    after = counted({task: status(now) for task, (_, now, _) in TASKS.items()})

    decision = decide(baseline, "after", after)

    assert (decision.baseline_rate, decision.rate) == (0.73, 0.35)
    assert (len(decision.lost), len(decision.gained)) == (43, 5)
    assert decision.value == "regress"
    assert decision.p < 1e-6


def test_the_baseline_against_itself_is_none(baseline):
    decision = decide(baseline, "again", counted({task: status(before) for task, (before, _, _) in TASKS.items()}))

    assert decision.value in {"pass", "inconclusive"}
