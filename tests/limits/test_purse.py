"""Money is set aside before it is spent, and no call is made that might take too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.limits.purse import Purse
from harness.limits.values import Ask, BudgetSpentError, Used, micro


def ask(cost: int | None, tokens: int = 10) -> Ask:
    return Ask("m", tokens, tokens, cost)


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), max_size=40), st.integers(1, 2000))
def test_never_spends_more_than_it_holds(calls, budget) -> None:
    purse, open_ = Purse(micro_usd=budget), []
    for most, part in calls:
        try:
            if purse.reserve(ask(most)):
                open_.append((most, part))
                continue
        except BudgetSpentError:
            assert purse.spent_micro_usd + most > budget
        if open_:
            first, its_part = open_.pop(0)
            purse.settle(ask(first), Used("ok", 1, 1, int(first * its_part)))
    for most, part in open_:
        purse.settle(ask(most), Used("ok", 1, 1, int(most * part)))

    assert purse.spent_micro_usd <= budget
    assert (purse.reserved_micro_usd, purse.reserved_tokens) == (0, 0)


def test_waits_for_calls_in_flight_before_it_refuses() -> None:
    purse = Purse(micro_usd=100)
    assert purse.reserve(ask(80))
    assert not purse.reserve(ask(30))

    purse.settle(ask(80), Used("ok", 1, 1, 20))

    assert purse.reserve(ask(30))


def test_refuses_what_could_never_be_paid() -> None:
    with pytest.raises(BudgetSpentError, match=r"budget of \$0.0001 is spent: \$0 are used"):
        Purse(micro_usd=100).reserve(ask(101))


def test_an_unknown_price_is_not_free() -> None:
    with pytest.raises(BudgetSpentError, match="price of 'm' is unknown"):
        Purse(micro_usd=100).reserve(ask(None))
    assert Purse().reserve(ask(None))


def test_a_call_of_unknown_cost_took_all_that_was_set_aside() -> None:
    purse = Purse(micro_usd=100, tokens=1000)
    purse.reserve(ask(60))
    purse.settle(ask(60), Used("failed"))

    assert (purse.spent_micro_usd, purse.spent_tokens) == (60, 20)


def test_counts_tokens() -> None:
    purse = Purse(tokens=30)
    assert purse.reserve(ask(None))
    assert not purse.reserve(ask(None))
    purse.settle(ask(None), Used("ok", 10, 5, None))

    with pytest.raises(BudgetSpentError, match="30 tokens is spent: 15 are used"):
        purse.reserve(ask(None))
    assert purse.unpriced == 1


@pytest.mark.parametrize(("usd", "expected"), [(0.0000005, 1), (0.0000004, 0), (1.5, 1_500_000), (None, None)])
def test_micro_dollars_are_whole(usd, expected) -> None:
    assert micro(usd) == expected
