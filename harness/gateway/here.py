"""Where the running trial asks its model, for whatever must know it without a context."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .beside import Entrance

ENTRANCE: Final[ContextVar[Entrance | None]] = ContextVar("entrance", default=None)
"""The running trial's way to its gateway; None for trials without one."""
