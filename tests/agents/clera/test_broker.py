"""The paper broker: each rule with its code, tokens, queueing, and books that always balance."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.workspace import load_target

ROOT = Path(__file__).parents[3]

Draft = load_target(ROOT, "agents/_shared/broker_rules.py:Draft")
OrderRefused = load_target(ROOT, "agents/_shared/broker.py:OrderRefused")
open_world = load_target(ROOT, "agents/_shared/world.py:open_world")


def draft(side="buy", symbol="VTI", notional=500.0, account=None, limit=None):
    return Draft(side, symbol, notional, account, limit)


def place(world, order):
    preview = world.broker.preview(order)
    return world.broker.submit(preview["order_id"], world.broker.approve(preview["order_id"]))


def refused(call):
    with pytest.raises(OrderRefused) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    ("order", "portfolio", "code"),
    [
        pytest.param(draft(notional=float("nan")), "P01", "amount_not_finite", id="nan"),
        pytest.param(draft(notional=float("inf")), "P01", "amount_not_finite", id="infinite"),
        pytest.param(draft(notional=-5.0), "P01", "amount_below_minimum", id="negative"),
        pytest.param(draft(notional=0.999), "P01", "amount_below_minimum", id="less-than-a-dollar"),
        pytest.param(draft(notional=1e18), "P01", "amount_above_maximum", id="absurd"),
        pytest.param(draft(symbol="NOPE"), "P01", "unknown_symbol", id="unknown-symbol"),
        pytest.param(draft(symbol="VWO"), "P07", "no_price", id="no-price"),
        pytest.param(draft(account="4c5d9e0a"), "P01", "account_not_yours", id="foreign-account"),
        pytest.param(draft(notional=5000.01), "P01", "insufficient_cash", id="a-cent-too-much"),
        pytest.param(draft("sell", "TSLA", 10.0), "P01", "not_held", id="not-held"),
        pytest.param(draft("sell", "GLD", 4892.6), "P01", "exceeds_holding", id="more-than-held"),
        pytest.param(draft(notional=100.0, account="401(k)"), "P02", "whole_shares_only", id="part-of-a-share"),
        pytest.param(draft(symbol="PLQO"), "P01", "restricted_symbol", id="restricted"),
        pytest.param(draft(limit=0.0), "P01", "limit_not_positive", id="limit-zero"),
        pytest.param(draft(limit=float("nan")), "P01", "limit_not_positive", id="limit-nan"),
        pytest.param(draft(symbol="NOPE", notional=0.5), "P01", "amount_below_minimum", id="amount-before-symbol"),
        pytest.param(draft(symbol="PLQO", notional=9e5), "P01", "insufficient_cash", id="cash-before-restriction"),
    ],
)
def test_each_rule_has_its_code(world, order, portfolio, code):
    place = world(portfolio=portfolio)

    assert refused(lambda: place.broker.preview(order)) == code
    assert place.artifacts()["orders"] == []


def test_without_an_account_nothing_is_traded(world):
    assert refused(lambda: world().broker.preview(draft())) == "no_account"


def test_a_confirmed_order_is_filled_at_the_last_price(world):
    bank = world(portfolio="P01")
    before = bank.fingerprint()

    placed = place(bank, draft(symbol="BRK.B", notional=1020.6))

    assert placed["status"] == "filled"
    assert placed["fill"] == {"quantity": 10.0, "price": 102.06, "amount": 1020.6, "filled_at": "2026-11-20T15:30:00Z"}
    account = bank.artifacts()["ledger"]["accounts"][0]
    assert (account["cash"], account["positions"]["BRK.B"]) == (3979.4, 10.0)
    assert bank.activities(since="2026-11-20")[-1]["amount"] == -1020.6
    assert bank.fingerprint() != before


def test_whole_shares_may_be_bought_in_an_account_of_whole_shares(world):
    assert place(world(portfolio="P02"), draft(notional=145.6, account="401(k)"))["fill"]["quantity"] == 10.0


def test_selling_all_leaves_no_dust(world):
    bank = world(portfolio="P08")

    assert place(bank, draft("sell", "TIP", 170.53))["status"] == "filled"
    assert "TIP" not in bank.artifacts()["ledger"]["accounts"][1]["positions"]


@pytest.mark.parametrize(
    ("as_of", "status", "execute_at"),
    [
        pytest.param("2026-11-26T15:00:00+00:00", "queued", "2026-11-27T14:30:00Z", id="thanksgiving"),
        pytest.param("2026-11-27T17:59:59+00:00", "filled", "2026-11-27T17:59:59Z", id="before-the-early-close"),
        pytest.param("2026-11-27T18:00:00+00:00", "queued", "2026-11-30T14:30:00Z", id="after-the-early-close"),
    ],
)
def test_outside_of_a_session_orders_wait_for_the_next(world, as_of, status, execute_at):
    placed = place(world(portfolio="P01", as_of=as_of), draft())

    assert (placed["status"], placed["execute_at"]) == (status, execute_at)


def test_a_queued_order_is_filled_when_the_exchange_opens(world):
    bank = world(portfolio="P01", as_of="2026-11-26T14:30:00+00:00")
    placed = place(bank, draft())
    bank.clock.advance(24 * 3600 - 1)
    bank.broker.settle()
    assert bank.broker.result(placed["id"])["status"] == "queued"

    bank.clock.advance(1)
    bank.broker.settle()

    assert bank.broker.result(placed["id"])["fill"]["filled_at"] == "2026-11-27T14:30:00Z"


def test_queued_orders_speak_for_their_cash_and_shares(world):
    bank = world(portfolio="P01", as_of="2026-11-26T15:00:00+00:00")
    place(bank, draft(notional=4800.0))
    place(bank, draft("sell", "GLD", 4800.0))

    assert refused(lambda: bank.broker.preview(draft(notional=300.0))) == "insufficient_cash"
    assert refused(lambda: bank.broker.preview(draft("sell", "GLD", 300.0))) == "exceeds_holding"


def test_a_limit_that_the_price_does_not_meet_waits(world):
    bank = world(portfolio="P01")

    assert place(bank, draft(limit=14.55))["status"] == "queued"
    assert place(bank, draft(notional=400.0, limit=14.56))["status"] == "filled"


def test_the_same_order_within_a_minute_is_taken_for_a_mistake(world):
    bank = world(portfolio="P01")
    place(bank, draft())

    assert refused(lambda: bank.broker.preview(draft())) == "duplicate_order"
    bank.clock.advance(61)
    assert bank.broker.preview(draft())["order_id"]


@pytest.mark.parametrize(("notional", "codes"), [(12500.0, []), (12500.01, ["large_order"])])
def test_an_order_above_a_quarter_of_the_portfolio_is_warned_of(world, notional, codes):
    preview = world(portfolio="P04").broker.preview(draft(notional=notional))

    assert [item["code"] for item in preview["warnings"]] == codes


def test_an_old_price_is_warned_of(world):
    assert [
        item["code"]
        for item in world(portfolio="P17").broker.preview(draft(symbol="SPY", account="Brokerage"))["warnings"]
    ] == ["stale_price"]
    weekend = world(portfolio="P01", as_of="2026-11-22T15:00:00+00:00")
    assert weekend.broker.preview(draft())["warnings"] == []


def test_a_token_is_good_once(world):
    bank = world(portfolio="P01")
    order = bank.broker.preview(draft())["order_id"]
    token = bank.broker.approve(order)
    bank.broker.submit(order, token)

    assert refused(lambda: bank.broker.submit(order, token)) == "token_used"
    assert len([row for row in bank.artifacts()["orders"] if row["status"] == "filled"]) == 1


def test_a_token_is_bound_to_its_order(world):
    bank = world(portfolio="P01")
    small, large = (bank.broker.preview(draft(notional=amount))["order_id"] for amount in (10.0, 1000.0))
    token = bank.broker.approve(small)

    assert refused(lambda: bank.broker.submit(large, token)) == "token_of_another_order"
    assert refused(lambda: bank.broker.submit(large, "yes")) == "token_unknown"
    assert refused(lambda: bank.broker.submit("order-9", token)) == "unknown_order"


@pytest.mark.parametrize(("seconds", "code"), [(120, None), (121, "token_expired")])
def test_a_token_expires_two_minutes_after_the_preview(world, seconds, code):
    bank = world(portfolio="P01")
    order = bank.broker.preview(draft())["order_id"]
    bank.clock.advance(seconds)
    token = bank.broker.approve(order)

    if code is None:
        assert bank.broker.submit(order, token)["status"] == "filled"
    else:
        assert refused(lambda: bank.broker.submit(order, token)) == code


def test_an_idempotency_key_gives_the_first_result_again(world):
    bank = world(portfolio="P01")
    order, other = (bank.broker.preview(draft(notional=amount))["order_id"] for amount in (500.0, 20.0))
    token = bank.broker.approve(order)
    first = bank.broker.submit(order, token, idempotency_key="k1")

    again = bank.broker.submit(order, token, idempotency_key="k1")

    assert again == {**first, "replayed": True}
    assert refused(lambda: bank.broker.submit(other, token, idempotency_key="k1")) == "idempotency_conflict"
    assert bank.artifacts()["ledger"]["accounts"][0]["cash"] == 4500.0


def test_a_confirmed_order_that_has_become_invalid_is_rejected(world):
    bank = world(portfolio="P01")
    first, second = (bank.broker.preview(draft(notional=amount))["order_id"] for amount in (3000.0, 2500.0))
    bank.broker.submit(first, bank.broker.approve(first))

    assert refused(lambda: bank.broker.submit(second, bank.broker.approve(second))) == "insufficient_cash"
    assert bank.broker.result(second)["status"] == "rejected"


def test_a_cancelled_order_cannot_be_confirmed(world):
    bank = world(portfolio="P01")
    order = bank.broker.preview(draft())["order_id"]
    bank.broker.cancel(order)

    assert refused(lambda: bank.broker.approve(order)) == "order_decided"
    assert refused(lambda: bank.broker.cancel(order)) == "order_decided"


def test_other_peoples_accounts_are_foreign_although_they_are_in_the_same_database(world):
    bank = world(portfolio="P01", others=["P02"])

    assert refused(lambda: bank.broker.preview(draft(account="Joint Brokerage"))) == "account_not_yours"


orders = st.tuples(st.sampled_from(["buy", "sell"]), st.sampled_from(["VTI", "GLD", "SPY"]), st.floats(0.5, 9000))


@settings(max_examples=40, deadline=None)
@given(st.lists(orders, max_size=6))
def test_no_sequence_of_orders_makes_or_loses_money(wanted):
    bank = open_world({"portfolio": "P01"}, as_of=None, seed=1, root=ROOT)
    prices = {row["symbol"]: row["current_price"] for row in bank.rows("SELECT symbol, current_price FROM instruments")}
    for side, symbol, notional in wanted:
        with suppress(OrderRefused):
            place(bank, draft(side, symbol, notional))
        bank.clock.advance(61)

    accounts = bank.artifacts()["ledger"]["accounts"]
    worth = sum(one["cash"] + sum(n * prices[s] for s, n in one["positions"].items()) for one in accounts)
    assert worth == pytest.approx(99437.5, abs=0.01)
    assert all(one["cash"] >= 0 and all(n > 0 for n in one["positions"].values()) for one in accounts)
    bank.close()
