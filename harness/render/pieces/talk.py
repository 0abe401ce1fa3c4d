"""A conversation as it was: who said what."""

from __future__ import annotations

from collections.abc import Sequence

from .element import Markup, element, text

_LONG = 4_000


def talk(said: Sequence[tuple[str, str]]) -> Markup:
    """Messages of `user` and `agent`, as plain text; long ones folded."""
    return element("ol", *(_message(who, words) for who, words in said), class_="fh fh-talk")


def _message(who: str, words: str) -> Markup:
    body = element("pre", text(words or "(nothing)", 100_000))
    if len(words) > _LONG:
        body = element("details", element("summary", text(words[:300], 300), "…"), body)
    return element(
        "li",
        element("div", who.capitalize(), class_="fh-who"),
        body,
        class_=f"fh-said-{'user' if who == 'user' else 'agent'}",
    )
