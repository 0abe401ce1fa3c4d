"""The bill of functions is arithmetic, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.alarms import LambdaLoad, monthly_cost
from harness.errors import UserError


@pytest.mark.parametrize(
    ("load", "gb_seconds", "usd"),
    [  # a guide's table says 0.83 and 0.89 for the first two, and is wrong
        (LambdaLoad(100, 300, 2048), 60_000, "1.00"),
        (LambdaLoad(400, 120, 1024), 48_000, "0.80"),
        (LambdaLoad(1000, 300, 2048), 600_000, "10.00"),
        (LambdaLoad(4000, 120, 1024), 480_000, "8.00"),
        (LambdaLoad(10_000, 300, 2048), 6_000_000, "100.00"),
        (LambdaLoad(40_000, 120, 1024), 4_800_000, "80.00"),
    ],
)
def test_time_costs_what_the_price_list_says(load: LambdaLoad, gb_seconds: int, usd: str) -> None:
    cost = monthly_cost([load])

    assert cost.gb_seconds == gb_seconds
    assert round(cost.compute_usd, 2) == Decimal(usd)


def test_calls_and_messages_cost_a_little() -> None:
    cost = monthly_cost([LambdaLoad(1_000_000, 0, 128)], messages=1_000_000)

    assert (cost.compute_usd, cost.requests_usd, cost.messages_usd) == (0, Decimal("0.20"), Decimal("0.40"))
    assert cost.total_usd == Decimal("0.60")


def test_the_free_tier_is_taken_off_once() -> None:
    loads = [LambdaLoad(100, 300, 2048)] * 7

    assert monthly_cost(loads, free_tier=True).gb_seconds == 420_000 - 400_000
    assert monthly_cost(loads[:1], free_tier=True).total_usd == 0


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 900), st.integers(128, 10_240)), max_size=5))
def test_the_whole_costs_as_much_as_its_parts(found: list[tuple[int, int, int]]) -> None:
    loads = [LambdaLoad(calls, seconds, memory) for calls, seconds, memory in found]

    assert monthly_cost(loads).total_usd == sum((monthly_cost([load]).total_usd for load in loads), Decimal(0))


@pytest.mark.parametrize(
    "load",
    [
        LambdaLoad(-1, 1, 128),
        LambdaLoad(1, 901, 128),
        LambdaLoad(1, -1, 128),
        LambdaLoad(1, 1, 64),
        LambdaLoad(1, float("nan"), 128),
    ],
)
def test_loads_that_cannot_be_are_refused(load: LambdaLoad) -> None:
    with pytest.raises(UserError):
        monthly_cost([load])
    with pytest.raises(UserError):
        monthly_cost([], messages=-1)
