"""Keep a response within its size: text ends at a sentence, and JSON is never cut."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from harness.frozen import frozen
from harness.lazy import pattern

from .ruling import Breach, Ruling, closed

_ENDS = pattern(r"[.!?…][\"')\]]*(?=\s|\Z)|\n\n")
_FENCE = pattern(r"^```", 8)  # re.MULTILINE
CHARACTERS_PER_TOKEN: Final = 4
"""Estimate where no tokenizer is at hand."""

_TOO_LONG: Final = '{"error": "the response was too long and is withheld", "truncated": true}'


@frozen
class Limited(Ruling):
    """A response that may be sent."""

    text: str = ""
    """As it may be sent: whole, cut at a sentence, or in place of JSON an error object."""

    cut: bool = False
    """Whether something was left out."""

    is_json: bool = False
    """Whether the response was JSON."""

    characters: int = 0
    """Length of the response as it was given."""

    @property
    def tokens(self) -> int:
        """Estimated tokens of the response as it was given."""
        return estimated_tokens(self.characters)


def estimated_tokens(characters: int) -> int:
    """Tokens of so many characters, about."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


@closed(Limited)
def limit_response(response: Any, *, max_chars: int | None = 20_000, max_tokens: int | None = None) -> Limited:
    """Make a response fit: never raises, never cuts JSON, never cuts inside a fenced block or a word.

    A text that is too long is cut after its last whole sentence that fits, and flagged (`response-cut`, a warning). JSON that is
    too long is withheld whole (`json-too-long`, which blocks), and JSON that arrives cut blocks as well (`json-cut`).
    """
    limits = [
        one for one in (max_chars, None if max_tokens is None else max_tokens * CHARACTERS_PER_TOKEN) if one is not None
    ]
    limit = min(limits, default=None)
    text = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False, allow_nan=False)
    kind = json_state(text) if isinstance(response, str) else "whole"
    known: dict[str, Any] = {"characters": len(text), "is_json": kind != "none"}
    if kind == "cut":
        breach = Breach("json-cut", "block", "the response is JSON that ends before its end")
        return Limited((breach,), text=_TOO_LONG, cut=True, **known)
    if limit is None or len(text) <= limit:
        return Limited((), text=text, **known)
    if kind == "whole":
        breach = Breach(
            "json-too-long", "block", f"the JSON has {len(text):,} characters, at most {limit:,} may be sent"
        )
        return Limited((breach,), text=_TOO_LONG, cut=True, **known)
    shorter = shorten_text(text, limit)
    message = f"the text has {len(text):,} characters, at most {limit:,} may be sent; {len(text) - len(shorter):,} are left out"
    return Limited(
        (Breach("response-cut", "warn", message, (len(shorter), len(text))),), text=shorter, cut=True, **known
    )


def json_state(text: str) -> str:
    """Whether a text is `whole` JSON, JSON that was `cut`, or `none` at all."""
    start = text.lstrip()[:1]
    if start not in {"{", "["}:
        return "none"
    try:
        json.loads(text)
    except RecursionError:
        return "whole" if _closes(text) else "cut"
    except ValueError:
        return "cut" if _opens_json(text) and not _closes(text) else "none"
    return "whole"


def _opens_json(text: str) -> bool:
    """Whether a text begins as JSON does, and not as a text in brackets."""
    inside = text.lstrip()[1:].lstrip()[:1]
    return inside in {'"', "{", "[", "}", "]", ""} or inside.isdigit() or inside == "-"


def _closes(text: str) -> bool:
    """Whether every bracket and string that a text opens is closed."""
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
    return depth <= 0 and not inside


def shorten_text(text: str, limit: int) -> str:
    """The longest start of a text within a limit that ends with a sentence, outside of fenced blocks."""
    if len(text) <= limit:
        return text
    head = text[: max(0, limit)]
    fences = [match.start() for match in _FENCE.finditer(head)]
    if len(fences) % 2:  # the limit lies inside a block, which would be cut
        head = head[: fences[-1]]
    ends = [match.end() for match in _ENDS.finditer(head)]
    if ends and head[ends[-1] :].strip() and ends[-1] >= len(head) // 4:
        head = head[: ends[-1]]
    elif head and not head[-1].isspace() and text[len(head) : len(head) + 1].strip():
        head = head[: head.rfind(" ")] if " " in head else ""
    return head.rstrip()
