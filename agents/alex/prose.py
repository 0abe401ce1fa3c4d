"""What no text for a client may contain or lack, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_PROMISE: Final = re.compile(
    r"\b(?:guarantee[sd]?|risk[- ]free|cannot lose|can't lose|can not lose|no risk|sure thing|certain to|will definitely|"
    r"will certainly|is certain|never lose|promise[sd]?)\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(
    r"\b(?:no|not|nothing|never|none|cannot|neither|isn't|without)\b[^.;:\n]{0,60}$", re.IGNORECASE
)
_RESIDUE: Final = re.compile(
    r"(?:^|\n)\s*(?:let me\b|okay,|ok,|first, i\b|i need to\b|i will now\b|i'll now\b|hmm\b|<thinking>|thought:)", re.IGNORECASE
)  # fmt: skip


def promise(text: str) -> str | None:
    """The first words that promise a result; a denial such as `nothing is guaranteed` is none."""
    for match in _PROMISE.finditer(text):
        if not _DENIED.search(text[: match.start()]):
            return match[0]
    return None


def residue(text: str) -> str | None:
    """The first words of thinking aloud that were left in."""
    match = _RESIDUE.search(text)
    return match[0].strip() if match else None


def missing_sections(text: str, sections: Sequence[str]) -> list[str]:
    """Headings that the markdown lacks."""
    found = {line.lstrip("#").strip().lower() for line in text.splitlines() if line.startswith("#")}
    return [section for section in sections if section.lower() not in found]


def problem(text: str, sections: Sequence[str]) -> str | None:
    """What is wrong with a text for a client, or None."""
    if missing := missing_sections(text, sections):
        return f"the markdown lacks the sections {', '.join(missing)}"
    if words := promise(text):
        return f"nothing may be promised, but the text says {words!r}"
    if words := residue(text):
        return f"the text still has thinking aloud in it: {words!r}"
    return None
