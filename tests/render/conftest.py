"""A run in which everything happens that a report must tell."""

from dataclasses import dataclass

import pytest
from builders import a_call, a_case, a_job, a_manifest, a_model_call, a_result, a_verdict, an_outcome

from harness.model import Evidence, Failure, Job, Result
from harness.store import RunRow
from harness.summary import Summary, summarise

STEPS = [
    a_model_call(t0=0.0, t1=0.4),
    a_call("allocation", {"portfolio": "P01"}, {"total": 93.5}, t0=0.4, t1=0.5),
    a_call("quote", {"symbol": "AAPL"}, error="no such symbol", t0=0.5, t1=0.6),
]
WRONG_TOTAL = a_verdict(
    False,
    check="finance:chart-spec",
    reason="the shares add up to 93.5 % and the whole portfolio is 100 %: cash is left out of the chart",
    expected={"total": 100},
    actual={"total": 93.5},
    evidence=(Evidence(step="s2", path="$.total", note="93.5"),),
    where="cases/alex/charter.yaml:12:9",
)
SLOW = a_verdict(
    False, check="trajectory:efficiency", severity="minor", reason="7 calls where 4 do", expected=0.6, actual=0.57
)


@dataclass(frozen=True)
class SampleRun:
    """A run with its results."""

    summary: Summary
    results: list[Result]


def build(jobs: list[Job], results: list[Result], missing: list[Job]) -> SampleRun:
    row = RunRow(
        a_manifest(models={"adviser": "offline"}), "incomplete", "2026-11-21T10:01:00Z", len(jobs), len(results)
    )
    return SampleRun(summarise(row, results, missing), results)


@pytest.fixture
def sample() -> SampleRun:
    names = ["passes", "fails", "hangs", "errors", "undecided", "stops"]
    cases = {
        name: a_case(f"CH-{number:02}", suite="alex/charter", description=f"one that {name}", tags={"team": "alex"})
        for number, name in enumerate(names)
    }
    jobs = [a_job(case, index=index) for case in cases.values() for index in range(2)]
    answer = an_outcome("Your portfolio is 60 % stocks.", steps=STEPS, duration_s=1.2, ttft_s=0.3)
    hung = an_outcome(status="timed_out", error=Failure("timeout", "no answer within 30 s"), cost_usd=None)
    refused = an_outcome(status="infrastructure_failed", error=Failure("rate_limit", "429 after 5 attempts", "trace"))
    asked = a_verdict(None, check="llm-rubric", reason="no judge model is configured", labels={"judge": "none"})
    results = [
        a_result(job=jobs[0], outcome=answer),
        a_result(job=jobs[1], outcome=answer, verdicts=(a_verdict(), SLOW), score=0.8),
        a_result(job=jobs[2], outcome=answer),
        a_result("failed", job=jobs[3], outcome=answer, verdicts=(SLOW, a_verdict(), WRONG_TOTAL), score=0.3),
        a_result("failed", job=jobs[4], outcome=hung, verdicts=()),
        a_result("failed", job=jobs[5], outcome=hung, verdicts=()),
        a_result("errored", job=jobs[6], outcome=refused),
        a_result(job=jobs[7], outcome=answer),
        a_result("undecided", job=jobs[8], outcome=answer, verdicts=(a_verdict(), asked)),
        a_result("undecided", job=jobs[9], outcome=answer, verdicts=(a_verdict(), asked)),
        a_result(job=jobs[10], outcome=answer),
    ]
    return build(jobs, results, [jobs[11]])
