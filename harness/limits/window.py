"""A weighted sliding window that is exact where it matters: at the provider's door."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

ARRIVES_S: Final = 2.0
"""A request that was sent has reached the provider after so many seconds, even if nothing has come back yet."""


@dataclass(slots=True)
class _Entry:
    weight: int
    sent: float | None = None
    expires: float | None = None


class Window:
    """Admits at most `limit` in any span of `seconds`.

    The provider counts a request when it arrives, and all that we know of that moment is that it lies between our sending it
    and the first byte of the reply. So a request counts from the moment that it was granted until `seconds` after the latest
    moment at which it can have arrived. Of all requests that arrive within one span, the one granted last was granted while
    all others still counted; so their weights fit the limit together.
    """

    def __init__(self, limit: int, seconds: float = 60.0) -> None:
        self.limit = limit
        self.seconds = seconds
        self._open: dict[int, _Entry] = {}
        self._flying: deque[_Entry] = deque()
        self._aging: deque[_Entry] = deque()
        self._total = 0

    def wait(self, weight: int, now: float) -> float | None:
        """Seconds until a weight fits: 0 at once, None when that depends on requests that are still under way."""
        self._sweep(now)
        excess = self._total + weight - self.limit
        if excess <= 0:
            return 0.0
        for entry in self._aging:
            excess -= entry.weight
            if excess <= 0:
                assert entry.expires is not None
                return max(entry.expires - now, 0.0)
        return None if not self._flying else max((self._flying[0].sent or now) + ARRIVES_S - now, 0.001)

    def take(self, number: int, weight: int) -> None:
        """Count a request that was granted."""
        self._open[number] = _Entry(weight)
        self._total += weight

    def sent(self, number: int, now: float) -> None:
        """It is on its way."""
        entry = self._open.get(number)
        if entry is not None and entry.sent is None and entry.expires is None:
            entry.sent = now
            self._flying.append(entry)

    def arrived(self, number: int, now: float) -> None:
        """The provider has it, for its reply has begun."""
        entry = self._open.get(number)
        if entry is not None and entry.expires is None:
            self._age(entry, now)

    def settle(self, number: int, weight: int | None, now: float) -> None:
        """It has ended; `weight` is what it really took, None what it was granted."""
        entry = self._open.pop(number, None)
        if entry is None:
            return
        if weight is not None and (entry.expires is None or entry.expires > now):
            self._total += weight - entry.weight
            entry.weight = weight
        if entry.expires is None:
            self._age(entry, now)

    def _age(self, entry: _Entry, arrived: float) -> None:
        entry.expires = arrived + self.seconds
        if self._aging and self._aging[-1].expires is not None:  # what expires first must stand first
            entry.expires = max(entry.expires, self._aging[-1].expires)
        self._aging.append(entry)

    def _sweep(self, now: float) -> None:
        while self._flying:
            first = self._flying[0]
            assert first.sent is not None
            if first.expires is None and now - first.sent < ARRIVES_S:
                break
            self._flying.popleft()
            if first.expires is None:
                self._age(first, first.sent + ARRIVES_S)
        while self._aging and (self._aging[0].expires or 0.0) <= now:
            self._total -= self._aging.popleft().weight
