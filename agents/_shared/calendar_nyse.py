"""When the New York exchange is open: every session from 2018 to 2030 with its hours in UTC, early closes included."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from harness.errors import UserError

TABLE: Final = Path(__file__).parent.parent / "data" / "calendar.csv"


class Session(NamedTuple):
    """One day of trading."""

    day: date
    """Its date in New York."""

    opens: datetime
    """First moment at which orders are filled."""

    closes: datetime
    """First moment at which they no longer are."""


class Calendar:
    """The sessions of some years. A day outside of them is an error, never a guess."""

    def __init__(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        self._rows = rows
        self._days = [day for day, _, _ in rows]

    @property
    def first(self) -> date:
        """The first session known."""
        return date.fromisoformat(self._days[0])

    @property
    def last(self) -> date:
        """The last session known."""
        return date.fromisoformat(self._days[-1])

    def session(self, day: date) -> Session | None:
        """The session of a day; None on weekends and holidays."""
        place = bisect_left(self._days, self._known(day))
        if place < len(self._days) and self._days[place] == day.isoformat():
            return self._at(place)
        return None

    def is_open(self, moment: datetime) -> bool:
        """Whether orders are filled at that moment."""
        found = self.session(moment.astimezone(UTC).date())
        return found is not None and found.opens <= moment < found.closes

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself while the exchange is open, otherwise the next opening."""
        moment = moment.astimezone(UTC)
        place = bisect_left(self._days, self._known(moment.date()))
        while place < len(self._days):
            found = self._at(place)
            if moment < found.closes:
                return max(moment, found.opens)
            place += 1
        raise UserError(f"no session is known after {self.last}", remedy="choose an earlier `as_of`")

    def on_or_before(self, day: date) -> Session:
        """The session of a day, or the last one before it."""
        return self._at(bisect_right(self._days, self._known(day)) - 1)

    def on_or_after(self, day: date) -> Session:
        """The session of a day, or the first one after it."""
        place = bisect_left(self._days, self._known(day))
        if place == len(self._days):
            raise UserError(f"no session is known after {self.last}", remedy="choose an earlier day")
        return self._at(place)

    def sessions(self, first: date, last: date) -> int:
        """How many sessions there are from one day to another, both included."""
        return bisect_right(self._days, self._known(last)) - bisect_left(self._days, self._known(first))

    def _known(self, day: date) -> str:
        text = day.isoformat()
        if not self._days[0] <= text <= f"{self._days[-1][:4]}-12-31":
            raise UserError(
                f"{text} is outside the exchange calendar",
                remedy=f"choose a day from {self._days[0]} to {self._days[-1]}",
            )
        return text

    def _at(self, place: int) -> Session:
        day, opens, closes = self._rows[place]
        return Session(date.fromisoformat(day), _moment(day, opens), _moment(day, closes))


@cache
def calendar() -> Calendar:
    """The stored calendar."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return Calendar(tuple((line[:10], line[11:16], line[17:22]) for line in lines))


def _moment(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+00:00")
