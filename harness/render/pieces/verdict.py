"""The verdict line of a trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.story.heading import Heading

from .element import Markup, element, joined
from .status import chip


def verdict_line(told: Heading, *, about: str = "", more: Iterable[tuple[str, str]] = ()) -> Markup:
    """Status, reason, and the figures beside it."""
    whose = f"fault of the {told.whose}" if told.whose in {"harness", "provider"} else ""
    head = element(
        "div",
        chip(told.status, whose and f"· {whose}"),
        element("span", told.trial, class_="soft"),
        element("span", told.repeats, class_="soft") if told.repeats else None,
        class_="fh-row",
    )
    return element(
        "div",
        head,
        element("p", told.sentence, class_="fh-sentence"),
        element("p", about, class_="soft") if about else None,
        figures((*told.facts, *more)),
        class_=f"fh fh-verdict fh-edge-{told.status}",
    )


def figures(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Labels with their figures, in as many columns as there is room for."""
    cells = [element("div", element("dt", label), element("dd", text)) for label, text in pairs]
    return element("dl", *cells, class_="fh-facts")


def contents(sections: Sequence[tuple[str, str]]) -> Markup:
    """Links to the sections of a page: anchor and title."""
    links = [element("a", title, href=f"#{anchor}") for anchor, title in sections]
    return element("nav", *links, class_="fh fh-contents", aria_label="Sections")


def section(anchor: str, title: str, *inside: object, about: str = "") -> Markup:
    """A part of a page with its heading."""
    head = element("h2", title)
    line = element("p", about, class_="soft") if about else None
    return element("section", head, line, joined(inside), id=anchor, class_="fh fh-section")
