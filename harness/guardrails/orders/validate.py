"""Judge an order before it is placed: a pure function of the order, the account, the market and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from itertools import chain
from typing import Any

from harness.frozen import frozen
from harness.guardrails.exact import plain
from harness.guardrails.ruling import Breach, Ruling, closed

from .reading import read
from .rules_form import DETAIL, FORM
from .rules_money import MONEY
from .rules_place import PLACE
from .situation import Situation
from .terms import order_hash
from .values import Account, Market, Order, Policy


@frozen
class OrderRuling(Ruling):
    """What the validator concluded about one order."""

    order: Order | None = None
    """The order as it was read; None when it could not be."""

    hash: str = ""
    """Hash of its terms, which a confirmation is bound to."""

    quantity: Decimal | None = None
    """Shares that it is for, at the last price."""

    value: Decimal | None = None
    """Money that it moves at most."""

    def as_json(self) -> dict[str, Any]:
        """The ruling as JSON-plain data."""
        amounts = {"quantity": self.quantity, "value": self.value}
        written = {name: None if number is None else plain(number) for name, number in amounts.items()}
        return {**Ruling.as_json(self), "hash": self.hash, **written}


@closed(OrderRuling)
def validate_order(
    order: Order | Mapping[str, Any],
    account: Account | Mapping[str, Any],
    market: Market | Mapping[str, Any],
    policy: Policy | Mapping[str, Any] | None = None,
) -> OrderRuling:
    """Say everything that speaks against an order. Nothing but these four arguments is looked at, and nothing is changed.

    Mappings are read strictly: a key that means nothing, a number that is none and a time without a zone block. What is unknown
    (a price, the state of the exchange, the cash) counts against the order. It never raises.
    """
    read_order, wrong = read(Order, order, path="order")
    read_account, wrong_account = read(Account, account, path="account")
    read_market, wrong_market = read(Market, market, path="market")
    read_policy, wrong_policy = read(Policy, policy if policy is not None else Policy(), path="policy")
    problems = (*wrong, *wrong_account, *wrong_market, *wrong_policy)
    parts = (read_order, read_account, read_market, read_policy)
    if read_order is None or read_account is None or read_market is None or read_policy is None:
        names = [
            name for name, part in zip(("order", "account", "market", "policy"), parts, strict=True) if part is None
        ]
        problems = problems or tuple(
            Breach("malformed", "block", f"there is no {name}", path=f"$.{name}") for name in names
        )
        return OrderRuling(problems, order=read_order, hash=order_hash(read_order) if read_order else "")
    with localcontext() as context:
        context.prec = 60  # more digits than amounts of 18 places times prices of 24 need before rounding
        return _judged(Situation(read_order, read_account, read_market, read_policy))


def _judged(situation: Situation) -> OrderRuling:
    digest = order_hash(situation.order)
    form = tuple(chain.from_iterable(rule(situation) for rule in FORM))
    if any(one.severity == "block" for one in form):
        return OrderRuling(form, order=situation.order, hash=digest)
    rest = chain.from_iterable(rule(situation) for rule in (*DETAIL, *PLACE, *MONEY))
    return OrderRuling(
        (*form, *rest), order=situation.order, hash=digest, quantity=situation.quantity, value=situation.value
    )
