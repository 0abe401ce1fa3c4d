"""What the paper broker refuses, queues or warns of: every rule with its code, in the order in which they are looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final, Literal, TypeAlias

Side: TypeAlias = Literal["buy", "sell"]

MINIMUM: Final = Decimal(1)
MAXIMUM: Final = 1e9
CENT: Final = Decimal("0.01")
SHARE: Final = Decimal("0.00000001")
LARGE: Final = Decimal("0.25")
"""Part of the whole portfolio above which an order comes with a warning."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An order as somebody wants it."""

    side: Side
    """Buy or sell."""

    symbol: str
    """What, in capitals."""

    notional: float
    """How much, in dollars; may be any float, which is what the first rule is for."""

    account: str | None = None
    """Id or name of the account; None for the one that fits best."""

    limit_price: float | None = None
    """Worst price per share; None for a market order."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the rules look at."""

    draft: Draft
    """The order."""

    instrument: Mapping[str, Any] | None
    """Its row, if there is one."""

    account: Mapping[str, Any] | None
    """The account it would be booked in."""

    free_cash: Decimal = Decimal()
    """Cash of the account that no queued order has spoken for."""

    held: Decimal = Decimal()
    """Shares in the account that no queued order has spoken for."""

    total: Decimal = Decimal()
    """Value of the whole portfolio."""

    whole_shares: bool = False
    """Whether the account holds no parts of shares."""

    duplicate: str | None = None
    """Id of an order just like it from the last minute."""

    restricted: str | None = None
    """Why the symbol may not be traded."""

    @property
    def amount(self) -> Decimal:
        """The dollars, cut to whole cents."""
        return Decimal(str(self.draft.notional)).quantize(CENT, ROUND_DOWN)

    @property
    def price(self) -> Decimal:
        """Dollars per share."""
        assert self.instrument is not None
        return Decimal(str(self.instrument["current_price"]))

    @property
    def worth(self) -> Decimal:
        """What the shares held are worth."""
        return self.held * self.price

    @property
    def quantity(self) -> Decimal:
        """Shares for the dollars; a sale of the whole holding leaves no dust."""
        if self.draft.side == "sell" and abs(self.worth - self.amount) < CENT:
            return self.held
        return (self.amount / self.price).quantize(SHARE, ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not taken."""

    code: str
    """Stable name of the reason."""

    reason: str
    """The reason, for the client."""


Rule: TypeAlias = Callable[[Situation], Refusal | None]


def first_refusal(situation: Situation) -> Refusal | None:
    """The first rule that is broken; later ones may need what earlier ones make sure of."""
    return next((refusal for rule in RULES if (refusal := rule(situation)) is not None), None)


def warnings(situation: Situation, *, session: str) -> list[dict[str, str]]:
    """What a client must hear before confirming; `session` is the last day on which prices were made."""
    found = []
    assert situation.instrument is not None
    if situation.instrument["price_date"] < session:
        text = f"The last known price is of {situation.instrument['price_date']} and may have moved since."
        found.append({"code": "stale_price", "text": text})
    if situation.total and situation.amount > situation.total * LARGE:
        share = 100 * situation.amount / situation.total
        text = f"This order is {share:.1f}% of the whole portfolio, which is more than a quarter of it."
        found.append({"code": "large_order", "text": text})
    return found


def _amount(situation: Situation) -> Refusal | None:
    notional = situation.draft.notional
    if not math.isfinite(notional):
        return Refusal("amount_not_finite", "The amount is not a number of dollars.")
    if notional < MINIMUM:
        return Refusal("amount_below_minimum", "The smallest order is $1.00.")
    if notional > MAXIMUM:
        return Refusal("amount_above_maximum", "The largest order is one billion dollars.")
    return None


def _symbol(situation: Situation) -> Refusal | None:
    if situation.instrument is None:
        return Refusal("unknown_symbol", f"{situation.draft.symbol} is not a symbol that can be traded here.")
    if situation.instrument["current_price"] is None:
        return Refusal("no_price", f"No price is known for {situation.draft.symbol}, so it cannot be traded now.")
    return None


def _account(situation: Situation) -> Refusal | None:
    if situation.account is None and situation.draft.account is not None:
        return Refusal("account_not_yours", "That account is not one of yours.")
    return None if situation.account else Refusal("no_account", "There is no account to trade in.")


def _cash(situation: Situation) -> Refusal | None:
    if situation.draft.side == "buy" and situation.amount > situation.free_cash:
        return Refusal(
            "insufficient_cash",
            f"The order needs ${situation.amount:,.2f} and the account has ${situation.free_cash:,.2f} free.",
        )
    return None


def _holding(situation: Situation) -> Refusal | None:
    if situation.draft.side == "buy":
        return None
    symbol = situation.draft.symbol
    if situation.held <= 0:
        return Refusal("not_held", f"You hold no {symbol} that could be sold.")
    if situation.amount > situation.worth + CENT:
        return Refusal(
            "exceeds_holding", f"You hold ${situation.worth:,.2f} of {symbol}, less than ${situation.amount:,.2f}."
        )
    return None


def _whole_shares(situation: Situation) -> Refusal | None:
    if not situation.whole_shares or situation.quantity == situation.quantity.to_integral_value():
        return None
    whole = situation.price * (situation.amount // situation.price)
    near = f"; the nearest amount below is ${whole:,.2f}" if whole else f"; one costs ${situation.price:,.2f}"
    return Refusal("whole_shares_only", f"This account holds whole shares only{near}.")


def _duplicate(situation: Situation) -> Refusal | None:
    if situation.duplicate is None:
        return None
    return Refusal("duplicate_order", "An order just like this one was placed less than a minute ago.")


def _restricted(situation: Situation) -> Refusal | None:
    if situation.restricted is None:
        return None
    return Refusal("restricted_symbol", f"{situation.draft.symbol} may not be traded: {situation.restricted}.")


def _limit(situation: Situation) -> Refusal | None:
    limit = situation.draft.limit_price
    if limit is None or (math.isfinite(limit) and limit > 0):
        return None
    return Refusal("limit_not_positive", "A limit price must be a positive number of dollars.")


RULES: Final[tuple[Rule, ...]] = (
    _amount,
    _symbol,
    _account,
    _cash,
    _holding,
    _whole_shares,
    _duplicate,
    _restricted,
    _limit,
)
"""All of them, in order. The session decides between now and the next opening and refuses nothing; tokens come last."""
