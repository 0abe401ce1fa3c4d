"""Text shown to people cannot act, hide or pretend to be longer than it is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import one_line, shorten, visible

ANY = st.text(st.characters(exclude_categories=()))


@given(ANY)
def test_nothing_visible_is_a_control_or_a_surrogate(text):
    shown = visible(text)

    assert {unicodedata.category(character) for character in shown if character not in "\n\t"}.isdisjoint({"Cc", "Cs"})
    shown.encode()


@given(st.text(st.sampled_from(":\n \tab")))
def test_no_line_is_an_order_to_a_ci_runner(text):
    assert not any(line.lstrip().startswith("::") for line in visible(text).splitlines())


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters=":")))
def test_plain_text_is_left_alone(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred", "\\u001b[31mred", id="escape-sequence"),
        pytest.param("a\rb", "a\\u000db", id="overwriting"),
        pytest.param("a\r\nb", "a\nb", id="windows-line-end"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="reordered"),
        pytest.param("a\u200bb", "a\\u200bb", id="zero-width"),
        pytest.param("\ud800", "\\ud800", id="lone-surrogate"),
        pytest.param("  ::stop-commands::x", "  : :stop-commands::x", id="workflow-command"),
        pytest.param("a::b", "a::b", id="colons-inside"),
    ],
)
def test_what_is_hostile_is_written_out(text, shown):
    assert visible(text) == shown


@given(ANY, st.integers(1, 50))
def test_shortening_says_how_much_is_gone(text, limit):
    shown = shorten(text, limit)

    if len(text) <= limit:
        assert shown == text
    else:
        assert shown == f"{text[:limit]}… (+{len(text) - limit} characters)"


@given(ANY)
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
