"""What an importer gives: planned trials with their outcomes, not graded yet."""

from __future__ import annotations

from harness.frozen import frozen
from harness.model import Job, Outcome


@frozen
class Recording:
    """Trials that somebody else ran."""

    trials: tuple[tuple[Job, Outcome], ...]
    """Each trial with its outcome."""

    origin: dict[str, str]
    """Where it comes from: file, hash, format."""
