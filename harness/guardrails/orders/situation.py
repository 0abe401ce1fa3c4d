"""An order with everything that the rules ask about it, computed once and exactly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Final

from harness.frozen import frozen
from harness.guardrails.ruling import Breach, Severity

from .sessions import Sessions, State
from .terms import side_of
from .values import Account, Instrument, Market, Order, Past, Policy

ZERO: Final = Decimal(0)


@frozen(slots=False)
class Situation:
    """What the rules look at. Amounts are None where something that they need is unknown."""

    order: Order
    account: Account
    market: Market
    policy: Policy

    @cached_property
    def side(self) -> str:
        """`buy` or `sell`; empty for neither."""
        return side_of(self.order)

    @cached_property
    def symbol(self) -> str:
        """The symbol in capitals."""
        return self.order.symbol.upper()

    @cached_property
    def instrument(self) -> Instrument | None:
        """What is known of this symbol; None where the market speaks of another one."""
        found = self.market.instrument
        return found if found is not None and found.symbol.upper() == self.symbol else None

    @cached_property
    def price(self) -> Decimal | None:
        """The last price."""
        quote = self.market.quote
        return quote.price if quote is not None and quote.price is not None and quote.price > 0 else None

    @cached_property
    def worst(self) -> Decimal | None:
        """The most that a share may cost in a purchase: its limit, or what is asked with the policy's buffer."""
        limit, quote = self.order.limit_price, self.market.quote
        if limit is not None and limit > 0:
            return limit
        if self.price is None or quote is None:
            return None
        asked = max(self.price, quote.ask if quote.ask is not None else self.price)
        return asked * (1 + self.policy.price_buffer)

    @cached_property
    def quantity(self) -> Decimal | None:
        """Shares: as given, or what the money buys at the last price."""
        if self.order.quantity is not None:
            return self.order.quantity
        if self.order.notional is None or self.price is None:
            return None
        return self.order.notional / self.price

    @cached_property
    def value(self) -> Decimal | None:
        """Money that the order moves at most: its notional, or its shares at the worst price."""
        if self.order.notional is not None:
            buffered = (
                self.order.notional if self.side != "buy" else self.order.notional * (1 + self.policy.price_buffer)
            )
            return buffered if self.order.limit_price is None else self.order.notional
        worst = self.worst
        if self.order.quantity is None or worst is None:
            return None
        if self.side == "sell" and self.price is not None:
            worst = max(worst, self.price)
        return self.order.quantity * worst

    @cached_property
    def held(self) -> Decimal:
        """Shares that no open sale has spoken for."""
        return self.account.positions.get(self.symbol, ZERO) - self.account.promised.get(self.symbol, ZERO)

    @cached_property
    def free(self) -> Decimal | None:
        """Money that may be spent."""
        account = self.account
        power = account.cash if account.buying_power is None else account.buying_power
        return None if power is None else power - account.reserved - self.policy.reserve

    @cached_property
    def state(self) -> State:
        """Whether the exchange is open."""
        return (self.market.sessions or Sessions.nyse()).state(self.market.now)

    @property
    def equals(self) -> Iterator[Past]:
        """Earlier orders for the same thing that were not given up."""
        mine = self.order
        for past in self.account.recent:
            if past.status.casefold() in _GIVEN_UP or past.symbol.upper() != self.symbol:
                continue
            if side_of(Order(side=past.side)) != self.side or (past.quantity, past.notional) != (
                mine.quantity,
                mine.notional,
            ):
                continue
            yield past


_GIVEN_UP = frozenset({"cancelled", "canceled", "rejected", "expired", "previewed", "draft"})


def breach(
    rule: str, message: str, *, path: str | None = None, severity: Severity = "block", as_of: str = ""
) -> Breach:
    """A rule that an order breaks."""
    return Breach(rule, severity, message, path=path, as_of=as_of)
