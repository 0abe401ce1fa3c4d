"""The source documents' guardrails do what the documents say, and the scorecard counts them beside ours."""

from __future__ import annotations

import json

import pytest

from harness.cli import main
from harness.detection.cardreport import ahead, markdown
from harness.detection.scorecard import Count, Row, scorecard, variants
from harness.guardrails.sources import app, guide


@pytest.fixture(scope="module")
def rows():
    return {(row.subject, row.question): row for row in scorecard()}


def test_chart_verdicts_are_those_that_the_reference_design_names(rows):
    row = rows["charts", "wrong charts refused"]

    assert (str(row.guide), str(row.app)) == ("5 of 22", "3 of 22")
    assert row.ours.found >= 21
    assert str(rows["charts", "the application's own valid charts refused"].guide) == "1 of 1"


def test_sanitiser_catches_one_phrase_and_blocks_harmless_texts(rows):
    assert rows["input", "injections caught by the text alone"].guide == Count(1, 16)
    assert rows["input", "harmless texts blocked or flagged"].guide.found >= 6


def test_ours_is_behind_in_nothing(rows):
    assert ahead(list(rows.values())) == ()


def test_five_hundred_paths_do_not_see_what_common_random_numbers_do(rows):
    row = next(row for (subject, _), row in rows.items() if subject == "simulation")

    assert row.guide.found < row.ours.found == row.ours.of == 4


def test_row_in_which_a_source_is_better_is_found():
    row = Row("charts", "refused", "all", Count(5, 22), None, Count(4, 22))

    assert ahead([row]) == (row,)
    assert "| charts | refused | all | 5 of 22 | – | 4 of 22 |" in markdown([row])


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"charts": [{"type": "pie", "data": [{"name": "A", "value": 1}]}]}', True),
        ('{"charts": [{"type": "pie", "data": [{"name": "A"}]}]}', False),
        ('{"charts": [{"type": "bar", "data": [{"name": "A", "value": 1}]}]}', False),
        ('{"charts": [{"type": "radar", "data": []}]}', True),
        ('{"charts": {}}', False),
        ('{"charts": [5]}', False),
        ("[]", False),
        ("not json", False),
    ],
)
def test_guides_validator_wants_name_and_value_in_pies_and_category_in_bars(text, valid):
    assert guide.validate_charts(text).valid is valid


def test_guides_other_rules_are_the_documents():
    assert guide.sanitize("My SYSTEM: a spreadsheet") == "[INVALID INPUT DETECTED]"
    assert guide.sanitize("What do I own?") == "What do I own?"
    assert guide.truncate("x" * 50_001).endswith("[Response truncated due to length]")
    assert guide.truncate("x" * 50_000) == "x" * 50_000
    assert [guide.valid_symbol(one) for one in ("AAPL", "BRK.B", "GOOGLE")] == [True, False, False]
    assert guide.output_quality("I cannot recommend anything. " * 40) == 1.0
    assert guide.output_quality("x" * 900) == 0.5


def test_assistants_rule_executes_on_parts_of_words():
    said = {
        text: app.confirmed(text)
        for text in ("don't execute", "look at the price first", "what broker is this?", "yes, do it now")
    }

    assert said == {
        "don't execute": "yes", "look at the price first": "yes", "what broker is this?": "yes", "yes, do it now": "no",
    }  # fmt: skip


def test_application_reads_charts_inside_prose_and_breaks_on_an_object():
    assert list(app.parse_charts('So: {"charts": [{"key": "a", "type": "pie"}]} Done.')) == ["a"]
    with pytest.raises(AttributeError):
        app.parse_charts('{"charts": {"a": {}}}')
    with pytest.raises(ValueError, match="no charts"):
        app.parse_charts('{"charts": []}')


def test_every_variant_is_another_text_than_the_valid_one():
    texts = [text for _, text in variants()]

    assert len(set(texts)) == len(texts) == 23


def test_command_prints_the_table_and_writes_it(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harness.toml").write_text("", encoding="utf-8")

    assert main(["mutate", "--scorecard", "--json", "card.json", "--md", "card.md"]) == 0

    assert "5 of 22" in capsys.readouterr().out
    assert json.loads((tmp_path / "card.json").read_text())[0]["guide"] == {"found": 5, "of": 22}
    assert "# Guardrail scorecard" in (tmp_path / "card.md").read_text()
