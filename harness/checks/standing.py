"""The account as it stands before each order of a trial, for the order guardrail to judge the order by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from harness.guardrails.exact import exact
from harness.guardrails.ledger import Ledger, read_ledger
from harness.guardrails.ledger.books import prices_of
from harness.guardrails.orders import Account, Instrument, Market, OrderRuling, Past, Policy, Quote, validate_order
from harness.guardrails.orders.reading import read
from harness.guardrails.orders.terms import side_of
from harness.guardrails.ruling import Breach

from .placed import Placed

_ZERO = Decimal(0)
_SHARE = Decimal("0.000000001")


@dataclass(slots=True)
class Standing:
    """What is known before the next order."""

    ledger: Ledger
    instruments: Mapping[str, Mapping[str, Any]]
    prices: Mapping[str, Decimal]
    as_of: str | None
    spent: Decimal = _ZERO
    recent: list[Past] = field(default_factory=list)
    moved: dict[str, Decimal] = field(default_factory=dict)
    """Cash by account, and shares by account and symbol, that earlier orders moved."""

    @classmethod
    def of(cls, ledger: Any, instruments: Any, as_of: str | None) -> Standing | None:
        """Read the account and the instruments; None when the ledger is none."""
        made, _ = read_ledger(ledger, instruments)
        rows: dict[str, Mapping[str, Any]] = {}
        if isinstance(instruments, list | tuple):
            rows = {str(row.get("symbol")): row for row in instruments if isinstance(row, Mapping)}
        elif isinstance(instruments, Mapping):
            rows = {str(key): row if isinstance(row, Mapping) else {} for key, row in instruments.items()}
        return None if made is None else cls(made, rows, prices_of(instruments), as_of)

    def judge(self, order: Placed, policy: Mapping[str, Any]) -> OrderRuling:
        """Judge an order, then take it as placed."""
        rules, _ = read(Policy, policy, path="policy")
        if order.order is None or rules is None:
            return OrderRuling((Breach("malformed", "block", "its terms cannot be read", path="$.order"),))
        account = self._account(order)
        ruling = validate_order(replace(order.order, account=""), account, self._market(order), rules)
        if order.order.account and self.ledger.find(order.order.account) is None:
            ruling = validate_order(order.order, account, self._market(order), rules)
        self._take(order, account, ruling)
        return ruling

    def _account(self, order: Placed) -> Account:
        assert order.order is not None
        found = self.ledger.find(order.order.account) or self.ledger.accounts[0]
        symbols = {item.symbol for item in found.holdings} | {order.order.symbol.upper()}
        held: dict[str, Decimal] = dict.fromkeys(symbols, _ZERO)
        for item in found.holdings:
            held[item.symbol] += item.quantity
        values = [account.value for account in self.ledger.accounts]
        total = None if None in values else sum((one for one in values if one is not None), _ZERO)
        return Account(
            id=found.key,
            name=found.key,
            cash=found.cash + self.moved.get(found.key, _ZERO),
            positions={name: shares + self.moved.get(f"{found.key}\n{name}", _ZERO) for name, shares in held.items()},
            total=total,
            day_notional=self.spent,
            recent=tuple(self.recent),
        )

    def _market(self, order: Placed) -> Market:
        assert order.order is not None
        symbol = order.order.symbol.upper()
        row = self.instruments.get(symbol)
        now = _moment(order.data.get("submitted_at")) or _moment(self.as_of)
        price = exact(order.data.get("estimated_price")) or self.prices.get(symbol)
        quote = None if price is None else Quote(price=price, at=_moment((row or {}).get("price_at")))
        return Market(now=now, instrument=None if row is None else Instrument(symbol=symbol), quote=quote)

    def _take(self, order: Placed, account: Account, ruling: OrderRuling) -> None:
        assert order.order is not None
        sign = -1 if side_of(order.order) == "buy" else 1
        value = ruling.value or _ZERO
        shares = exact(order.data.get("quantity")) or (ruling.quantity or _ZERO).quantize(_SHARE, ROUND_DOWN)
        self.spent += value
        self.moved[account.id] = self.moved.get(account.id, _ZERO) + sign * value
        key = f"{account.id}\n{order.order.symbol.upper()}"
        self.moved[key] = self.moved.get(key, _ZERO) - sign * shares
        one = order.order
        at = _moment(order.data.get("submitted_at")) or _moment(self.as_of)
        self.recent.append(Past(one.side, one.symbol, one.quantity, one.notional, one.account, one.key, at, "queued"))


def _moment(item: Any) -> datetime | None:
    if not isinstance(item, str) or len(item) > 40:
        return None
    try:
        moment = datetime.fromisoformat(item)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return None
