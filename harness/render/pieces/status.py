"""Statuses and empty states: told by a mark and a word, the colour only helps."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.story.words import STATUSES

from .element import Markup, element

_STYLE = Path(__file__).parents[1] / "templates" / "look.css"


@cache
def sheet() -> str:
    """The style sheet that dashboard and report share."""
    return _STYLE.read_text(encoding="utf-8")


def style() -> Markup:
    """The style sheet as an element of a page."""
    return Markup(f"<style>{sheet()}</style>")


def chip(status: str, more: str = "") -> Markup:
    """A status: its mark, its word, and what else belongs to it."""
    known = STATUSES[status]
    words = f"{known.word} {more}" if more else known.word
    return element("span", element("span", known.mark, aria_hidden="true"), words, class_=f"fh-chip fh-{status}")


def mark_of(status: str) -> Markup:
    """A status as its mark alone, with the word for those who do not see it."""
    known = STATUSES[status]
    return element("span", known.mark, class_=f"fh-mark fh-{status}", title=known.word, aria_label=known.word)


def nothing_here(problem: str, remedy: str) -> Markup:
    """What is missing, and what helps."""
    said = f"{problem[:1].upper()}{problem[1:]}."
    return element(
        "div",
        element("strong", said),
        element("span", f"Next: {remedy.replace('`', '')}", class_="soft"),
        class_="fh fh-nothing",
        role="status",
    )
