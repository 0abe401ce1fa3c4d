"""Rules on whether an order may be placed now: switches, lists, the symbol's and the exchange's state, prices, repetition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from harness.guardrails.exact import money
from harness.guardrails.ruling import Breach

from .rules_form import Rule
from .situation import Situation, breach


def switches(situation: Situation) -> Iterator[Breach]:
    """Nothing is traded while the kill switch is on, in a frozen account, or bought after too bad a day."""
    account, policy = situation.account, situation.policy
    if policy.kill_switch:
        yield breach("kill-switch", "trading is switched off", path="$.policy.kill_switch")
    if account.frozen:
        yield breach("account-frozen", "nothing may be traded in this account", path="$.account.frozen")
    if policy.daily_loss is None or situation.side == "sell":
        return
    if account.day_profit is None:
        yield breach("daily-loss-unknown", "nobody knows how the day went so far", path="$.account.day_profit")
    elif -account.day_profit >= policy.daily_loss:
        lost, most = money(-account.day_profit), money(policy.daily_loss)
        yield breach(
            "daily-loss", f"{lost} were lost today; from {most} on nothing is bought", path="$.account.day_profit"
        )


def owner(situation: Situation) -> Iterator[Breach]:
    """The order names this account or none."""
    wanted, account = situation.order.account.casefold(), situation.account
    if wanted and wanted not in {account.id.casefold(), account.name.casefold()}:
        yield breach("account-unknown", "the order is for an account that is not the client's", path="$.order.account")


def lists(situation: Situation) -> Iterator[Breach]:
    """The symbol is allowed, known, tradable and not halted."""
    policy, instrument = situation.policy, situation.instrument
    if situation.symbol in {one.upper() for one in policy.restricted}:
        yield breach("restricted", f"{situation.symbol} is on the restricted list", path="$.order.symbol")
    if policy.allowed and situation.symbol not in {one.upper() for one in policy.allowed}:
        yield breach(
            "not-allowed", f"{situation.symbol} is not on the list of what may be traded", path="$.order.symbol"
        )
    if instrument is None:
        yield breach("unknown-symbol", f"{situation.symbol} is not known", path="$.market.instrument")
        return
    if not instrument.tradable:
        yield breach("not-tradable", f"{situation.symbol} cannot be traded", path="$.market.instrument.tradable")
    if instrument.halted is not False:
        why = "is halted" if instrument.halted else "may be halted, nobody knows"
        yield breach("halted", f"{situation.symbol} {why}", path="$.market.instrument.halted")


def session(situation: Situation) -> Iterator[Breach]:
    """The exchange is open; what is not known is closed."""
    state = situation.state
    if state == "open" or (state == "extended" and situation.order.extended and situation.policy.extended):
        return
    if state == "unknown":
        yield breach(
            "market-unknown", "nobody knows whether the exchange is open, so it counts as closed", path="$.market.now"
        )
        return
    waits = situation.policy.queue_when_closed
    text = "the exchange is closed; the order waits for the next opening" if waits else "the exchange is closed"
    yield breach("market-closed", text, path="$.market.now", severity="warn" if waits else "block")


def quote(situation: Situation) -> Iterator[Breach]:
    """There is a price, it is fresh and not of the future, and a limit is not far worse than it."""
    found, policy, now = situation.market.quote, situation.policy, situation.market.now
    if situation.price is None or found is None:
        yield breach("no-quote", f"no price is known for {situation.symbol}", path="$.market.quote")
        return
    sides = [price for price in (found.bid, found.ask) if price is not None]
    if any(price <= 0 for price in sides) or (len(sides) == 2 and sides[0] > sides[1]):
        yield breach("bad-quote", "bid and ask cross or are not positive", path="$.market.quote")
    if policy.quote_age_s is not None:
        if now is None or found.at is None:
            yield breach("quote-age-unknown", "nobody knows how old the price is", path="$.market.quote.at")
        elif found.at > now:
            yield breach("quote-of-the-future", "the price is later than now", path="$.market.quote.at")
        elif _seconds(now - found.at) > policy.quote_age_s:
            yield breach(
                "stale-quote", f"the price is {_seconds(now - found.at):,.0f} seconds old", path="$.market.quote.at"
            )
    yield from _collar(situation, situation.price)


def _collar(situation: Situation, price: Decimal) -> Iterator[Breach]:
    limit, collar = situation.order.limit_price, situation.policy.collar
    if limit is None or collar is None or limit <= 0:
        return
    worse = limit - price if situation.side == "buy" else price - limit
    if worse > price * collar:
        text = f"the limit {money(limit)} is more than {collar:%} worse than the last price {money(price)}"
        yield breach("price-collar", text, path="$.order.limit_price")


def repetition(situation: Situation) -> Iterator[Breach]:
    """It is not an order that was just placed, and not one that was placed under the same key at any time."""
    key, now = situation.order.key, situation.market.now
    if key and any(past.key == key for past in situation.account.recent):
        yield breach("duplicate-key", "an order was placed under the same key before", path="$.order.key")
    window = situation.policy.duplicate_s
    for past in situation.equals:
        if window > 0 and (past.at is None or now is None or abs(_seconds(now - past.at)) <= window):
            yield breach(
                "duplicate-order", f"an equal order was placed within {window:g} seconds", path="$.account.recent"
            )
            return


def wash_sale(situation: Situation) -> Iterator[Breach]:
    """A warning: a purchase near a sale at a loss of the same symbol, or such a sale near a purchase."""
    account, now = situation.account, situation.market.now
    near = timedelta(days=situation.policy.wash_sale_days)
    if now is None:
        return
    sold = account.loss_sales.get(situation.symbol)
    if situation.side == "buy" and sold is not None and abs(now - sold) <= near:
        text = f"{situation.symbol} was sold at a loss on {sold.date()}; buying it back makes that a wash sale"
        yield breach("wash-sale", text, severity="warn", path="$.account.loss_sales", as_of=AS_OF)
    cost, price = account.cost.get(situation.symbol), situation.price
    loses = situation.side == "sell" and cost is not None and price is not None and price < cost
    if loses and any(abs(now - at) <= near for at in _bought(situation)):
        text = f"{situation.symbol} was bought within {near.days} days; this sale at a loss is a wash sale"
        yield breach("wash-sale", text, severity="warn", path="$.account.cost", as_of=AS_OF)


def day_trade(situation: Situation) -> Iterator[Breach]:
    """A warning: one more day trade than a small margin account may have."""
    account, policy, now = situation.account, situation.policy, situation.market.now
    small = account.margin and (account.total is None or account.total < policy.pattern_minimum)
    if now is None or situation.side != "sell" or not small or account.day_trades < policy.pattern_day_trades:
        return
    if any(at.date() == now.date() for at in _bought(situation)):
        text = f"this is day trade number {account.day_trades + 1} in five sessions"
        yield breach("pattern-day-trade", text, severity="warn", path="$.account.day_trades", as_of=AS_OF)


def _bought(situation: Situation) -> list[datetime]:
    """When the symbol was bought before."""
    return [
        past.at
        for past in situation.account.recent
        if past.at is not None
        and past.status.casefold() in {"filled", "partially_filled"}
        and past.symbol.upper() == situation.symbol
        and past.side.casefold() == "buy"
    ]


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / 1_000_000


AS_OF: Final = "2026-11-20"
"""Day on which the tax and day-trading warnings were last looked at; they are policy, not law: set their numbers."""

PLACE: Final[tuple[Rule, ...]] = (switches, owner, lists, session, quote, repetition, wash_sale, day_trade)
"""All of them, in order."""
