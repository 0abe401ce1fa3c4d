"""Which recordings belong to the running trial."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .deck import Deck

HERE: Final[ContextVar[Deck | None]] = ContextVar("deck", default=None)
"""The running trial's deck."""

JUDGED: Final[ContextVar[Deck | None]] = ContextVar("judged", default=None)
"""The deck of the trial that is being graded; judges outside of trials have none."""
