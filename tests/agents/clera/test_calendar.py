"""The stored exchange calendar: known days, its edges, and the whole of it against exchange-calendars."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
CALENDAR = load_target(ROOT, "agents/_shared/calendar_nyse.py:calendar")()
moments = st.datetimes(datetime(2018, 1, 2), datetime(2030, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        pytest.param("2026-11-20T15:30", "2026-11-20T15:30", id="open-now"),
        pytest.param("2026-11-20T14:29", "2026-11-20T14:30", id="before-the-bell"),
        pytest.param("2026-11-20T21:00", "2026-11-23T14:30", id="friday-close-to-monday"),
        pytest.param("2026-11-26T15:00", "2026-11-27T14:30", id="thanksgiving"),
        pytest.param("2026-11-27T17:59", "2026-11-27T17:59", id="last-minute-of-a-short-day"),
        pytest.param("2026-11-27T18:00", "2026-11-30T14:30", id="early-close"),
        pytest.param("2026-07-02T13:30", "2026-07-02T13:30", id="summer-time"),
        pytest.param("2026-07-03T15:00", "2026-07-06T13:30", id="fourth-of-july-kept-on-friday"),
        pytest.param("2025-01-09T15:00", "2025-01-10T14:30", id="day-of-mourning"),
    ],
)
def test_orders_are_filled_at_the_next_opening(moment, opens):
    assert CALENDAR.next_open(at(moment)) == at(opens)
    assert CALENDAR.is_open(at(moment)) == (moment == opens)


@given(moments)
def test_the_exchange_is_open_at_every_opening_and_never_before_it(moment):
    opens = CALENDAR.next_open(moment)

    assert CALENDAR.is_open(opens)
    assert opens >= moment
    assert not CALENDAR.is_open(opens - timedelta(minutes=1)) or opens == moment


@given(moments)
def test_neighbouring_sessions_enclose_a_day(moment):
    day = moment.date()
    before, after = CALENDAR.on_or_before(day), CALENDAR.on_or_after(day)

    assert before.day <= day <= after.day
    assert CALENDAR.sessions(before.day, after.day) == (1 if before == after else 2)


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2031, 1, 1)])
def test_a_day_that_is_not_known_is_an_error(day):
    with pytest.raises(UserError, match="outside the exchange calendar"):
        CALENDAR.session(day)


def test_the_last_day_has_no_next_opening():
    with pytest.raises(UserError, match="no session is known after"):
        CALENDAR.next_open(at("2030-12-31T21:30"))


def test_the_price_history_has_exactly_the_sessions_of_the_calendar():
    days = load_target(ROOT, "agents/_shared/fixtures.py:history")().days
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])

    assert all(CALENDAR.session(date.fromisoformat(day)) for day in days)
    assert CALENDAR.sessions(first, last) == len(days)


@pytest.mark.skipif(importlib.util.find_spec("exchange_calendars") is None, reason="needs exchange-calendars")
@pytest.mark.filterwarnings("ignore")
def test_the_table_is_what_exchange_calendars_says():
    make = load_target(ROOT, "agents/data/make_calendar.py:written")
    exchange = load_target(ROOT, "agents/data/make_calendar.py:exchange")

    assert (ROOT / "agents/data/calendar.csv").read_text(encoding="utf-8") == make(exchange())
