"""Change what a model or an agent said, keeping its text and its JSON form in step."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

S = TypeVar("S")


def edit_json(said: S, change: Callable[[Any], Any]) -> S | None:
    """Change the JSON form of a `ModelReply` or `AgentReply`, and its text where that was the same JSON.

    Args:
        said: What was said.
        change: Takes the data and changes it in place, or gives back other data.

    Returns:
        The changed one; None (leave it as it is) where there is no JSON.
    """
    data = _data(said)
    if data is None:
        return None
    mine = copy.deepcopy(data)
    changed = change(mine)
    changed = mine if changed is None else changed
    text = getattr(said, "text", "")
    fields: dict[str, Any] = {}
    if getattr(said, "structured", None) is not None:
        fields["structured"] = changed
    if _read(text) is not None:
        fields["text"] = json.dumps(changed, ensure_ascii=False)
    return replace(said, **fields)  # type: ignore[type-var]  # both kinds are dataclasses


def edit_text(said: S, change: Callable[[str], str]) -> S | None:
    """Change the visible text of a `ModelReply` or `AgentReply`; None (leave it as it is) where there is none."""
    text = getattr(said, "text", "")
    return replace(said, text=change(text)) if text.strip() else None  # type: ignore[type-var]  # as above


def _data(said: Any) -> Any:
    structured = getattr(said, "structured", None)
    return _read(getattr(said, "text", "")) if structured is None else structured


def _read(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None
