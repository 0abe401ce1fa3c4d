"""A figure for the top of a page."""

from __future__ import annotations

from harness.frozen import frozen


@frozen
class Card:
    """One figure, with what it is of and what it says."""

    label: str
    """What it is."""

    value: str
    """The figure."""

    beside: str = ""
    """Its interval, or what it is of."""

    meaning: str | None = None
    """What it says, where its label does not."""
