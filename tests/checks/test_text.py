"""What the checks on words accept, refuse and say."""

from __future__ import annotations

import pytest
from builders import a_check, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError

ANSWER = "You hold VTI and BND.\nCash is part of the portfolio."


@pytest.mark.parametrize(
    ("kind", "params", "answer", "passed"),
    [
        pytest.param("equals", {"value": "42"}, " 42\n", True, id="equals-trims"),
        pytest.param("equals", {"value": "a\nb"}, "a\r\nb", True, id="equals-line-ends"),
        pytest.param("equals", {"value": "Yes"}, "yes", False, id="equals-case"),
        pytest.param("equals", {"value": "Yes", "ignore_case": True}, "yes", True, id="equals-ignore-case"),
        pytest.param("equals", {"value": 42}, "42.0", True, id="equals-number"),
        pytest.param("equals", {"value": True}, "1", False, id="equals-true-is-not-1"),
        pytest.param("equals", {"value": {"a": [1, 2]}}, '{"a": [1, 2.0]}', True, id="equals-json"),
        pytest.param("equals", {"value": {"a": [1, 2]}}, '{"a": [2, 1]}', False, id="equals-json-order"),
        pytest.param("contains", {"value": "VTI"}, ANSWER, True, id="contains"),
        pytest.param("contains", {"value": "vti"}, ANSWER, False, id="contains-case"),
        pytest.param("contains", {"value": "VTI"}, "", False, id="contains-empty"),
        pytest.param("icontains", {"value": "vti"}, ANSWER, True, id="icontains"),
        pytest.param("icontains", {"value": "STRASSE"}, "Hauptstraße 1", True, id="icontains-folds"),
        pytest.param("contains-any", {"value": ["GLD", "BND"]}, ANSWER, True, id="any"),
        pytest.param("contains-any", {"value": ["GLD", "bnd"]}, ANSWER, False, id="any-none"),
        pytest.param("contains-all", {"value": ["VTI", "BND"]}, ANSWER, True, id="all"),
        pytest.param("contains-all", {"value": ["VTI", "GLD"]}, ANSWER, False, id="all-but-one"),
        pytest.param("icontains-any", {"value": ["gld", "bnd"]}, ANSWER, True, id="iany"),
        pytest.param("icontains-all", {"value": ["vti", "bnd"]}, ANSWER, True, id="iall"),
        pytest.param("starts-with", {"value": "You"}, "  " + ANSWER, True, id="starts"),
        pytest.param("starts-with", {"value": "hold"}, ANSWER, False, id="starts-not"),
        pytest.param("regex", {"value": r"V\w+ and"}, ANSWER, True, id="regex"),
        pytest.param("regex", {"value": r"^Cash"}, ANSWER, False, id="regex-start-is-the-text's"),
        pytest.param("regex", {"value": r"(?m)^Cash"}, ANSWER, True, id="regex-flag"),
        pytest.param("regex", {"value": "vti", "ignore_case": True}, ANSWER, True, id="regex-case"),
        pytest.param("regex", {"value": "You", "whole": True}, ANSWER, False, id="regex-whole"),
        pytest.param("regex", {"value": r"\p{Sc}\d"}, "It costs €5", True, id="regex-unicode"),
    ],
)
def test_words(kind, params, answer, passed):
    finding = conclude(a_check(kind, **params), a_subject(answer))

    assert finding.passed is passed
    assert finding.reason
    assert "\n" not in finding.reason


@pytest.mark.parametrize(
    ("kind", "params", "path"),
    [
        pytest.param("equals", {"value": None}, ("value",), id="equals-nothing"),
        pytest.param("equals", {"value": 1, "ignore_case": True}, ("ignore_case",), id="equals-case-of-a-number"),
        pytest.param("regex", {}, (), id="regex-without-value"),
        pytest.param("contains", {"value": ""}, ("value",), id="contains-empty-text"),
        pytest.param("contains", {"value": 42}, ("value",), id="contains-number"),
        pytest.param("contains", {"valeu": "x"}, ("valeu",), id="contains-misspelt"),
        pytest.param("contains-any", {"value": []}, ("value",), id="any-of-nothing"),
        pytest.param("contains-all", {"value": ["a", ""]}, ("value", 1), id="all-with-an-empty-text"),
        pytest.param("starts-with", {"value": ""}, ("value",), id="starts-with-nothing"),
        pytest.param("regex", {"value": "(a"}, ("value",), id="regex-that-does-not-compile"),
        pytest.param("regex", {"value": "a" * 5000}, ("value",), id="regex-too-long"),
    ],
)
def test_parameters_that_can_never_work_are_refused_at_load_with_their_place(kind, params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check(kind, **params))

    assert path in [misfit.path for misfit in caught.value.misfits]


def test_evidence_points_at_the_words_found():
    finding = conclude(a_check("icontains", value="CASH"), a_subject(ANSWER))

    start, end = finding.evidence[0].span
    assert ANSWER[start:end] == "Cash"


def test_a_folded_text_of_another_length_gives_no_place():
    finding = conclude(a_check("icontains", value="strasse"), a_subject("Hauptstraße"))

    assert finding.passed is True
    assert finding.evidence == ()


def test_a_pattern_that_backtracks_without_end_is_undecided_and_named():
    finding = conclude(a_check("regex", value="^(a|aa)+$"), a_subject("a" * 5000 + "c"))

    assert finding.passed is None
    assert "^(a|aa)+$" in finding.reason


def test_unequal_text_says_where_it_differs():
    finding = conclude(a_check("equals", value="buy 10"), a_subject("buy 100"))

    assert finding.reason == "the answer 'buy 100', expected 'buy 10' (they differ from character 7)"


def test_an_answer_without_json_form_fails_a_structured_comparison_under_not_too():
    finding = conclude(a_check("equals", value={"a": 1}), a_subject("no json"))

    assert finding.passed is False
    assert finding.negatable is False


def test_missing_words_are_named_with_what_was_said():
    finding = conclude(a_check("contains-all", value=["VTI", "GLD", "TIP"]), a_subject("only VTI"))

    assert finding.reason == "the answer 'only VTI' does not have 'GLD', 'TIP'"


def test_hostile_answers_are_quoted_harmlessly():
    finding = conclude(a_check("contains", value="x"), a_subject("::error::\x1b[31mred"))

    assert "\x1b" not in finding.reason
