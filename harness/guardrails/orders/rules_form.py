"""Rules on what an order itself says: its side, symbol, size, type and prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, TypeAlias

from harness.guardrails.exact import money, plain
from harness.guardrails.ruling import Breach, cut
from harness.lazy import pattern

from .situation import Situation, breach

Rule: TypeAlias = Callable[[Situation], Iterator[Breach]]

_SYMBOL: Final = pattern(r"[A-Z0-9]{1,10}(?:[./-][A-Z0-9]{1,5})?", 256)  # re.ASCII
_CURRENCY: Final = pattern(r"[A-Z]{3}", 256)
_TYPES: Final = {"market": (), "limit": ("limit",), "stop": ("stop",), "stop_limit": ("limit", "stop")}
"""Order types and the prices that each needs."""

_SHARE_PLACES, _CENT_PLACES = 9, 2


def side(situation: Situation) -> Iterator[Breach]:
    """An order buys or sells."""
    if not situation.side:
        yield breach("unknown-side", f"{cut(situation.order.side)!r} is neither buy nor sell", path="$.order.side")


def symbol(situation: Situation) -> Iterator[Breach]:
    """A symbol is capital Latin letters and digits, with one dot, slash or hyphen at most."""
    if not _SYMBOL.fullmatch(situation.symbol):
        yield breach("bad-symbol", f"{cut(situation.order.symbol)!r} is no symbol", path="$.order.symbol")


def size(situation: Situation) -> Iterator[Breach]:
    """Either shares or money, not both, more than nothing, and no finer than can be booked."""
    order = situation.order
    if (order.quantity is None) == (order.notional is None):
        both = "both shares and money are" if order.quantity is not None else "neither shares nor money are"
        yield breach("quantity-xor-notional", f"{both} given; an order has one of them", path="$.order")
        return
    name, number, places = (
        ("notional", order.notional, _CENT_PLACES)
        if order.quantity is None
        else ("quantity", order.quantity, _SHARE_PLACES)
    )
    assert number is not None
    if number <= 0:
        yield breach(
            "not-positive", f"the {name} is {plain(number)}, which is not more than nothing", path=f"$.order.{name}"
        )
    elif _places(number) > places:
        yield breach(
            "too-precise", f"the {name} {plain(number)} has more than {places} decimals", path=f"$.order.{name}"
        )


def kind(situation: Situation) -> Iterator[Breach]:
    """The type is one that the policy allows, and has the prices that it needs and no others."""
    order = situation.order
    name = order.type.casefold()
    if name not in _TYPES or name not in situation.policy.types:
        allowed = ", ".join(situation.policy.types)
        yield breach("order-type", f"order type {cut(order.type)!r} is not one of {allowed}", path="$.order.type")
        return
    for part, price in (("limit", order.limit_price), ("stop", order.stop_price)):
        path = f"$.order.{part}_price"
        if part in _TYPES[name] and price is None:
            yield breach("price-missing", f"a {name} order needs a {part} price", path=path)
        elif part not in _TYPES[name] and price is not None:
            yield breach("price-unexpected", f"a {name} order has no {part} price", path=path)
        elif price is not None and price <= 0:
            yield breach("price-not-positive", f"the {part} price is {plain(price)}", path=path)


def standing(situation: Situation) -> Iterator[Breach]:
    """How long it stands, and in which currency, is allowed."""
    order, policy = situation.order, situation.policy
    if order.time_in_force.casefold() not in policy.times_in_force:
        allowed = ", ".join(policy.times_in_force)
        message = f"time in force {cut(order.time_in_force)!r} is not one of {allowed}"
        yield breach("time-in-force", message, path="$.order.time_in_force")
    if order.extended and not policy.extended:
        yield breach("extended-hours", "orders outside regular hours are not allowed", path="$.order.extended")
    known = {situation.account.currency.upper()}
    if situation.instrument is not None:
        known.add(situation.instrument.currency.upper())
    if not _CURRENCY.fullmatch(order.currency.upper()) or known != {order.currency.upper()}:
        others = ", ".join(sorted(known))
        yield breach(
            "currency",
            f"the order is in {cut(order.currency)}, account and instrument in {others}",
            path="$.order.currency",
        )


def steps(situation: Situation) -> Iterator[Breach]:
    """Prices are multiples of the tick, shares of the lot, and whole where parts are not traded."""
    order, instrument = situation.order, situation.instrument
    if instrument is None:
        return
    for name, price in (("limit", order.limit_price), ("stop", order.stop_price)):
        if price is not None and price > 0 and price % _tick(price, instrument.tick):
            step = plain(_tick(price, instrument.tick))
            yield breach(
                "tick", f"the {name} price {plain(price)} is no multiple of {step}", path=f"$.order.{name}_price"
            )
    quantity = situation.quantity
    if quantity is None or quantity <= 0:
        return
    if instrument.lot > 0 and quantity % instrument.lot:
        yield breach(
            "lot", f"{plain(quantity)} shares are no multiple of the lot {plain(instrument.lot)}", path="$.order"
        )
    whole = situation.account.whole_shares or not instrument.fractional
    if whole and quantity != quantity.to_integral_value():
        shares = f"{money(quantity)}" if _places(quantity) > _SHARE_PLACES else plain(quantity)
        yield breach("whole-shares", f"only whole shares can be traded here, not {shares}", path="$.order")


def _tick(price: Decimal, given: Decimal) -> Decimal:
    return given if given > 0 else Decimal("0.01") if price >= 1 else Decimal("0.0001")


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


FORM: Final[tuple[Rule, ...]] = (side, symbol, size, kind)
"""What must hold before anything else can be asked."""

DETAIL: Final[tuple[Rule, ...]] = (standing, steps)
"""What is asked besides."""
