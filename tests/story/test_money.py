"""Figures of an answer lead to where they come from, whatever the data is made of."""

import pytest
from builders import a_call, a_case, a_check, a_job, a_result, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.story.excerpt import excerpt
from harness.story.money import MOST_FIGURES, money
from harness.story.passage import MOST_TEXT, json_pieces, text_pieces

PORTFOLIO = {"total": 99437.5, "accounts": [{"name": "401(k) Retirement", "cash": 5000.0}], "fees": {"a.b [c]": 12.25}}


def told(answer, *, steps=(), structured=None, checks=None):
    case = a_case(checks=checks, input="I have $321.00 to spend")
    return money(a_result(job=a_job(case), outcome=an_outcome(answer, steps=steps, structured=structured)))


def figure(found, text):
    return next(item for item in found.figures if item.text == text)


def test_each_figure_has_its_status_and_source():
    found = told(
        "Worth $99,437.50, cash $5,000.00, not $7,777.00; you said $321.00.",
        steps=[a_call("sum", {"id": 1}, PORTFOLIO)],
    )

    assert {item.text: item.group for item in found.figures} == {
        "$99,437.50": "read", "$5,000.00": "read", "$7,777.00": "nowhere", "$321.00": "asked",
    }  # fmt: skip
    source = figure(found, "$5,000.00").sources[0]
    assert (source.step, source.tool, source.args, source.path) == ("s1", "sum", '{"id": 1}', "$.accounts[0].cash")
    assert source.excerpt.hit == "5000.0"
    assert '"name": "401(k) Retirement"' in source.excerpt.before


def test_pieces_put_together_are_the_answer():
    answer = "Worth $99,437.50,\nof which 5,000 is cash."
    found = told(answer, steps=[a_call("sum", {}, PORTFOLIO)])

    assert "".join(piece.text for piece in found.pieces) == answer
    assert [piece.text for piece in found.pieces if piece.figure] == [item.text for item in found.figures]


def test_json_answers_are_marked_in_place():
    structured = {"rows": [{"name": "Cash", "value": 5000.0}], "note": "In all $99,437.50."}
    found = told("", structured=structured, steps=[a_call("sum", {}, PORTFOLIO)])

    marked = {piece.text: piece.figure for piece in found.pieces if piece.figure}
    assert set(marked) == {"5000.0", "$99,437.50"}
    assert found.is_json


def test_sources_of_the_check_count_too():
    check = a_check("finance:grounded-numbers", sources={"profile": {"limit": 23500.0}}, allow=[777.0], artifacts=[])
    found = told("The limit is 23,500.00 and 777 is allowed.", steps=[a_call("sum", {}, PORTFOLIO)], checks=[check])

    assert figure(found, "23,500.00").sources[0].step == "profile"
    assert figure(found, "777").group == "asked"


def test_without_anything_read_nothing_is_called_wrong():
    found = told("Worth $99,437.50.")

    assert found.figures == ()
    assert "read no number" in found.problem


def test_absurd_answers_are_bounded():
    long = told("x $5.00 " * 40_000, steps=[a_call("sum", {}, PORTFOLIO)])
    many = told("cash $5,000.00\n" * 600, steps=[a_call("sum", {}, PORTFOLIO)])

    assert "too long" in long.problem
    assert sum(len(piece.text) for piece in long.pieces) < MOST_TEXT + 100
    assert len(many.figures) == MOST_FIGURES
    assert "of 600 figures" in many.problem


@pytest.mark.parametrize(
    ("path", "hit"),
    [
        pytest.param("$.total", "99437.5", id="key"),
        pytest.param("$.accounts[0].cash", "5000.0", id="index"),
        pytest.param("$.fees.a.b [c]", "12.25", id="key-with-signs"),
        pytest.param("$.accounts[*].cash", "", id="column-total"),
    ],
)
def test_an_excerpt_shows_the_place(path, hit):
    assert excerpt(PORTFOLIO, path).hit == hit


@pytest.mark.parametrize("path", ["$.none", "$.accounts[7]", "$[0]"])
def test_a_place_that_is_not_there_is_no_error(path):
    found = excerpt(PORTFOLIO, path)

    assert found is None or found.hit == ""


def test_a_figure_inside_a_text_is_shown_with_its_words():
    found = excerpt({"note": "The fund returned 12.5 % last year."}, "$.note@18")

    assert (found.before, found.hit) == ("The fund returned ", "12.5")


@given(
    st.text(st.characters(exclude_categories=("Cs",))),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5),
)
def test_any_cut_of_any_text_loses_nothing(text, spans):
    pieces = text_pieces(text, [(None, min(pair), max(pair)) for pair in spans if max(pair) <= len(text)])

    assert sum(len(piece.text) for piece in pieces) >= len(text.replace("\r\n", "\n"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_json_is_written(data):
    assert "".join(piece.text for piece in json_pieces(data, []))
