"""A circuit breaker: who has failed too often lately is left alone for a while, then tried once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

State: TypeAlias = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after so many failures within a window; once it has been open long enough, one attempt decides what follows."""

    def __init__(
        self, now: Callable[[], datetime], *, failures: int = 3, window_s: float = 60, open_s: float = 30
    ) -> None:
        self._now = now
        self._limit = failures
        self._window = timedelta(seconds=window_s)
        self._pause = timedelta(seconds=open_s)
        self._failed: deque[datetime] = deque()
        self._opened: datetime | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """As it is now."""
        if self._opened is None:
            return "closed"
        return "half_open" if self._now() - self._opened >= self._pause else "open"

    def allows(self) -> bool:
        """Whether an attempt may be made; when half open, the first caller makes it and others wait for its end."""
        state = self.state
        if state == "half_open":
            if self._trying:
                return False
            self._trying = True
        return state != "open"

    def succeeded(self) -> None:
        """The attempt went well: close, and forget old failures."""
        self._failed.clear()
        self._opened, self._trying = None, False

    def failed(self) -> None:
        """The attempt failed: open when it was the trial one, or one too many."""
        now = self._now()
        self._failed.append(now)
        while self._failed and now - self._failed[0] > self._window:
            self._failed.popleft()
        if self._trying or len(self._failed) >= self._limit:
            self._opened, self._trying = now, False
