"""Trades that lead a portfolio to a target mix: buys, sells and cash net to zero, to the cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

CENT: Final = Decimal("0.01")
TARGETS: Final[Mapping[str, Mapping[str, float]]] = {
    "aggressive": {"equity": 100},
    "balanced": {"equity": 60, "fixed_income": 40},
    "conservative": {"equity": 30, "fixed_income": 60, "cash": 10},
}
_DEFAULTS: Final = {
    "equity": "VTI", "fixed_income": "BND", "real_estate": "VNQ", "commodities": "GLD", "alternatives": "QAI",
}  # fmt: skip


def rebalanced(rows: Sequence[Mapping[str, Any]], cash: Decimal, target: Mapping[str, Decimal]) -> dict[str, Any]:
    """Find the trades.

    A holding counts for the class that most of it is in. What is above its class's target is sold in proportion; what is missing is
    bought in the class's largest holding, or in a plain fund where there is none. Cash takes up the cents.
    """
    held = _held(rows)
    total = cash + sum((value for group in held.values() for value in group.values()), Decimal())
    signed: dict[str, Decimal] = {}
    for name in sorted({*held, *target} - {"cash"}):
        group = held.get(name, {})
        missing = total * target.get(name, Decimal()) / 100 - sum(group.values(), Decimal())
        signed |= _bought(name, group, missing) if missing > 0 else _sold(group, missing)
    trades = {symbol: amount.quantize(CENT, ROUND_HALF_UP) for symbol, amount in signed.items()}
    trades = {symbol: amount for symbol, amount in trades.items() if abs(amount) >= 1}
    bought = sum((amount for amount in trades.values() if amount > 0), Decimal())
    sold = -sum((amount for amount in trades.values() if amount < 0), Decimal())
    after = cash - bought + sold
    if after < 0:  # cents that rounding spent twice come off the largest purchase
        largest = max(trades, key=lambda symbol: trades[symbol])
        trades[largest] += after
        bought, after = bought + after, Decimal()
    return {
        "target_percent": {name: float(part) for name, part in target.items()},
        "current_percent": _mix(held, cash, total),
        "trades": [
            {"side": "buy" if amount > 0 else "sell", "symbol": symbol, "amount": float(abs(amount))}
            for symbol, amount in sorted(trades.items(), key=lambda pair: pair[1])
        ],
        "total_bought": float(bought),
        "total_sold": float(sold),
        "cash_before": float(cash.quantize(CENT)),
        "cash_after": float(after.quantize(CENT)),
        "net": float((bought - sold - (cash - after)).quantize(CENT)),
    }


def _held(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """Value of each holding, by the class that most of it is in."""
    held: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        parts: Mapping[str, float] = row["allocation_asset_class"] or {"unclassified": 100}
        group = held.setdefault(max(parts, key=lambda name: parts[name]), {})
        value = Decimal(str(row["quantity"])) * Decimal(str(row["current_price"]))
        group[row["symbol"]] = group.get(row["symbol"], Decimal()) + value
    return held


def _bought(name: str, group: Mapping[str, Decimal], missing: Decimal) -> dict[str, Decimal]:
    symbol = max(group, key=lambda one: group[one]) if group else _DEFAULTS.get(name)
    return {symbol: missing} if symbol else {}


def _sold(group: Mapping[str, Decimal], surplus: Decimal) -> dict[str, Decimal]:
    whole = sum(group.values(), Decimal())
    return {symbol: surplus * value / whole for symbol, value in group.items()} if whole else {}


def _mix(held: Mapping[str, Mapping[str, Decimal]], cash: Decimal, total: Decimal) -> dict[str, float]:
    found = {name: sum(group.values(), Decimal()) for name, group in held.items()}
    shares = {**found, "cash": cash}
    return {name: float((100 * value / total).quantize(CENT, ROUND_HALF_UP)) for name, value in shares.items()}
