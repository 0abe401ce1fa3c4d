from __future__ import annotations

from datetime import UTC, datetime

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.errors import UserError
from harness.gate import bless, tally

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def blessed(statuses, *, old=None, trials=1, planned=0, **known):
    case = a_case("A", **known)
    jobs = [a_job(case, index=index) for index in range(max(planned, len(statuses)))]
    results = [a_result(status, job=job) for status, job in zip(statuses, jobs, strict=False)]
    counted = tally(jobs, results)["demo/basics"]
    return bless(a_manifest(git_commit="abc"), "demo/basics", counted, by="ann", at=NOON, trials=trials, old=old)


def test_a_run_becomes_a_baseline_with_counts_and_provenance():
    baseline = blessed(["passed", "failed", "passed"]).baseline

    (line,) = baseline.cases
    assert (line.case, line.agent, line.passed, line.trials) == ("A", "adviser", 2, 3)
    assert (baseline.blessed_by, baseline.blessed_at, baseline.commit) == ("ann", "2026-11-21T12:00:00+00:00", "abc")
    assert baseline.sha256 == baseline.checksum()


def test_errored_and_undecided_trials_are_no_part_of_it():
    (line,) = blessed(["passed", "errored", "undecided"]).baseline.cases

    assert (line.passed, line.trials) == (1, 1)


def test_blessing_the_same_run_again_changes_nothing():
    first = blessed(["passed"])

    assert blessed(["passed"], old=first.baseline).unchanged
    assert not blessed(["failed"], old=first.baseline).unchanged


def test_failing_and_removed_cases_are_told():
    old = blessed(["passed"], suite="demo/basics").baseline

    new = bless(
        a_manifest(),
        "demo/basics",
        tally([a_job(a_case("B"))], [a_result("failed", job=a_job(a_case("B")))])["demo/basics"],
        by="ann",
        at=NOON,
        old=old,
    )

    assert new.removed == ("A",)
    assert new.failing == ("B",)


@pytest.mark.parametrize(
    ("statuses", "planned", "remedy"),
    [
        (["passed"], 3, "eval --resume 20261121-100000-0001"),
        (["passed", "undecided"], 2, "configure a judge"),
        (["passed", "errored"], 2, "--repeat 2"),
    ],
)
def test_too_few_decided_trials_are_refused_with_the_way_out(statuses, planned, remedy):
    with pytest.raises(UserError, match=r"too few decided trials in A \(1 of 2\)") as caught:
        blessed(statuses, planned=planned, trials=2)

    assert remedy in caught.value.remedy


def test_a_case_that_must_pass_and_fails_cannot_be_blessed():
    with pytest.raises(UserError, match="A must pass and did not"):
        blessed(["passed", "failed"], must_pass=True)
