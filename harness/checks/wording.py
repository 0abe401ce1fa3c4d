"""Word a check's reasons: quote, count and place what was found, safely and on one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.model import Evidence, canonical
from harness.registry import MisfitsError
from harness.shape import Misfit, Path
from harness.text import one_line

_QUOTE_LIMIT = 80


def quoted(text: str, limit: int = _QUOTE_LIMIT) -> str:
    """Text in quotes, on one line and cut."""
    return f"'{one_line(text, limit)}'"


def shown(item: Any, limit: int = _QUOTE_LIMIT) -> str:
    """A JSON-like value as a reader writes it, on one line and cut."""
    if isinstance(item, str):
        return quoted(item, limit)
    try:
        return one_line(canonical(item), limit)
    except (TypeError, ValueError, RecursionError):
        return one_line(repr(item), limit)


def answered(text: str) -> str:
    """What the answer is, for a sentence about what it lacks."""
    return f"the answer {quoted(text)}" if text.strip() else "the answer is empty"


def count(number: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(items: Iterable[str], limit: int = 5) -> str:
    """Names separated by commas, the rest counted; `none` for no name."""
    names = [one_line(item, _QUOTE_LIMIT) for item in items]
    rest = len(names) - limit
    text = ", ".join(names[:limit]) or "none"
    return f"{text} and {rest} more" if rest > 0 else text


def at(start: int, end: int, note: str = "") -> tuple[Evidence, ...]:
    """Evidence in the answer's text."""
    return (Evidence(span=(start, end), note=note),)


def refuse(field: str | Path, problem: str, remedy: str) -> MisfitsError:
    """The error of a parameter that can never work, for a check's `__post_init__` to raise."""
    path = (field,) if isinstance(field, str) else field
    return MisfitsError([Misfit(path, problem, remedy)])
