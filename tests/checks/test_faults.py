"""How an agent bore what went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import a_check, a_subject, a_trace_of, an_outcome, conclude

from harness.registry import Finding


def struck(seam: str, kind: str, name: str = "quote", place: int = 0) -> tuple[str, dict[str, Any]]:
    return "fault", {"seam": seam, "kind": kind, "name": name, "call": 1, "fault": place}


def called(name: str, call: str, *, error: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    ended = {"id": call, "error": error} if error else {"id": call, "result": {"price": 1}}
    return [("tool_call", {"id": call, "name": name, "args": {"s": "A"}}), ("tool_result", ended)]


def asked(error: str | None = None, text: str = "hello", **more: Any) -> tuple[str, dict[str, Any]]:
    return "llm_call", {"model": "offline", "text": text, **({"error": error} if error else {}), **more}


def found(kind: str, *events: Any, **params: Any) -> Finding:
    trace = a_trace_of(*events)
    return conclude(a_check(kind, **params), replace(a_subject(), outcome=an_outcome(trace=trace)))


FAILED_TOOL = [*called("quote", "c1", error="timeout"), struck("tool", "timeout")]
FAILED_MODEL = [asked("rate_limit: no"), struck("model", "rate_limit", "offline")]


@pytest.mark.parametrize(
    ("events", "passed"),
    [
        pytest.param([*FAILED_TOOL, *called("quote", "c2")], True, id="tool-called-again"),
        pytest.param(FAILED_TOOL, False, id="tool-given-up"),
        pytest.param([*FAILED_TOOL, *called("other", "c2")], False, id="another-tool"),
        pytest.param([*FAILED_MODEL, asked(started_s=9)], True, id="model-asked-again"),
        pytest.param(FAILED_MODEL, False, id="model-given-up"),
        pytest.param([asked(text=""), struck("model", "empty"), asked(text="", started_s=9)], False, id="still-empty"),
        pytest.param([asked(text=""), struck("model", "empty"), asked(text="", stop_reason="tool_use", started_s=9)], True, id="asks-for-tools"),
        pytest.param([struck("tool", "stale"), *called("quote", "c1")], None, id="nothing-to-recover-from"),
        pytest.param([], None, id="no-fault"),
    ],
)  # fmt: skip
def test_what_was_struck_works_again(events: list[Any], passed: bool | None) -> None:
    assert found("fault:recovered", *events, ("text_done", {"text": "x"})).passed is passed


def test_only_the_seam_that_is_asked_about_is_looked_at() -> None:
    events = [*FAILED_TOOL, *FAILED_MODEL, asked(started_s=9)]

    assert found("fault:recovered", *events, seam="model").passed
    assert not found("fault:recovered", *events, seam="tool").passed


@pytest.mark.parametrize(
    ("params", "passed"),
    [
        pytest.param({"min": 2, "max": 2}, True, id="exactly"),
        pytest.param({"max": 1}, False, id="too-many"),
        pytest.param({"min": 3}, False, id="too-few"),
        pytest.param({"waits": [1, 2]}, True, id="waits"),
        pytest.param({"waits": [1]}, False, id="other-waits"),
        pytest.param({"max": 0, "name": "quote"}, True, id="another-name"),
    ],
)
def test_retries_and_waits_are_counted(params: dict[str, Any], passed: bool) -> None:
    events = [asked("rate_limit: no"), asked("rate_limit: no"), asked(), ("state", {"name": "waits", "value": [1, 2]})]

    assert found("fault:retries", *events, **params).passed is passed


def test_a_tool_called_again_with_equal_arguments_is_a_retry() -> None:
    assert found("fault:retries", *FAILED_TOOL, *called("quote", "c2"), min=1, max=1, name="quote").passed


@pytest.mark.parametrize(
    ("text", "params", "passed"),
    [
        pytest.param("The accounts could not be read just now.", {}, True, id="said"),
        pytest.param("AAPL is worth a lot.", {}, False, id="not-said"),
        pytest.param("I could not: HTTP 429.", {}, False, id="with-internals"),
        pytest.param("I could not: HTTP 429.", {"discreet": False}, True, id="internals-allowed"),
        pytest.param("Half of it was filled.", {"says": ["half", "part"]}, True, id="own-words"),
        pytest.param("It could not be done.", {"says": "half"}, False, id="other-words"),
    ],
)
def test_the_answer_says_that_something_did_not_work(text: str, params: dict[str, Any], passed: bool) -> None:
    assert found("fault:disclosed", struck("tool", "timeout"), ("text_done", {"text": text}), **params).passed is passed


def test_without_a_fault_there_was_nothing_to_say() -> None:
    assert found("fault:disclosed", ("text_done", {"text": "fine"})).passed is None


@pytest.mark.parametrize(
    ("events", "passed"),
    [
        pytest.param([("text_done", {"text": "sorry"}), ("state", {"name": "jobs", "value": [{"status": "failed"}]})], True, id="failed"),
        pytest.param([("text_done", {"text": "sorry"}), ("state", {"name": "jobs", "value": [{"status": "running"}]})], False, id="running"),
        pytest.param([("text_done", {"text": "sorry"}), ("state", {"name": "jobs", "value": {"status": "odd"}})], False, id="unknown"),
        pytest.param([("text_done", {"text": " "})], False, id="no-answer"),
        pytest.param([("tool_call", {"id": "c", "name": "t"}), ("text_done", {"text": "x"})], False, id="open-call"),
        pytest.param([("text_done", {"text": "x"})], True, id="no-jobs"),
    ],
)  # fmt: skip
def test_the_trial_came_to_a_proper_end(events: list[Any], passed: bool) -> None:
    assert found("fault:terminal", *events).passed is passed
