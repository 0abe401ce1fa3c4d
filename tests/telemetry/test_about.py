"""Whose trial it was: job, user by a pseudonym, and the facts of the enterprise guide, in traces and in Langfuse."""

from __future__ import annotations

import json

import pytest
from builders import a_manifest, a_result, a_trace, an_outcome

from harness.model import Outcome
from harness.telemetry import connect, names, spans
from harness.telemetry.about import about, pseudonym
from harness.testing.sink import LangfuseSink
from harness.workspace import TelemetrySettings

LEDGER = {
    "user": "user_2abc",
    "accounts": [{"id": "a1", "total_value": 100.5}, {"id": "a2", "total_value": 50}],
}
JOBS = [{"id": "job-1", "clerk_user_id": "user_1"}, {"id": "job-7", "clerk_user_id": "user_2abc"}]


def trial(**artifacts):
    return a_result(outcome=Outcome("completed", a_trace("yes", artifacts=artifacts)))


def test_the_job_is_the_session_and_the_accounts_are_counted():
    found = about(a_manifest(), trial(jobs=JOBS, ledger=LEDGER))

    assert (found.session, found.user) == ("job-7", pseudonym("user_2abc"))
    assert found.metadata == {"agent": "adviser", "job_id": "job-7", "account_count": 2, "total_value": 150.5}


def test_an_agent_says_it_itself():
    own = {
        "session": "s-1",
        "user": "ann",
        "tags": ["env:ci", 7],
        "metadata": {"report_type": "comprehensive", "data_points": 12, "x": []},
    }
    found = about(a_manifest(), trial(trace=own, jobs=JOBS))

    assert (found.session, found.user, found.tags) == ("s-1", pseudonym("ann"), ("env:ci",))
    assert found.metadata["data_points"] == 12
    assert "x" not in found.metadata


@pytest.mark.parametrize(
    "artifacts",
    [{}, {"jobs": []}, {"jobs": "x"}, {"jobs": [None]}, {"ledger": []}, {"ledger": {"accounts": "x"}}, {"trace": "x"},
     {"trace": {"tags": "x", "metadata": [], "session": None}}, {"ledger": {"accounts": [{"total_value": float("nan")}]}}],
)  # fmt: skip
def test_without_a_job_the_run_is_the_session(artifacts):
    found = about(a_manifest("run-1"), trial(**artifacts))

    assert (found.session, found.user) == ("run-1", "")
    assert "total_value" not in found.metadata


def test_a_user_is_never_named():
    text = json.dumps([[span.name, span.attributes] for span in spans(a_manifest(), trial(jobs=JOBS, ledger=LEDGER))])

    assert "user_2abc" not in text
    assert pseudonym("user_2abc") in text
    assert pseudonym("user_2abc") != pseudonym("user_2abd")


def test_langfuse_has_session_user_tags_and_metadata_to_filter_by(tmp_path):
    manifest = a_manifest(git_commit="0123456789abcdef")
    with LangfuseSink() as sink:
        environ = sink.environ() | {"LANGFUSE_TRACING_ENVIRONMENT": "ci"}
        (exporter,) = connect(TelemetrySettings(exporters=("langfuse",)), environ, tmp_path)
        exporter.export(manifest, trial(jobs=JOBS, ledger=LEDGER))
        exporter.close(10)

    for span in sink.spans.values():
        assert (span.attributes["session.id"], span.attributes["user.id"]) == ("job-7", pseudonym("user_2abc"))
        assert {"agent:adviser", "version:0123456789ab", "env:ci"} <= set(span.attributes[names.LF_TRACE_TAGS])
        assert span.attributes[f"{names.LF_METADATA}job_id"] == '"job-7"'
        assert span.attributes[f"{names.LF_METADATA}account_count"] == "2"
        assert span.attributes[f"{names.LF_METADATA}total_value"] == "150.5"
        assert span.attributes[names.LF_EXPERIMENT] == manifest.id


def test_guardrails_are_observations_of_their_own():
    trace = a_trace(
        "no",
        guardrails=({"name": "no-advice", "passed": False, "reason": "names a stock"}, {"name": "pii", "passed": True}),
    )
    made = {span.name: span for span in spans(a_manifest(), a_result(outcome=an_outcome()))}
    guarded = {span.name: span for span in spans(a_manifest(), a_result(outcome=Outcome("completed", trace)))}

    assert set(guarded) - set(made) == {"apply_guardrail no-advice", "apply_guardrail pii"}
    failed = guarded["apply_guardrail no-advice"]
    assert (failed.status, failed.message, failed.attributes[names.KIND]) == ("error", "names a stock", "GUARDRAIL")
    assert failed.parent_id == guarded["invoke_agent adviser"].span_id
