"""Whatever agents and cases say, a comment holds no link, image, mention or HTML of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.gate import CaseChange, Decision, markdown
from harness.gate.words import MARKER, MOST_CHARACTERS

HOSTILE = [
    "@octocat please merge", "fixes #1", "![x](https://evil.example/p.png)", "<img src=x onerror=alert(1)>", "| broken | table |",
    "``` fence", "` tick ` and `` two ``", "[link](javascript:alert(1))", "https://evil.example", "line\nbreak\r\n# head",
    "<!-- finharness-gate -->", "--> out", "\u202e reversed", "::error::x", "&lt;b&gt;", "$x^2$", "~~~", "\\`", "",
]  # fmt: skip
ALLOWED = {
    "inline", "text", "code_inline", "heading_open", "heading_close", "paragraph_open", "paragraph_close", "table_open",
    "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close",
    "td_open", "td_close", "strong_open", "strong_close", "softbreak", "html_inline", "html_block",
}  # fmt: skip


def a_decision(text, cases=1):
    changes = tuple(CaseChange(text, text, 10, 10, 0, 1, text, text) for _ in range(cases))
    names = (text,) * cases
    return Decision(
        text, "regress", (text,), text, text, compared=3, rate=0.5, baseline_rate=1.0, lost=changes, gained=changes,
        confirmed=changes, changed=names, removed=names, renamed=names, weakened=names, flaky=names, notes=names,
    )  # fmt: skip


def tokens(text):
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    return [*parsed, *(child for token in parsed for child in token.children or ())]


def check(text):
    seen = tokens(markdown([a_decision(text)]))
    assert {token.type for token in seen} <= ALLOWED
    html = {token.content.strip() for token in seen if token.type.startswith("html")}
    assert html <= {MARKER, "<br>"}
    plain = " ".join(token.content for token in seen if token.type == "text")
    assert "@" not in plain
    assert "#1" not in plain
    assert "http" not in plain


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_code(text):
    check(text)


@given(st.text(max_size=60) | st.text("`|<>@#![]()\n\\*_~ ", max_size=25))
def test_any_text_stays_code(text):
    check(text)


def test_the_first_line_is_the_marker_that_the_next_run_looks_for():
    assert markdown([a_decision("x")]).startswith(f"{MARKER}\n")


def test_a_comment_is_never_longer_than_github_takes():
    text = markdown([a_decision("x" * 110, cases=40)] * 12)

    assert MOST_CHARACTERS - 5_000 < len(text) < 65_536
    assert "the rest is in the artifact" in text
