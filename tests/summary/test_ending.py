"""The exit code follows from what is stored."""

import pytest
from builders import a_case, a_job, a_manifest, a_result

from harness.errors import ExitCode
from harness.store import RunRow
from harness.summary import exit_code, summarise

P, F, E, U, M = "passed", "failed", "errored", "undecided", "missing"


def summed(statuses):
    jobs = [a_job(a_case(f"C-{number}")) for number in range(len(statuses))]
    pairs = list(zip(statuses, jobs, strict=True))
    results = [a_result(status, job=job) for status, job in pairs if status != M]
    return summarise(
        RunRow(a_manifest(), "complete", None, 0, 0), results, [job for status, job in pairs if status == M]
    )


@pytest.mark.parametrize(
    ("statuses", "fail_on", "errors_allowed", "code"),
    [
        pytest.param([P, P], (), 0.0, ExitCode.PASSED, id="all-passed"),
        pytest.param([P, F], (), 0.0, ExitCode.FAILED, id="one-failed"),
        pytest.param([P, M], (), 0.0, ExitCode.INCOMPLETE, id="one-missing"),
        pytest.param([F, M], (), 0.0, ExitCode.INCOMPLETE, id="missing-before-failed"),
        pytest.param([P, E], (), 0.0, ExitCode.INCOMPLETE, id="one-errored"),
        pytest.param([F, E], (), 0.0, ExitCode.INCOMPLETE, id="errored-before-failed"),
        pytest.param([P, E], (), 0.5, ExitCode.PASSED, id="errors-tolerated"),
        pytest.param([F, E], (), 0.5, ExitCode.FAILED, id="failed-beside-tolerated-errors"),
        pytest.param([P, E, E], (), 0.5, ExitCode.INCOMPLETE, id="errors-above-tolerance"),
        pytest.param([E, E], (), 1.0, ExitCode.INCOMPLETE, id="nothing-but-tolerated-errors-is-not-green"),
        pytest.param([P, U], (), 0.0, ExitCode.PASSED, id="undecided-is-reported"),
        pytest.param([P, U], ("undecided",), 0.0, ExitCode.INCOMPLETE, id="undecided-when-asked"),
        pytest.param([F, U], ("undecided",), 0.0, ExitCode.FAILED, id="failed-before-undecided"),
        pytest.param([U, U], (), 0.0, ExitCode.INCOMPLETE, id="nothing-decided-is-not-green"),
        pytest.param([], (), 0.0, ExitCode.INCOMPLETE, id="nothing-planned-is-not-green"),
    ],
)
def test_the_code_a_run_has_earned(statuses, fail_on, errors_allowed, code):
    assert exit_code(summed(statuses), fail_on, errors_allowed=errors_allowed) == code
