"""What the `number` check takes for the figure that was asked for."""

from __future__ import annotations

import pytest
from builders import a_check, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError


@pytest.mark.parametrize(
    ("params", "answer", "passed"),
    [
        pytest.param({"value": 1234.5}, "You own $1,234.50.", True, id="exact"),
        pytest.param({"value": 1234.5}, "You own $1,234.60.", False, id="other"),
        pytest.param({"value": 1_234_567}, "About $1.23M.", True, id="rounded-as-printed"),
        pytest.param({"value": 1_234_567}, "About $1.24M.", False, id="rounded-wrongly"),
        pytest.param({"value": 12_345}, "about $12k", False, id="too-coarse"),
        pytest.param({"value": 12_345, "tolerance": 500}, "about $12k", True, id="coarse-within-tolerance"),
        pytest.param({"value": 0.07}, "It is 0.07.", True, id="few-digits-but-all"),
        pytest.param({"value": -500}, "You lost (500) dollars", True, id="accountant's-minus"),
        pytest.param({"value": -500}, "You have 500 dollars", False, id="sign"),
        pytest.param({"value": 100, "relative": 0.05}, "roughly 104", True, id="relative"),
        pytest.param({"value": 100, "relative": 0.05}, "roughly 106", False, id="relative-exceeded"),
        pytest.param({"value": "12.5%"}, "It yields 12.5 %", True, id="text-value"),
        pytest.param({"value": "$12.50"}, "It yields 12.5 %", False, id="text-value-other-unit"),
        pytest.param({"value": 35, "unit": "bps"}, "The fee is 0.35%.", True, id="unit-converted"),
        pytest.param({"value": 12.5, "unit": "percent"}, "It costs $12.50", False, id="unit-other"),
        pytest.param({"value": 60}, "over 5", False, id="a-bound-is-no-figure-beyond-it"),
        pytest.param({"value": 3}, "1. Buy\n2. Hold\n3. Sell", False, id="list-numbers-are-no-figures"),
        pytest.param({"value": 5}, "", False, id="empty"),
    ],
)
def test_figures_in_text(params, answer, passed):
    finding = conclude(a_check("number", **params), a_subject(answer))

    assert finding.passed is passed
    assert finding.reason


def test_an_answer_of_absurd_length_is_not_searched_and_decides_nothing():
    assert conclude(a_check("number", value=5), a_subject("x" * 300_000)).passed is None


@pytest.mark.parametrize(
    ("params", "structured", "passed", "negatable"),
    [
        pytest.param({"value": 12.5, "path": "$.total"}, {"total": 12.5}, True, True, id="number"),
        pytest.param({"value": 12.5, "path": "total"}, {"total": "$12.50"}, True, True, id="text"),
        pytest.param({"value": 12.5, "path": "$.total"}, {"total": 12.6}, False, True, id="other"),
        pytest.param({"value": 2, "path": "$.rows[*].n"}, {"rows": [{"n": 1}, {"n": 2}]}, True, True, id="any-row"),
        pytest.param({"value": 3, "path": "$.rows[*].n"}, {"rows": [{"n": 1}, {"n": 2}]}, False, True, id="no-row"),
        pytest.param({"value": 1, "path": "$.total"}, {"total": True}, False, True, id="truth-value"),
        pytest.param({"value": 1, "path": "$.total"}, {"sum": 1}, False, False, id="missing"),
    ],
)
def test_figures_at_a_path(params, structured, passed, negatable):
    finding = conclude(a_check("number", **params), a_subject(structured=structured))

    assert (finding.passed, finding.negatable) == (passed, negatable)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        pytest.param({"value": "a lot"}, "value", id="no-figure"),
        pytest.param({"value": True}, "value", id="truth-value"),
        pytest.param({"value": 1, "tolerance": -1}, "tolerance", id="negative-tolerance"),
        pytest.param({"value": 1, "path": "$..a"}, "path", id="path"),
        pytest.param({"value": 1, "path": "$.a", "unit": "percent"}, "unit", id="unit-at-a-path"),
        pytest.param({"value": "$1", "unit": "percent"}, "unit", id="two-units"),
    ],
)
def test_parameters_that_can_never_work_are_refused(params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check("number", **params))

    assert caught.value.misfits[0].path[0] == path


def test_evidence_is_the_figure_and_the_reason_names_what_was_stated_instead():
    found = conclude(a_check("number", value=70), a_subject("VTI is 30 and BND is 70."))
    missed = conclude(a_check("number", value=55), a_subject("VTI is 30 and BND is 70."))

    assert found.evidence[0].note == "70"
    assert "it states 30, 70" in missed.reason
