"""Rules on money: caps, buying power, what is held, concentration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.guardrails.exact import money, plain
from harness.guardrails.ruling import Breach

from .rules_form import Rule
from .situation import Situation, breach


def caps(situation: Situation) -> Iterator[Breach]:
    """One order, and one day's orders, move no more than the policy allows, and one order no less."""
    value, policy = situation.value, situation.policy
    if value is None:
        if policy.max_order is not None or policy.max_day is not None:
            yield breach("value-unknown", "nobody knows how much money the order would move", path="$.market.quote")
        return
    least = situation.order.notional if situation.order.notional is not None else value
    if least < policy.min_order:
        yield breach("below-minimum", f"{money(least)} is less than {money(policy.min_order)}", path="$.order")
    if policy.max_order is not None and value > policy.max_order:
        yield breach(
            "over-order-cap", f"{money(value)} is more than {money(policy.max_order)} for one order", path="$.order"
        )
    spent = situation.account.day_notional
    if policy.max_day is not None and spent + value > policy.max_day:
        text = f"with {money(spent)} today, {money(value)} more is over {money(policy.max_day)} for one day"
        yield breach("over-day-cap", text, path="$.account.day_notional")


def power(situation: Situation) -> Iterator[Breach]:
    """A purchase is paid for with money that is there and not spoken for."""
    if situation.side != "buy":
        return
    value, free = situation.value, situation.free
    if free is None:
        yield breach("cash-unknown", "nobody knows how much money the account has", path="$.account.cash")
    elif value is not None and value > free:
        yield breach("buying-power", f"{money(value)} is needed and {money(free)} is free", path="$.account.cash")


def holding(situation: Situation) -> Iterator[Breach]:
    """Nothing is sold that is not held, unless the policy allows it."""
    if situation.side != "sell" or situation.policy.shorts:
        return
    held, quantity = situation.held, situation.quantity
    if held <= 0:
        yield breach("not-held", f"no {situation.symbol} is held that could be sold", path="$.account.positions")
    elif quantity is not None and quantity > held:
        text = f"{plain(held)} {situation.symbol} can be sold, fewer than {_short(situation)}"
        yield breach("over-holding", text, path="$.account.positions")


def concentration(situation: Situation) -> Iterator[Breach]:
    """A purchase brings no symbol above its share of the portfolio; a large order comes with a warning."""
    total, value, price = situation.account.total, situation.value, situation.price
    policy = situation.policy
    if situation.side != "buy" or value is None:
        return
    if total is None or total <= 0:
        if policy.max_share is not None:
            yield breach("total-unknown", "nobody knows what the portfolio is worth", path="$.account.total")
        return
    after = value + situation.account.positions.get(situation.symbol, total * 0) * (price or 0)
    if policy.max_share is not None and after > total * policy.max_share:
        text = f"{situation.symbol} would be {after / total:.1%} of the portfolio; at most {policy.max_share:.1%} is allowed"
        yield breach("concentration", text, path="$.account.total")
    if policy.large_share is not None and value > total * policy.large_share:
        text = f"the order is {value / total:.1%} of the whole portfolio"
        yield breach("large-order", text, severity="warn", path="$.order")


def _short(situation: Situation) -> str:
    quantity = situation.quantity
    assert quantity is not None
    return plain(quantity) if situation.order.quantity is not None else f"about {quantity:.4f}"


MONEY: Final[tuple[Rule, ...]] = (caps, power, holding, concentration)
"""All of them, in order."""
