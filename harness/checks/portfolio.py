"""Read a portfolio from the end state that a trial's world recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.frozen import frozen

_DIMENSIONS = {
    "asset_classes": "allocation_asset_class",
    "regions": "allocation_regions",
    "sectors": "allocation_sectors",
}


@frozen
class Portfolio:
    """What is held, what it is called and what it is worth."""

    worth: Decimal
    """Positions at their current price and cash; positions without a price are left out."""

    names: Mapping[str, tuple[str, ...]]
    """`holdings`, `accounts`, `asset_classes`, `regions` and `sectors`, as a chart may label them."""

    amounts: Mapping[str, Mapping[str, Decimal]]
    """What each of them is worth, by the same kinds of names."""


def portfolio(artifacts: Mapping[str, Any]) -> Portfolio | None:
    """The portfolio in `ledger` (`accounts[{name, tax, cash, positions}]`) and `instruments`; None when there is none.

    A ledger that is there but cannot be read is no portfolio either: a check must not judge by half of one.
    """
    ledger, instruments = artifacts.get("ledger"), artifacts.get("instruments")
    accounts = ledger.get("accounts") if isinstance(ledger, Mapping) else None
    if not isinstance(accounts, list | tuple) or not accounts or not isinstance(instruments, Mapping):
        return None
    try:
        worth = sum((_worth(account, instruments) for account in accounts), Decimal(0))
    except (AttributeError, InvalidOperation, TypeError):
        return None
    held = [instruments.get(symbol) or {} for account in accounts for symbol in account.get("positions") or {}]
    symbols = [symbol for account in accounts for symbol in account.get("positions") or {}]
    return Portfolio(
        worth,
        {
            "holdings": _distinct([*symbols, *(row.get("name") for row in held)]),
            "accounts": _distinct(item for account in accounts for item in (account.get("name"), account.get("tax"))),
            **{name: _distinct(_keys(held, column)) for name, column in _DIMENSIONS.items()},
        },
        _amounts(accounts, instruments),
    )


def _amounts(accounts: Iterable[Mapping[str, Any]], instruments: Mapping[str, Any]) -> dict[str, dict[str, Decimal]]:
    """Worth by holding, account and allocation; an allocation that cannot be read counts for nothing."""
    found: dict[str, dict[str, Decimal]] = {
        name: defaultdict(Decimal) for name in ("holdings", "accounts", *_DIMENSIONS)
    }
    for account in accounts:
        found["accounts"][str(account.get("name") or account.get("tax") or "account")] += _worth(account, instruments)
        for symbol, quantity in (account.get("positions") or {}).items():
            row = instruments.get(symbol) or {}
            if row.get("current_price") is None:
                continue
            value = Decimal(str(quantity)) * Decimal(str(row["current_price"]))
            found["holdings"][str(symbol)] += value
            for name, column in _DIMENSIONS.items():
                for label, share in (row.get(column) or {}).items():
                    found[name][str(label)] += value * Decimal(str(share)) / 100
    return {name: dict(amounts) for name, amounts in found.items()}


def _worth(account: Mapping[str, Any], instruments: Mapping[str, Any]) -> Decimal:
    total = Decimal(str(account.get("cash") or 0))
    for symbol, quantity in (account.get("positions") or {}).items():
        price = (instruments.get(symbol) or {}).get("current_price")
        if price is not None:
            total += Decimal(str(quantity)) * Decimal(str(price))
    return total


def _keys(rows: Iterable[Mapping[str, Any]], column: str) -> Iterator[Any]:
    for row in rows:
        yield from row.get(column) or ()


def _distinct(items: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(item) for item in items if item))
