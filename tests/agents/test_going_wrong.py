"""The world's own seams: what the store, the book of prices and the broker make of a case's faults."""

from __future__ import annotations

from typing import Any

import pytest


def bought(world: Any) -> dict[str, Any]:
    """Buy $500 of VTI and confirm it."""
    broker = world.broker
    draft = type_of_draft(world)("buy", "VTI", 500.0, None, None)
    preview = broker.preview(draft)
    found: dict[str, Any] = broker.submit(preview["order_id"], broker.approve(preview["order_id"]))
    return found


def type_of_draft(world: Any) -> Any:
    """The broker's own form of an order."""
    import sys

    return sys.modules[type(world.broker).__module__].Draft


def cash(world: Any) -> float:
    return sum(account["cash_balance"] for account in world.accounts())


def test_part_of_an_order_is_filled_and_the_books_say_so(world: Any, going_wrong: Any) -> None:
    plan = going_wrong({"seam": "tool", "kind": "partial_fill", "share": 0.25})
    one = world(portfolio="P01")
    before = cash(one)

    found = bought(one)

    assert (found["status"], found["fill"]["amount"]) == ("partially_filled", 125.0)
    assert found["reason"] == "only $125.00 of $500.00 found a counterparty; the rest was cancelled"
    assert cash(one) == pytest.approx(before - 125.0)
    assert plan.missed() == ()


def test_an_exchange_that_closed_early_queues(world: Any, going_wrong: Any) -> None:
    going_wrong({"seam": "tool", "kind": "market_closed", "name": "quote"})
    one = world(portfolio="P01")
    before = cash(one)

    assert one.broker.quote("VTI")["market_open"] is False
    found = bought(one)

    assert (found["status"], found["execute_at"]) == ("queued", "2026-11-23T14:30:00Z")
    assert cash(one) == before


def test_a_rejection_is_on_the_order(world: Any, going_wrong: Any) -> None:
    going_wrong({"seam": "tool", "kind": "reject", "message": "Trading in VTI is halted."})
    one = world(portfolio="P01")

    with pytest.raises(Exception, match="Trading in VTI is halted"):
        bought(one)

    assert one.artifacts()["orders"][0]["status"] == "rejected"


@pytest.mark.parametrize(
    ("fault", "column", "now"),
    [
        pytest.param({"kind": "stale", "days": 10}, "price_date", "2026-11-10", id="stale"),
        pytest.param({"kind": "unadjusted", "ratio": 4}, "current_price", 4.0, id="unadjusted"),
    ],
)
def test_the_book_of_prices_is_wrong_for_everybody(
    world: Any, going_wrong: Any, fault: dict[str, Any], column: str, now: Any
) -> None:
    good = world(portfolio="P01").instrument("VTI")
    plan = going_wrong({"seam": "store", "name": "prices", **fault})
    one = world(portfolio="P01")

    found = [
        one.instrument("VTI"),
        next(row for row in one.holdings() if row["symbol"] == "SPY"),
        one.instrument("VTI"),
    ]

    expected = now if column == "price_date" else good[column] * now
    assert found[0][column] == found[2][column] == expected
    assert found[0]["price_date"] == found[1]["price_date"]
    assert plan.struck() == (3,)


def test_a_slow_store_takes_virtual_time(world: Any, going_wrong: Any) -> None:
    going_wrong(
        {"seam": "store", "kind": "slow", "seconds": 20, "calls": [1]},
        {"seam": "store", "kind": "timeout", "calls": [2]},
    )
    one = world(portfolio="P01")
    begun = one.clock.now()

    one.update_job(status="running")
    with pytest.raises(Exception, match="does not answer"):
        one.update_job(status="completed")

    assert (one.clock.now() - begun).total_seconds() == 50
