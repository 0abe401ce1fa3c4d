"""Make any text safe to show to a person, a terminal or a CI log."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, bidirectional controls, zero-width characters, line separators, surrogates.
_HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_WORKFLOW_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_ELLIPSIS = "…"


def visible(text: str) -> str:
    """Replace every character that could move the cursor, hide or reorder text by its escape.

    A line that begins with `::` would be an order to a CI runner, so it gets a space between the colons.
    """
    if text.isascii() and text.isprintable() and "::" not in text:  # most text, and many times faster
        return text
    shown = _HOSTILE.sub(lambda match: f"\\u{ord(match[0]):04x}", text.replace("\r\n", "\n"))
    return _WORKFLOW_COMMAND.sub(r"\1: :", shown)


def shorten(text: str, limit: int = 200) -> str:
    """Cut text in the middle of nowhere but honestly: with an ellipsis and the number of characters left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}{_ELLIPSIS} (+{len(text) - limit} characters)"


def one_line(text: str, limit: int = 200) -> str:
    """Show text on one line: hostile characters escaped, white space folded, cut at `limit` characters."""
    return shorten(" ".join(visible(text).split()), limit)
