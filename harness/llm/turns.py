"""Write a conversation as providers take it that want the user and the assistant to take turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .request import Message


def turns(messages: Sequence[Message], blocks_of: Callable[[Message], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Results of tools and what the user says next share one message."""
    written: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        if written and role == "user" and written[-1]["role"] == "user":
            written[-1]["content"].extend(blocks_of(message))
        else:
            written.append({"role": role, "content": blocks_of(message)})
    return written
