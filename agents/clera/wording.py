"""The last look at an answer: never empty, never about the machinery behind it, and open about what failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

EMPTY: Final = "I could not put together an answer to that. Could you say it in other words?"

_INTERNAL: Final = re.compile(
    r"transfer_to_\w+|\b\w+_(?:agent|order|price|summary|instructions|activities|performance|search)\b"
    r"|\bsub-?agents?\b|\bsupervisor\b|\b(?:portfolio|analyst|trade|trader|research|execution) agents?\b"
    r"|\btool calls?\b|\bsystem prompt\b|\bTraceback\b|\b\w+Error\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"(])")


class Cleared(NamedTuple):
    """An answer that may be shown."""

    text: str
    """The answer."""

    dropped: int
    """Sentences about the machinery that were left out."""


def clear(text: str, disclosures: Sequence[str]) -> Cleared:
    """Drop sentences that name agents, tools or errors; add disclosures that are missing; never return nothing."""
    kept, dropped = [], 0
    for line in text.strip().splitlines():
        sentences = [part for part in _SENTENCE.split(line) if part]
        good = [part for part in sentences if not _INTERNAL.search(part)]
        dropped += len(sentences) - len(good)
        if good or not line.strip():
            kept.append(" ".join(good))
    body = "\n".join(kept).strip()
    missing = [item for item in disclosures if item not in body]
    return Cleared("\n\n".join([*missing, body] if body else missing) or EMPTY, dropped)
