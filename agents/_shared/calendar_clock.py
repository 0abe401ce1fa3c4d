"""The time inside a trial: it stands still until something says that time has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

DEFAULT_HOUR = "15:30:00+00:00"
"""Time of day where a case gives only a date: an hour after the opening in winter."""


class WorldClock:
    """A clock that nobody waits for."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    @classmethod
    def at(cls, as_of: str | None, *, default: date) -> WorldClock:
        """Start where a case says: at a moment, on a day, or on the day of the reference data."""
        text = as_of or default.isoformat()
        moment = datetime.fromisoformat(f"{text}T{DEFAULT_HOUR}" if len(text) == len("2026-11-20") else text)
        return cls(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self._now

    def stamp(self) -> str:
        """The moment as text, such as `2026-11-20T15:30:00Z`."""
        return written(self._now)

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: for a negative or infinite span.
        """
        if not 0 <= seconds < 10**9:
            raise ValueError(f"time cannot pass by {seconds} seconds")
        self._now += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Go back to a moment, with everything else that goes back."""
        self._now = moment


def written(moment: datetime) -> str:
    """A moment in UTC as text."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
