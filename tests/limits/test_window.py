"""At the provider's door, no span ever sees more than the limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.limits.window import ARRIVES_S, Window

CALLS = st.lists(
    st.tuples(
        st.floats(0, 5),  # pause before it is asked for
        st.integers(1, 60),  # weight
        st.floats(0, ARRIVES_S),  # from granting to arriving
        st.floats(0, 20),  # from arriving to its reply
        st.floats(0, 1),  # how much of its weight it really took
    ),
    min_size=1,
    max_size=60,
)


@given(CALLS)
def test_no_span_admits_more_than_the_limit_by_the_clock_of_the_provider(calls) -> None:
    window, now, arrivals, under_way = Window(100, 10.0), 0.0, [], []
    for number, (pause, weight, flight, reply, part) in enumerate(calls):
        now += pause
        while (wait := window.wait(weight, now)) != 0.0:
            ends = [end for end, *_ in under_way if end > now]
            now = min([*ends, now + (wait if wait is not None else 1e9)])
            under_way = settled(window, under_way, now)
        window.take(number, weight)
        window.sent(number, now)
        taken = max(1, round(weight * part))
        arrivals.append((now + flight, taken))
        under_way.append((now + flight + reply, number, taken))
        under_way = settled(window, under_way, now)

    for start, _ in arrivals:
        assert sum(weight for moment, weight in arrivals if start <= moment < start + 10.0) <= 100


def settled(window: Window, under_way: list, now: float) -> list:
    for _, number, taken in sorted(item for item in under_way if item[0] <= now):
        window.settle(number, taken, now)
    return [item for item in under_way if item[0] > now]


def test_says_how_long_to_wait() -> None:
    window = Window(2, 60.0)
    for number, moment in enumerate((0.0, 10.0)):
        assert window.wait(1, moment) == 0.0
        window.take(number, 1)
        window.sent(number, moment)
        window.settle(number, None, moment)

    assert window.wait(1, 30.0) == pytest.approx(30.0)
    assert window.wait(1, 60.0) == 0.0
    assert window.wait(2, 60.0) == pytest.approx(10.0)


def test_a_reply_that_has_begun_ends_the_doubt_of_when_it_arrived() -> None:
    window = Window(1, 60.0)
    window.take(1, 1)
    window.sent(1, 0.0)
    window.arrived(1, 0.5)

    assert window.wait(1, 30.0) == pytest.approx(30.5)


def test_a_call_that_is_not_sent_yet_counts_for_as_long_as_it_takes() -> None:
    window = Window(1, 60.0)
    window.take(1, 1)

    assert window.wait(1, 1_000.0) is None


def test_what_was_not_needed_is_given_back() -> None:
    window = Window(100, 60.0)
    window.take(1, 90)
    window.sent(1, 0.0)
    window.settle(1, 10, 1.0)

    assert window.wait(90, 1.0) == 0.0


def test_more_than_was_asked_for_counts_in_full() -> None:
    window = Window(100, 60.0)
    window.take(1, 10)
    window.sent(1, 0.0)
    window.settle(1, 95, 1.0)

    assert window.wait(10, 1.0) == pytest.approx(60.0)
