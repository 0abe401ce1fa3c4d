"""Where the figures of an answer come from: facts in what the trial read, claims in what it said, and how they meet.

    facts = Facts.of([("s1", result), ("ledger", ledger)])
    for found in ground(claims(text), facts, user=Facts.of([("input", question)])):
        found.status    verbatim | rounded | unit_converted | derived | declared | derived_weak | from_user |
                        contradicted | ungrounded | not_checkable
        found.claim.figure.start, .end; found.fact.source, .path; found.note

This finds figures that come from nowhere, stand beside the wrong name, or do not follow from their formula. That a figure can be
computed does not make it the right one: docs/grounding.md says what was measured.
"""

from .claims import Claim, claims, figure_of, volume
from .facts import TEXT_LIMIT, Fact, Facts, Label
from .formula import Computed, compute
from .index import Index
from .match import GROUNDED, STATUSES, WRONG, Grounding, Status, ground
from .operations import Derived
from .words import words

__all__ = [
    "GROUNDED",
    "STATUSES",
    "TEXT_LIMIT",
    "WRONG",
    "Claim",
    "Computed",
    "Derived",
    "Fact",
    "Facts",
    "Grounding",
    "Index",
    "Label",
    "Status",
    "claims",
    "compute",
    "figure_of",
    "ground",
    "volume",
    "words",
]
