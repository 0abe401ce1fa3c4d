"""The time that an agent must take as now."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """A clock that stands at the case's date, or goes with the real one where the case names none."""

    def __init__(self, as_of: str | None = None) -> None:
        self._fixed = None if as_of is None else _moment(as_of)

    def now(self) -> datetime:
        """The moment, with its time zone; UTC where the case gives none."""
        return self._fixed or datetime.now(UTC)

    @staticmethod
    def monotonic() -> float:
        """Real seconds for measuring, unaffected by the case's date."""
        return time.monotonic()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
