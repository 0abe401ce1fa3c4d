from datetime import UTC, datetime

import pytest

from harness.gateway.budgets import Alert, Budgets
from harness.gateway.refusal import Refusal
from harness.gateway.values import Budget
from harness.limits.values import Ask, Used

DAY = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


def ask(micro_usd: int | None = 1000, tokens: int = 100) -> Ask:
    return Ask("m", tokens, 0, micro_usd)


def test_money_is_set_aside_and_what_is_left_over_given_back() -> None:
    budgets = Budgets({"b": Budget(usd=0.003)})
    first, second = (budgets.reserve("b", ask()) for _ in range(2))
    budgets.reserve("b", ask())
    with pytest.raises(Refusal) as caught:
        budgets.reserve("b", ask())
    assert (caught.value.kind, caught.value.retry_after_s) == ("rate_limit", 1.0)

    budgets.settle(first, Used("ok", 10, 0, 200))
    budgets.settle(second, Used("lost"))

    assert budgets.spent("b") == (1200, 110)
    with pytest.raises(Refusal, match="set aside"):
        budgets.reserve("b", ask())
    budgets.reserve("b", ask(800))


def test_a_budget_that_is_spent_is_said_to_be_and_never_overdrawn() -> None:
    budgets = Budgets({"b": Budget(usd=0.001, tokens=10_000)})
    budgets.settle(budgets.reserve("b", ask()), Used("ok", 10, 0, 999))

    with pytest.raises(Refusal) as caught:
        budgets.reserve("b", ask(2))

    assert (caught.value.kind, caught.value.final, caught.value.status) == ("budget", True, 402)
    assert "the budget 'b' of $0.001 and 10,000 tokens is spent" in caught.value.message


def test_tokens_are_counted_too() -> None:
    budgets = Budgets({"b": Budget(tokens=150)})
    budgets.settle(budgets.reserve("b", ask(None)), Used("ok", 100, 0, None))

    with pytest.raises(Refusal, match="150 tokens is spent"):
        budgets.reserve("b", ask(None))


def test_a_price_that_nobody_knows_keeps_no_budget() -> None:
    with pytest.raises(Refusal, match="the price of m is unknown"):
        Budgets({"b": Budget(usd=5)}).reserve("b", ask(None))


def test_a_new_day_begins_anew_and_the_old_one_still_pays() -> None:
    now = [DAY]
    budgets = Budgets({"b": Budget(usd=0.001, period="day")}, now=lambda: now[0])
    late = budgets.reserve("b", ask())
    now[0] = datetime(2026, 11, 22, 0, 1, tzinfo=UTC)
    budgets.settle(late, Used("ok", 1, 1, 1000))

    assert budgets.spent("b") == (0, 0)
    assert budgets.reserve("b", ask()) is not None


def test_somebody_is_told_at_half_at_four_fifths_and_at_the_end() -> None:
    told: list[Alert] = []
    budgets = Budgets({"b": Budget(usd=0.01, period="month")}, now=lambda: DAY, on_alert=told.append)
    for _ in range(10):
        budgets.settle(budgets.reserve("b", ask()), Used("ok", 1, 0, 1000))

    assert [(alert.level, round(alert.spent_usd, 6)) for alert in told] == [(50, 0.005), (80, 0.008), (100, 0.01)]
    assert told[0].period == "2026-11"


def test_one_large_request_may_pass_several_levels() -> None:
    told: list[Alert] = []
    budgets = Budgets({"b": Budget(tokens=100)}, on_alert=told.append)
    budgets.settle(budgets.reserve("b", ask(None, 90)), Used("ok", 90, 0, None))

    assert [alert.level for alert in told] == [50, 80]


def test_what_was_spent_before_a_restart_still_counts() -> None:
    told: list[Alert] = []
    budgets = Budgets({"b": Budget(usd=0.01)}, now=lambda: DAY, on_alert=told.append)
    budgets.restore("b", DAY, 6000, 10)
    budgets.restore("b", datetime(2026, 10, 31, tzinfo=UTC), 9000, 10)
    budgets.restore("gone", DAY, 1, 1)

    assert budgets.spent("b") == (6000, 10)
    budgets.settle(budgets.reserve("b", ask()), Used("ok", 1, 0, 1000))
    assert told == []


def test_an_entity_without_a_budget_sets_nothing_aside() -> None:
    budgets = Budgets({})

    assert budgets.reserve(None, ask()) is None
    budgets.settle(None, Used())
