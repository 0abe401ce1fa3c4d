"""A trail that verifies and tells the truth passes; any other says where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from builders import a_call, a_case, a_check, a_model_call, a_subject, conclude

from harness.audit import AuditLog
from harness.shape import MisfitsError

STEPS = [a_model_call(tokens=(100, 20)), a_call("get_price"), a_call("submit_order", {"symbol": "VTI"})]
ASKED = ({"question": "Buy?", "answer": "yes"},)


def a_log(**changes: Any) -> AuditLog:
    """The log of an agent that asked, ordered and answered."""
    known = {"input": "What do I own?", "output": "done", "model": "offline", "checks": {"conduct": True}, **changes}
    log = AuditLog(policy_version="7")
    log.event("ANALYSIS_TRIGGERED")
    log.event("HUMAN_ASKED")
    log.event("HUMAN_ANSWERED", answer="yes")
    log.event("ACTION_TAKEN", tool="submit_order")
    log.usage(input_tokens=100, output_tokens=20)
    log.decide(**known)
    return log


def judged(entries: Any, *, check: Any = None, **known: Any) -> Any:
    """What the check concludes about a trial with this trail."""
    known = {"steps": STEPS, "interrupts": ASKED, "guardrails": ({"name": "conduct", "passed": True},), **known}
    artifacts = {} if entries is None else {"audit_trail": entries}
    subject = a_subject("done", case=a_case(), artifacts=artifacts, **known)
    return conclude(check or a_check("finance:audit-trail"), subject)


def lines(log: AuditLog) -> list[str]:
    """The lines of a log."""
    return list(log.lines)


def test_a_true_trail_passes_as_lines_and_as_entries() -> None:
    log = a_log()

    assert judged(lines(log)).passed is True
    assert judged([json.loads(line) for line in log.lines]).passed is True


@pytest.mark.parametrize("entries", [None, [], {}, "nothing", 7])
def test_no_trail_fails_under_not_too(entries: Any) -> None:
    found = judged(entries)

    assert (found.passed, found.negatable) == (False, False)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda found: found[2].update(event="HUMAN_DENIED"), "entry 3: the entry was changed"),
        (lambda found: found.pop(3), "entry 4: entry 4 is missing"),
        (lambda found: found.insert(2, found[2]), "entry 4: entry 3 stands here a second time"),
        (lambda found: found.reverse(), "belongs here"),
        (lambda found: found.append("nonsense"), "not JSON"),
    ],
)
def test_tampering_is_named(change: Callable[[list[Any]], Any], problem: str) -> None:
    entries = [json.loads(line) for line in a_log().lines]
    change(entries)

    found = judged(entries)

    assert found.passed is False
    assert problem in found.reason


@pytest.mark.parametrize(
    ("log", "known", "problem"),
    [
        (lambda: a_log(input="Something else"), {}, "hash of the input"),
        (lambda: a_log(output="other"), {}, "output's hash"),
        (lambda: a_log(model=""), {}, "names no model"),
        (
            lambda: a_log(checks={"conduct": True}),
            {"guardrails": ({"passed": False},)},
            "a guardrail objected, and compliance is",
        ),
        (lambda: a_log(checks={"conduct": True}), {"guardrails": ({"passed": None},)}, "could not decide"),
        (lambda: a_log(checks={}), {}, "NOT_CHECKED"),
        (a_log, {"steps": STEPS[:2]}, "actions in the trail"),
        (a_log, {"interrupts": ()}, "1 questions and 1 answers"),
        (
            a_log,
            {"steps": [a_model_call(tokens=(100, 21)), *STEPS[1:]]},
            "the trail has 120 tokens, the trial used 121",
        ),
    ],
)
def test_what_is_not_true_of_the_trial_is_named(
    log: Callable[[], AuditLog], known: dict[str, Any], problem: str
) -> None:
    found = judged(lines(log()), **known)

    assert found.passed is False
    assert problem in found.reason


def test_an_action_before_its_consent_is_named() -> None:
    log = AuditLog()
    for event, details in (("ACTION_TAKEN", {"tool": "submit_order"}), ("HUMAN_ASKED", {}), ("HUMAN_ANSWERED", {})):
        log.event(event, **details)
    log.decide(input="What do I own?", output="done", model="offline", checks={"a": True})

    assert "before the answer that allowed it" in judged(lines(log)).reason


@pytest.mark.parametrize(
    ("parameters", "passed"),
    [
        ({"events": ["ANALYSIS_TRIGGERED", "ACTION_TAKEN", "AI_DECISION"]}, True),
        ({"events": ["ACTION_TAKEN", "ANALYSIS_TRIGGERED"]}, False),
        ({"events": ["PLANNER_STARTED"]}, False),
        ({"count": {"ACTION_TAKEN": 1, "AGENT_INVOKED": 0}}, True),
        ({"count": {"ACTION_TAKEN": 2}}, False),
        ({"compliance": "PASS"}, True),
        ({"compliance": "FAIL"}, False),
        ({"policy": "7"}, True),
        ({"policy": "8"}, False),
    ],
)
def test_what_the_suite_asks_for_besides(parameters: dict[str, Any], passed: bool) -> None:
    assert judged(lines(a_log()), check=a_check("finance:audit-trail", **parameters)).passed is passed


def test_a_trail_without_a_decision_fails() -> None:
    log = AuditLog()
    log.event("USER_LOGIN")

    assert "no AI_DECISION" in judged(lines(log)).reason


def test_names_that_are_no_events_are_refused() -> None:
    with pytest.raises(MisfitsError, match="no event"):
        judged([], check=a_check("finance:audit-trail", events=["login"]))
