"""Every trial leaves the entries of the catalogue, with the ids of its spans and what really happened."""

from __future__ import annotations

from typing import Any

import pytest
from builders import a_call, a_case, a_job, a_manifest, a_model_call, a_result, a_trace, a_verdict, an_outcome

from harness.audit import EVENTS, Pseudonyms, content_hash, trial_entries
from harness.model import Result
from harness.telemetry import spans


def a_planner(**known: Any) -> Result:
    """A trial of an agent that hands work to two others, one of which orders something."""
    trace = a_trace(
        "Done.",
        steps=[
            a_model_call(id="m1", t0=0.0, t1=0.1),
            a_call("invoke_reporter", id="c1", agent="planner", t0=0.1, t1=0.5),
            a_model_call(id="m2", agent="reporter", parent="c1", t0=0.2, t1=0.3, cost_usd=0.25),
            a_call(
                "submit_order", {"symbol": "VTI", "token": "t-1"}, id="c2", agent="trader", parent="c1", t0=0.3, t1=0.4
            ),
        ],
        duration_s=0.6,
        artifacts={"jobs": [{"id": "job-7", "clerk_user_id": "ann"}], "ledger": {"accounts": [{"total_value": 5.0}]}},
        guardrails=({"name": "conduct", "passed": True, "at_s": 0.45},),
        interrupts=({"id": "i1", "question": "Buy?", "answer": "yes", "asked_s": 0.31, "answered_s": 0.32},),
    )
    return a_result(job=a_job(a_case(agent="planner"), variant="planner"), outcome=an_outcome(trace=trace), **known)


def names(result: Result) -> list[str]:
    """The events of a trial, in order."""
    return [entry["event"] for entry in trial_entries(a_manifest(), result)]


def test_the_events_come_in_the_order_of_time() -> None:
    assert names(a_planner()) == [
        "ANALYSIS_TRIGGERED", "PLANNER_STARTED", "AGENT_INVOKED", "AGENT_INVOKED", "TOKEN_USAGE", "ACTION_TAKEN", "TOKEN_USAGE",
        "HUMAN_ASKED", "HUMAN_ANSWERED", "GUARDRAIL_RESULT", "AI_DECISION", "PLANNER_COMPLETED",
    ]  # fmt: skip
    times = [entry["time"] for entry in trial_entries(a_manifest(), a_planner())]
    assert times == sorted(times)
    assert set(names(a_planner())) <= set(EVENTS)


def test_ids_are_those_of_the_spans() -> None:
    manifest, result = a_manifest(), a_planner()
    known = {(span.trace_id, span.span_id) for span in spans(manifest, result)}

    for entry in trial_entries(manifest, result):
        assert (entry["trace_id"], entry["span_id"]) in known, entry["event"]
        assert (entry["job_id"], entry["run"]) == ("job-7", manifest.id)


def test_users_are_pseudonyms_of_the_key() -> None:
    made = trial_entries(a_manifest(), a_planner(), pseudonyms=Pseudonyms(b"k"))

    assert {entry["user"] for entry in made} != {entry["user"] for entry in trial_entries(a_manifest(), a_planner())}
    assert "'ann'" not in repr(made)


def test_what_was_ordered_is_there_and_its_token_is_not() -> None:
    action = next(entry for entry in trial_entries(a_manifest(), a_planner()) if entry["event"] == "ACTION_TAKEN")

    assert action["agent"] == "trader"
    assert action["details"]["args"] == {"symbol": "VTI", "token": "[secret]"}


def test_decision_hashes_are_of_what_was_asked_and_answered() -> None:
    made = next(entry for entry in trial_entries(a_manifest(), a_planner()) if entry["event"] == "AI_DECISION")[
        "details"
    ]

    assert made["input_hash"] == content_hash("What do I own?")
    assert made["output"] == {"type": "str", "size_bytes": len('"Done."'), "hash": content_hash("Done.")}
    assert made["duration_ms"] == 600


@pytest.mark.parametrize(
    ("known", "result"),
    [
        ({"verdicts": (a_verdict(True),)}, "PASS"),
        ({"verdicts": (a_verdict(True), a_verdict(False)), "status": "failed"}, "FAIL"),
        ({"verdicts": (a_verdict(True), a_verdict(False, severity="minor"))}, "PASS"),
        ({"verdicts": (a_verdict(None),), "status": "undecided"}, "UNDECIDED"),
    ],
)
def test_compliance_is_that_of_the_verdicts(known: dict[str, Any], result: str) -> None:
    status = known.pop("status", "passed")
    one = a_result(status, **known)
    made = next(entry for entry in trial_entries(a_manifest(), one) if entry["event"] == "AI_DECISION")

    assert made["details"]["compliance"]["result"] == result


def test_a_guardrail_that_objected_flags_what_passed() -> None:
    trace = a_trace("no", guardrails=({"name": "injection", "passed": False, "reason": "an order"},))
    one = a_result(outcome=an_outcome(trace=trace), verdicts=(a_verdict(True),))

    made = next(entry for entry in trial_entries(a_manifest(), one) if entry["event"] == "AI_DECISION")

    assert made["details"]["compliance"] == {"result": "FLAGGED", "passed": ["contains"], "failed": ["injection"]}


def test_an_agent_that_failed_complies_with_nothing() -> None:
    one = a_result("failed", outcome=an_outcome(status="timed_out"), verdicts=())

    made = {entry["event"]: entry.get("details", {}) for entry in trial_entries(a_manifest(), one)}

    assert made["AGENT_FAILED"]["status"] == made["AGENT_COMPLETED"]["status"] == "timeout"
    assert made["AI_DECISION"]["compliance"]["result"] == "FAIL"


def test_the_agents_own_entries_are_taken_over_but_not_the_logs() -> None:
    own = [
        {"event": "CLASSIFICATION_RATIONALE", "symbol": "VTI", "rationale": "broad", "timestamp": "2026-11-20"},
        {"event": "LOG_PRUNED", "to_seq": 1}, {"event": "no event"}, "nonsense", {"event": 7},
    ]  # fmt: skip
    one = a_result(outcome=an_outcome(trace=a_trace("ok", artifacts={"audit": own})))

    (made,) = [entry for entry in trial_entries(a_manifest(), one) if entry["event"] == "CLASSIFICATION_RATIONALE"]

    assert made["details"] == {"symbol": "VTI", "rationale": "broad", "said_time": "2026-11-20"}


def test_a_trial_without_anything_still_has_a_beginning_and_an_end() -> None:
    one = a_result(outcome=an_outcome(trace=a_trace("", artifacts={"audit": None})), started_at="nonsense")

    assert names(one) == ["ANALYSIS_TRIGGERED", "AGENT_STARTED", "AI_DECISION", "AGENT_COMPLETED"]
