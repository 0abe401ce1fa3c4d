"""Where the figures of an answer come from: facts in what the trial read, claims in what it said, and how they meet.

    facts = Facts.of([("s1", result), ("ledger", ledger)])
    for found in ground(claims(text), facts, user=Facts.of([("input", question)])):
        found.status    grounded | rounded | from_user | ungrounded | not_checkable

This finds figures that appear nowhere. It does not say that a figure is the right one for its sentence, and it derives nothing
but the totals of columns: a difference or a share that no source states is `ungrounded`.
"""

from .claims import Claim, claims
from .facts import TEXT_LIMIT, Fact, Facts
from .match import STATUSES, Grounding, Status, ground

__all__ = ["STATUSES", "TEXT_LIMIT", "Claim", "Fact", "Facts", "Grounding", "Status", "claims", "ground"]
