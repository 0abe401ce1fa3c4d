"""The number guardrail as a production agent calls it."""

from __future__ import annotations

import json

import pytest

import harness.grounding
from harness.guardrails import check_numbers

TOOLS = [("prices", {"SPY": {"price": 450.25}, "BND": {"price": 72.49}})]


def test_a_figure_with_a_source_passes_and_names_it():
    report = check_numbers("SPY trades at $450.25.", TOOLS)

    assert report.ok
    assert report.as_json()["figures"][0] == {
        "text": "$450.25", "status": "verbatim", "span": [14, 21], "path": None, "source": "prices",
        "source_path": "$.SPY.price", "note": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("SPY trades at $999.99.", "$999.99 is contradicted: the source says 450.25"),
        ("Gold trades at $999.99.", "$999.99 is ungrounded"),
        ("SPY trades at $72.49.", "$72.49 is contradicted: the source says 450.25"),
    ],
)
def test_a_wrong_figure_blocks_with_a_reason_for_the_retry(answer, reason):
    report = check_numbers(answer, TOOLS)

    assert not report.ok
    assert report.reasons() == (reason,)


def test_figures_of_the_question_and_allowed_ones_need_no_source():
    answer = "Of your $50,000, $23,500 may go into the plan; SPY trades at $450.25."

    assert check_numbers(answer, TOOLS, question="I have $50,000.", allow=[23_500]).ok
    assert not check_numbers(answer, TOOLS, question="I have $50,000.").ok


def test_figures_without_any_source_are_blocked():
    report = check_numbers("SPY trades at $450.25.", {})

    assert not report.ok
    assert "no number to compare" in report.problem
    assert check_numbers("I do not know.", {}).ok


def test_a_crash_inside_blocks_and_says_so(monkeypatch):
    monkeypatch.setattr(harness.grounding, "ground", lambda *_, **__: 1 / 0)

    report = check_numbers("SPY trades at $450.25.", TOOLS)

    assert not report.ok
    assert "ZeroDivisionError" in report.reasons()[0]


@pytest.mark.parametrize(
    "answer", [None, 5, float("nan"), b"x", object(), {"a": float("inf")}, "\u202e$5\u200b0", [[[]]]]
)
def test_nonsense_is_judged_without_an_exception(answer):
    assert json.dumps(check_numbers(answer, TOOLS).as_json())
