"""Read an answer as a JSON document: the one the agent gave, or its whole text."""

from __future__ import annotations

import json
from typing import Any

from harness.frozen import frozen
from harness.registry import Subject

from .wording import answered

_LIMIT = 16 << 20


@frozen
class Document:
    """An answer in JSON form, or why it has none."""

    value: Any = None
    """The document."""

    problem: str = ""
    """Why there is none; empty when there is one."""


def document(subject: Subject) -> Document:
    """The structured answer where the agent gave one, otherwise the whole text read as JSON."""
    if subject.structured is not None:
        return Document(subject.structured)
    return parse(subject.text)


def parse(text: str) -> Document:
    """Read a text as strict JSON: no prose around it, no NaN, no key twice."""
    if not text.strip():
        return Document(problem="the answer is empty")
    if len(text) > _LIMIT:
        return Document(problem="the answer is larger than 16 MiB")
    try:
        return Document(json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return Document(problem=f"{answered(text)} is not JSON ({error.msg.lower()} at {place})")
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        return Document(problem=f"{answered(text)} is not JSON that can be relied on ({why})")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} occurs twice")
    return made
