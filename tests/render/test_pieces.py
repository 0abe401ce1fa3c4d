"""Pieces of pages: data in them is never markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.pieces import Markup, chip, code, element, joined, nothing_here, style, text
from harness.story.words import STATUSES

ANYTHING = st.text(st.characters(exclude_categories=())) | st.text("<>&\"'`/=\x1b\u202e ")


class Seen(HTMLParser):
    """What a browser makes of markup."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@given(ANYTHING)
def test_text_stays_text(data):
    seen = Seen(element("p", data, title=data))

    assert [tag for tag, _ in seen.tags] == ["p"]
    assert list(seen.tags[0][1]) == ["title"]
    assert not {"\x1b", "\u202e"} & set("".join(seen.texts))


@given(st.lists(ANYTHING, max_size=4))
def test_pieces_join_as_what_they_are(parts):
    seen = Seen(joined([*parts, code("x"), None]))

    assert [tag for tag, _ in seen.tags] == ["code"]


def test_what_is_too_long_is_cut_and_says_so():
    assert len(text("x" * 1_000_000)) < 21_000
    assert text("x" * 1_000_000).endswith("… (+980000 characters)")


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        pytest.param("a", {"href": "javascript:alert(1)"}, id="script-link"),
        pytest.param("a", {"href": "https://e.vil"}, id="link-outside"),
        pytest.param("p", {"onclick": "x"}, id="handler"),
        pytest.param("img", {"src": "x"}, id="fetch"),
        pytest.param("p onclick=x", {}, id="name"),
    ],
)
def test_no_piece_can_act_or_fetch(name, attributes):
    with pytest.raises(ValueError, match=r"attribute|link|names no element"):
        element(name, **attributes)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_told_by_mark_and_word(status):
    assert Seen(chip(status)).texts == [STATUSES[status].mark, STATUSES[status].word]


def test_an_empty_state_names_what_helps():
    assert Seen(nothing_here("no results are stored yet", "run `finharness eval`")).texts == [
        "No results are stored yet.",
        "Next: run finharness eval",
    ]


def test_the_style_sheet_closes_nothing_early_and_fetches_nothing():
    sheet = str(style())

    assert sheet.count("</") == 1
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert isinstance(style(), Markup)
