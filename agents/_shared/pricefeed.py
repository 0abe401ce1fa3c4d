"""A price feed with a quota, as free market data have it: so many prices in any minute, and then none for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=1)


class PriceFeed:
    """Counts what was looked up in the last minute, on the trial's own clock."""

    def __init__(self, taken: list[datetime], *, most: int | None, now: Callable[[], datetime]) -> None:
        self._taken = taken
        self._now = now
        self.most = most
        """Prices in a minute; None for as many as anybody likes."""

    def wait_s(self) -> float:
        """Take one price: 0 when it may be looked up, else the seconds until the next one may be."""
        now = self._now()
        recent = [moment for moment in self._taken if now - moment < WINDOW]
        if self.most is not None and len(recent) >= self.most:
            # A quota of none at all is never free again; a minute is what can be said.
            return (recent[0] + WINDOW - now if recent else WINDOW).total_seconds()
        self._taken[:] = [*recent, now]
        return 0.0
