"""When an exchange is open: New York by its own rules, or any table of days. What is not known is closed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import Any, Final, Literal, TypeAlias

State: TypeAlias = Literal["open", "extended", "closed", "unknown"]

FIRST, LAST = 2013, 2040
"""Years for which New York's rules are known here; outside of them its state is unknown."""

_OPENS, _CLOSES, _EARLY = time(9, 30), time(16), time(13)
_BEFORE, _AFTER = time(4), timedelta(hours=4)

_MOURNING: Final = frozenset({date(2018, 12, 5), date(2025, 1, 9)})
"""Days of national mourning on which New York was closed, as of 2026-11-20."""


class Sessions:
    """The sessions of one exchange: day to its opening and closing in UTC, and the extended hours around them."""

    def __init__(
        self,
        table: Mapping[date, tuple[datetime, datetime]],
        *,
        shut: frozenset[date] | None = None,
        extended: bool = False,
    ) -> None:
        """Keep a table.

        Args:
            table: Opening and closing of each day.
            shut: Days known to be closed, where other days are unknown; None for New York, whose every other day is closed.
            extended: Whether there is trading before and after.
        """
        self._days = dict(table)
        self._shut = shut
        self._extended = extended
        self._opens = sorted(opens for opens, _ in self._days.values())

    @classmethod
    def nyse(cls) -> Sessions:
        """New York, 2013 to 2040."""
        return _nyse()

    @classmethod
    def of(cls, table: Mapping[Any, Any]) -> Sessions:
        """Read `{"2026-11-20": ["14:30", "21:00"], "2026-11-26": null}`, hours in UTC; days that are left out are unknown.

        Raises:
            ValueError: for a day or an hour that is none.
        """
        days: dict[date, tuple[datetime, datetime]] = {}
        shut: set[date] = set()
        for key, hours in table.items():
            day = date.fromisoformat(str(key)[:10])
            if hours is None:
                shut.add(day)
                continue
            if not isinstance(hours, list | tuple) or len(hours) != 2:
                raise ValueError(f"{day} has no [opening, closing]")
            opens, closes = (datetime.combine(day, time.fromisoformat(str(hour)), UTC) for hour in hours)
            if opens >= closes:
                raise ValueError(f"{day} closes before it opens")
            days[day] = (opens, closes)
        return cls(days, shut=frozenset(shut))

    def state(self, moment: datetime | None) -> State:
        """Whether orders are filled at a moment."""
        if moment is None or moment.tzinfo is None:
            return "unknown"
        day = moment.astimezone(_eastern(moment)).date() if self._shut is None else moment.astimezone(UTC).date()
        if self._shut is None and not FIRST <= day.year <= LAST:
            return "unknown"
        hours = self._days.get(day)
        if hours is None:
            return "closed" if self._shut is None or day in self._shut else "unknown"
        opens, closes = hours
        if opens <= moment < closes:
            return "open"
        before = opens - timedelta(hours=5, minutes=30)
        return "extended" if self._extended and before <= moment < closes + _AFTER else "closed"

    def next_open(self, moment: datetime) -> datetime | None:
        """The next opening after a moment; None when none is known."""
        place = bisect_right(self._opens, moment)
        return self._opens[place] if place < len(self._opens) else None

    def session(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing of a day; None where there is no session."""
        return self._days.get(day)


@cache
def _nyse() -> Sessions:
    days: dict[date, tuple[datetime, datetime]] = {}
    for year in range(FIRST, LAST + 1):
        closed, early = _holidays(year), _early_closes(year)
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() < 5 and day not in closed:
                days[day] = (_utc(day, _OPENS), _utc(day, _EARLY if day in early else _CLOSES))
            day += timedelta(days=1)
    return Sessions(days, extended=True)


def _holidays(year: int) -> frozenset[date]:
    new_year = date(year, 1, 1)
    days = {
        new_year + timedelta(days=1) if new_year.weekday() == 6 else new_year,  # a Saturday moves nowhere
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        _easter(year) - timedelta(days=2),
        _nth(year, 6, 0, 1) - timedelta(days=7),  # the last Monday of May
        _observed(date(year, 7, 4)),
        _nth(year, 9, 0, 1),
        _nth(year, 11, 3, 4),
        _observed(date(year, 12, 25)),
    }
    if year >= 2022:
        days.add(_observed(date(year, 6, 19)))
    return frozenset(days) | _MOURNING


def _early_closes(year: int) -> frozenset[date]:
    """Half days: before Independence Day, after Thanksgiving, on Christmas Eve."""
    found = {_nth(year, 11, 3, 4) + timedelta(days=1)}
    for eve in (date(year, 7, 3), date(year, 12, 24)):
        if eve.weekday() < 4:  # on a Friday the holiday itself is observed
            found.add(eve)
    return frozenset(found)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _utc(day: date, clock: time) -> datetime:
    hours = 4 if _nth(day.year, 3, 6, 2) <= day < _nth(day.year, 11, 6, 1) else 5
    return datetime.combine(day, clock, UTC) + timedelta(hours=hours)


def _eastern(moment: datetime) -> timezone:
    """New York's zone at a moment, near enough to tell its day: switches happen at night."""
    day = moment.astimezone(UTC).date()
    summer = _nth(day.year, 3, 6, 2) <= day < _nth(day.year, 11, 6, 1)
    return timezone(timedelta(hours=-4 if summer else -5))
