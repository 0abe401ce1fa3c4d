"""A run is summed up without mixing whose fault what was, and without taking unknown for zero."""

import csv
from pathlib import Path

import pytest
from builders import a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.llm.errors import ErrorKind
from harness.model import Attempt, Failure
from harness.render.data import summary_row
from harness.render.figures import figures
from harness.store import RunRow
from harness.store.replaced import Replaced
from harness.summary import Counts, summarise
from harness.summary.gather import MODEL_FAULTS, PROVIDER_FAULTS

REWARDS = Path(__file__).parents[1] / "data" / "tau_bench" / "rewards.csv"


def a_run(planned=0, done=0):
    return RunRow(a_manifest(), "complete", None, planned, done)


def summed(*statuses, missing=()):
    jobs = [a_job(a_case(f"C-{number}")) for number in range(len(statuses))]
    results = [a_result(status, job=job) for status, job in zip(statuses, jobs, strict=True)]
    return summarise(a_run(), results, missing)


def broken(kind, status="infrastructure_failed"):
    return a_result("errored", outcome=an_outcome(status=status, error=Failure(kind, "it broke")))


def test_errored_and_undecided_trials_are_outside_the_rate_and_beside_it():
    summary = summed("passed", "passed", "failed", "errored", "undecided", missing=[a_job(a_case("C-9"))])

    assert summary.counts == Counts(passed=2, failed=1, errored=1, undecided=1, missing=1)
    assert (summary.rate.passed, summary.rate.decided) == (2, 3)
    assert summary.counts.planned == 6


def test_nothing_decided_has_no_rate():
    rate = summed("errored", "undecided").rate

    assert (rate.value, rate.se, rate.low, rate.high) == (None, None, None, None)


def test_the_published_tau_bench_figures_come_out():
    with REWARDS.open() as file:
        rows = list(csv.DictReader(file))
    cases = {row["task_id"]: a_case(row["task_id"]) for row in rows}
    results = [
        a_result(
            "passed" if row["reward"] == "1" else "failed", job=a_job(cases[row["task_id"]], index=int(row["trial"]))
        )
        for row in rows
    ]

    summary = summarise(a_run(), results)

    assert [round(item.every, 3) for item in summary.repeats] == [0.420, 0.273, 0.220, 0.200]
    assert [round(item.some, 3) for item in summary.repeats] == [0.420, 0.567, 0.660, 0.720]
    assert round(summary.rate.se, 3) == 0.052
    assert sum(row.flaky for row in summary.cases) == 26
    assert (summary.rate.low, summary.rate.high) == pytest.approx((0.323, 0.524), abs=5e-4)


def test_faults_are_told_apart():
    results = [
        a_result("failed"),
        a_result("failed", outcome=an_outcome(status="timed_out")),
        broken("rate_limit"),
        broken("world"),
        a_result("undecided", verdicts=(a_verdict(None, error=True),)),
    ]

    faults = summarise(a_run(), results).faults

    assert faults.agent == {"checks": 1, "timed_out": 1}
    assert faults.provider == {"rate_limit": 1}
    assert faults.harness == {"world": 1, "checks": 1}


def test_every_kind_of_provider_error_is_known_here():
    from typing import get_args

    assert frozenset(get_args(ErrorKind)) | {"provider"} == MODEL_FAULTS
    assert PROVIDER_FAULTS > MODEL_FAULTS


def test_unknown_money_and_tokens_are_counted_and_not_taken_as_zero():
    known = a_result(outcome=an_outcome(steps=[a_model_call(tokens=(100, 20), cost_usd=0.5)]))
    unknown = a_result(outcome=an_outcome(steps=[a_model_call(tokens=None, cost_usd=None)]), judge_cost_usd=None)

    spend = summarise(a_run(), [known, unknown]).spend

    assert (spend.input_tokens, spend.output_tokens, spend.tokens_unknown) == (100, 20, 1)
    assert (spend.cost_usd, spend.cost_unknown, spend.judge_unknown) == (0.5, 1, 1)


def test_money_that_replaced_attempts_have_cost_is_in_the_total_and_said():
    lost = Attempt(an_outcome(status="infrastructure_failed", steps=[a_model_call(cost_usd=0.25)]), 1.0)
    fresh = a_result(outcome=an_outcome("yes", steps=[a_model_call(cost_usd=0.5)], earlier=(lost,)))
    summary = summarise(a_run(), [fresh], (), Replaced(2, cost_usd=0.125, cost_unknown=1))

    assert (summary.spend.cost_usd, summary.spend.input_tokens) == (0.875, 200)
    assert summary.spend.replaced == Replaced(3, 100, 20, cost_usd=0.375, cost_unknown=1)
    assert dict(figures(summary))["cost"] == "$0.8750; of it $0.3750 or more for 3 replaced attempts"
    assert summary_row(summary)["spend"]["replaced"]["cost_usd"] == 0.375


def test_latency_is_of_completed_and_timed_trials():
    seconds = [1.0, 2.0, 3.0, 0.0]
    results = [a_result(outcome=an_outcome(duration_s=item)) for item in seconds]
    slow = a_result("failed", outcome=an_outcome(status="timed_out", duration_s=100.0))

    latency = summarise(a_run(), [*results, slow]).latency

    assert (latency.p50_s, latency.p95_s, latency.ttft_p50_s) == (2.0, pytest.approx(2.9), None)


def test_judged_claims_that_nobody_looked_at_are_counted():
    verdicts = (a_verdict(None, check="llm-rubric"), a_verdict(None, check="llm-rubric", error=True), a_verdict(None))

    assert summarise(a_run(), [a_result("undecided", verdicts=verdicts)]).not_judged == 1


def test_repeats_stop_where_a_case_has_fewer_decided_trials():
    case, other = a_case("A"), a_case("B")
    results = [a_result(job=a_job(case, index=index)) for index in range(3)]
    results += [a_result("failed", job=a_job(other)), a_result("errored", job=a_job(other, index=1))]

    assert [(item.k, item.every) for item in summarise(a_run(), results).repeats] == [(1, 0.5)]


def test_many_repeats_are_shown_up_to_ten():
    results = [a_result(job=a_job(index=index)) for index in range(200)]

    assert [item.k for item in summarise(a_run(), results).repeats] == list(range(1, 11))


def test_cases_come_worst_first():
    ranks = [row.rank for row in summed("passed", "undecided", "errored", "failed", "passed").cases]

    assert ranks == [0, 1, 2, 4, 4]


def test_slices_are_by_agent_suite_and_tag():
    case = a_case(tags={"team": "alex", "slow": ""})
    summary = summarise(a_run(), [a_result(job=a_job(case)), a_result("failed", job=a_job(case, variant="adviser@x"))])

    assert [(part.by, part.name, part.counts.passed, part.counts.failed) for part in summary.slices] == [
        ("agent", "adviser", 1, 0),
        ("agent", "adviser@x", 0, 1),
        ("suite", "demo/basics", 1, 1),
        ("tag", "slow", 1, 1),
        ("tag", "team=alex", 1, 1),
    ]


def test_metrics_are_means_of_their_scores():
    verdicts = (a_verdict(True, metric="tone", score=1.0), a_verdict(False, metric="tone", score=0.5))

    assert summarise(a_run(), [a_result("failed", verdicts=verdicts)]).metrics == {"tone": 0.75}


def test_small_runs_need_no_numpy():
    import subprocess
    import sys

    code = "import sys, harness.summary, harness.render.report; sys.exit('numpy' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
