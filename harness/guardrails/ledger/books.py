"""Read a ledger of documented shape: accounts with cash and positions, and whatever totals it states itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from harness.frozen import frozen
from harness.guardrails.exact import exact, shown
from harness.guardrails.ruling import Breach

_MOST: Final = 10_000
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "cash": ("cash", "cash_balance"),
    "total": ("total", "total_value", "value", "worth"),
    "gain": ("gain", "unrealized", "unrealized_gain", "unrealized_pnl", "unrealised"),
    "realized": ("realized", "realized_gain", "realized_pnl", "realised"),
    "profit": ("profit", "pnl", "profit_loss", "total_gain"),
    "quantity": ("quantity", "qty", "shares"),
    "price": ("price", "current_price", "last_price"),
    "worth": ("value", "market_value", "worth"),
    "cost": ("cost", "cost_basis"),
    "weight": ("weight", "weight_percent", "share_percent"),
}
"""Keys under which each figure may stand; the first that is there counts."""


@frozen
class Holding:
    """One position."""

    symbol: str
    quantity: Decimal
    path: str
    """Where it stands in the ledger."""

    price: Decimal | None = None
    """Price of a share: its own, or that of the instruments beside the ledger."""

    worth: Decimal | None = None
    """What the ledger says it is worth."""

    cost: Decimal | None = None
    """What it was bought for."""

    gain: Decimal | None = None
    """What the ledger says it has gained."""

    weight: Decimal | None = None
    """What the ledger says its share is, as a percentage or as a fraction."""

    @property
    def value(self) -> Decimal | None:
        """Shares times price."""
        return None if self.price is None else self.quantity * self.price


@frozen
class Account:
    """One account."""

    key: str
    """Its name, or its id where names are missing or not unique."""

    names: frozenset[str]
    """Id and name, without regard to case: what movements may call it."""

    path: str
    cash: Decimal
    holdings: tuple[Holding, ...] = ()
    total: Decimal | None = None
    gain: Decimal | None = None
    realized: Decimal | None = None
    profit: Decimal | None = None

    @property
    def value(self) -> Decimal | None:
        """Cash and positions; None while a price is missing."""
        values = [item.value for item in self.holdings if item.quantity]
        return None if None in values else self.cash + sum((one for one in values if one is not None), Decimal(0))


@frozen
class Ledger:
    """All accounts of one client."""

    accounts: tuple[Account, ...] = ()
    total: Decimal | None = None
    gain: Decimal | None = None
    realized: Decimal | None = None
    profit: Decimal | None = None
    prices: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))

    def find(self, name: Any) -> Account | None:
        """The account of an id or name; the only one, where none is named."""
        if name in (None, "") and len(self.accounts) == 1:
            return self.accounts[0]
        wanted = str(name).strip().casefold()
        return next((one for one in self.accounts if wanted in one.names), None)


def read_ledger(data: Any, prices: Any = None) -> tuple[Ledger | None, tuple[Breach, ...]]:
    """Make a ledger of plain data; None with what is wrong where it cannot be read.

    `data` is `{accounts: [{id?, name?, cash, positions: {symbol: shares} | [{symbol, quantity, ...}], total?}], total?}`, or
    the list of accounts itself; `prices` is `{symbol: price}` or `{symbol: {current_price | price}}`.
    """
    reader = _Reader(prices_of(prices))
    rows = data.get("accounts") if isinstance(data, Mapping) else data
    if not isinstance(rows, list | tuple) or not rows or len(rows) > _MOST:
        return None, (_bad("$.accounts", "there are no accounts"),)
    accounts = tuple(reader.accounts(rows))
    top = data if isinstance(data, Mapping) else {}
    stated = {name: reader.stated(top, name, "$") for name in ("total", "gain", "realized", "profit")}
    if reader.problems:
        return None, tuple(reader.problems)
    return Ledger(accounts, prices=MappingProxyType(reader.prices), **stated), ()


class _Reader:
    """Reads, and keeps what is wrong."""

    def __init__(self, prices: dict[str, Decimal]) -> None:
        self.prices = prices
        self.problems: list[Breach] = []

    def accounts(self, rows: list[Any] | tuple[Any, ...]) -> Iterator[Account]:
        """Every account."""
        names = [str(row.get("name") or row.get("account_name") or "") for row in rows if isinstance(row, Mapping)]
        by_name = all(names) and len({name.casefold() for name in names}) == len(rows)
        for place, row in enumerate(rows):
            path = f"$.accounts[{place}]"
            if not isinstance(row, Mapping):
                self._note(path, "is no account")
                continue
            name = str(row.get("name") or row.get("account_name") or "")
            known = str(row.get("id") or row.get("account_id") or "")
            yield self._account(
                row, path, (name if by_name else known or name) or f"account {place + 1}", {name, known}
            )

    def _account(self, row: Mapping[Any, Any], path: str, key: str, names: set[str]) -> Account:
        stated = {name: self.stated(row, name, path) for name in ("cash", "total", "gain", "realized", "profit")}
        cash = stated.pop("cash")
        if cash is None:
            self._note(f"{path}.cash", "is missing")
        return Account(
            key,
            frozenset(one.strip().casefold() for one in {*names, key} if one),
            path,
            cash or Decimal(0),
            tuple(self._holdings(row.get("positions") or row.get("holdings") or (), f"{path}.positions")),
            **stated,
        )

    def _holdings(self, rows: Any, path: str) -> Iterator[Holding]:
        if isinstance(rows, Mapping) and len(rows) <= _MOST:
            for symbol, item in rows.items():
                row = item if isinstance(item, Mapping) else {"quantity": item}
                yield from self._holding(str(symbol), row, f"{path}.{symbol}")
        elif isinstance(rows, list | tuple) and len(rows) <= _MOST:
            for place, row in enumerate(rows):
                if isinstance(row, Mapping) and isinstance(row.get("symbol"), str):
                    yield from self._holding(row["symbol"], row, f"{path}[{place}]")
                else:
                    self._note(f"{path}[{place}]", "is no position")
        else:
            self._note(path, "are no positions")

    def _holding(self, symbol: str, row: Mapping[Any, Any], path: str) -> Iterator[Holding]:
        stated = {name: self.stated(row, name, path) for name in ("price", "worth", "cost", "gain", "weight")}
        quantity = self.stated(row, "quantity", path)
        if quantity is None:
            self._note(path, "has no number of shares")
            return
        if stated["price"] is None:
            stated["price"] = self.prices.get(symbol)
        else:
            self.prices.setdefault(symbol, stated["price"])
        yield Holding(symbol, quantity, path, **stated)

    def stated(self, row: Mapping[Any, Any], name: str, path: str) -> Decimal | None:
        """A figure, under any of its names."""
        for key in _NAMES[name]:
            if row.get(key) is not None and not isinstance(row[key], Mapping | list):
                number = exact(row[key])
                if number is None:
                    self._note(f"{path}.{key}", f"is {shown(row[key])}, which is no finite number")
                return number
        return None

    def _note(self, path: str, problem: str) -> None:
        if len(self.problems) < 50:
            self.problems.append(_bad(path, problem))


def prices_of(data: Any) -> dict[str, Decimal]:
    """Prices by symbol, from a mapping of prices or of instruments, or from a list of instruments."""
    found: dict[str, Decimal] = {}
    if isinstance(data, list | tuple):
        data = {row["symbol"]: row for row in data if isinstance(row, Mapping) and isinstance(row.get("symbol"), str)}
    if not isinstance(data, Mapping):
        return found
    for symbol, item in data.items():
        row = item if isinstance(item, Mapping) else {"price": item}
        price = next((number for key in _NAMES["price"] if (number := exact(row.get(key))) is not None), None)
        if price is not None:
            found[str(symbol)] = price
    return found


def _bad(path: str, problem: str) -> Breach:
    return Breach("malformed", "block", f"{path} {problem}", path=path)
