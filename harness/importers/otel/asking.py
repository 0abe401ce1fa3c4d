"""Find what a trace was asked and what it answered: outermost spans first, because inner ones speak to machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .forest import Node
from .spoken import last_text, read_in, read_out

_SHOWN = re.compile(r"\w{3,60}\(\w+=")
_SPEAKERS = frozenset({"agent", "chain", "other"})


def question_of(roots: Sequence[Node], models: Sequence[Node]) -> str:
    """The user's words; empty where no span has them."""
    for node in _outermost(roots):
        asked = last_text(read_in(node.span), "user")
        if asked and not _is_dump(asked):
            return asked
    return next((asked for node in models if (asked := last_text(read_in(node.span), "user"))), "")


def answer_of(roots: Sequence[Node], models: Sequence[Node]) -> str:
    """The last words of the agent; empty where no span has them."""
    for node in _outermost(roots, last_first=True):
        answer = last_text(read_out(node.span), "assistant")
        if answer and not _is_dump(answer):
            return answer
    ended = sorted(models, key=lambda node: node.span.end_s or 0.0, reverse=True)
    return next((answer for node in ended if (answer := last_text(read_out(node.span), "assistant"))), "")


def _outermost(roots: Iterable[Node], *, last_first: bool = False) -> Iterator[Node]:
    """Agents and what is around them, level by level, the largest root first; nothing below a tool or a model."""
    level = sorted(roots, key=lambda node: -sum(1 for _ in node.below()))
    while level:
        if last_first:
            level.sort(key=lambda node: node.span.end_s or 0.0, reverse=True)
        yield from (node for node in level if node.kind in _SPEAKERS)
        level = [child for node in level if node.kind in _SPEAKERS for child in node.children]


def _is_dump(text: str) -> bool:
    """Whether this is an object shown by a program rather than words."""
    if _SHOWN.match(text):
        return True
    return text[:120].startswith(("<", "{", "[{")) and text.rstrip()[-1:] in ">}]"
