"""Movements of money and shares: fills, deposits, dividends, fees, transfers; and what a ledger is after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from harness.frozen import frozen
from harness.guardrails.exact import exact
from harness.guardrails.ruling import Breach, cut

from .books import Ledger

State: TypeAlias = dict[str, dict[str, Any]]
"""Account to `{"cash": Decimal, "positions": {symbol: Decimal}}`; positions of nothing are left out."""

IN: Final = frozenset({"deposit", "interest", "dividend", "contribution", "credit", "transfer_in", "sell", "refund"})
OUT: Final = frozenset(
    {"withdrawal", "fee", "fees", "tax", "commission", "debit", "transfer_out", "buy", "distribution"}
)
SIGNED: Final = frozenset({"transfer", "adjustment", "journal"})
SHARES: Final = frozenset({"split", "reinvestment", "stock_dividend", "spin_off"})
"""Kinds that bring money, take it, do either by their sign, or move shares alone."""

PENDING: Final = frozenset(
    {"previewed", "queued", "cancelled", "canceled", "rejected", "expired", "pending", "new", "draft", "open"}
)
"""States of orders that have moved nothing."""

_ZERO: Final = Decimal(0)


@frozen
class Movement:
    """What one event does to one account."""

    account: str
    """Key of the account in the ledger."""

    kind: str
    cash: Decimal = _ZERO
    """Money that it brings; negative for what it takes."""

    symbol: str = ""
    shares: Decimal = _ZERO
    """Shares that it brings."""

    path: str = ""
    """Where it stands."""

    @property
    def between(self) -> bool:
        """Whether it only moves something from one account to another."""
        return self.kind in {"transfer", "transfer_in", "transfer_out", "journal"}


def read_movements(rows: Any, ledger: Ledger, *, path: str = "$") -> tuple[tuple[Movement, ...], tuple[Breach, ...]]:
    """Make movements of orders (`side`, with fills) and activities (`kind` or `type`, with `amount`)."""
    if not isinstance(rows, list | tuple) or len(rows) > 100_000:
        return (), (Breach("malformed", "block", f"{path} is no list of movements", path=path),)
    made: list[Movement] = []
    problems: list[Breach] = []
    for place, row in enumerate(rows):
        here = f"{path}[{place}]"
        if not isinstance(row, Mapping):
            problems.append(Breach("malformed", "block", f"{here} is no movement", path=here))
        elif str(row.get("status") or "").casefold() not in PENDING:
            one = _movement(row, ledger, here)
            (problems if isinstance(one, Breach) else made).append(one)  # type: ignore[arg-type]  # each to its own kind
    return tuple(made), tuple(problems[:50])


def _movement(row: Mapping[Any, Any], ledger: Ledger, path: str) -> Movement | Breach:
    kind = str(row.get("kind") or row.get("type") or row.get("side") or "").casefold()
    if kind in {"market", "limit", "stop", "trade"}:
        kind = str(row.get("side") or "").casefold()
    if kind not in IN | OUT | SIGNED | SHARES:
        return Breach(
            "unknown-movement", "block", f"{path} is a {cut(kind or 'nothing')!r}, which explains nothing", path=path
        )
    account = ledger.find(row.get("account") or row.get("account_name") or row.get("account_id"))
    if account is None:
        return Breach("unknown-account", "block", f"{path} is of no account of the ledger", path=path)
    numbers: dict[str, Decimal | None] = {}
    for name in ("amount", "notional", "quantity", "price", "fees"):
        item = row.get(name, row.get("fee") if name == "fees" else None)
        numbers[name] = exact(item)
        if item is not None and numbers[name] is None:
            return Breach("malformed", "block", f"{path}.{name} is no finite number", path=f"{path}.{name}")
    shares = _shares(kind, numbers["quantity"])
    cash = _cash(kind, numbers)
    if cash is None or (kind in {"buy", "sell"} and numbers["quantity"] is None):
        return Breach("malformed", "block", f"{path} does not say how much was moved", path=path)
    return Movement(account.key, kind, cash - abs(numbers["fees"] or _ZERO), str(row.get("symbol") or ""), shares, path)


def _shares(kind: str, quantity: Decimal | None) -> Decimal:
    if quantity is None or kind in {"dividend", "interest", "fee", "fees", "tax", "deposit", "withdrawal"}:
        return _ZERO
    return (
        -abs(quantity)
        if kind in {"sell", "transfer_out"}
        else abs(quantity)
        if kind in {"buy", "transfer_in"}
        else quantity
    )


def _cash(kind: str, numbers: Mapping[str, Decimal | None]) -> Decimal | None:
    amount, quantity, price = numbers["amount"], numbers["quantity"], numbers["price"]
    if kind in SHARES:
        return amount or _ZERO
    if amount is None and quantity is not None and price is not None:
        amount = quantity * price
    if amount is None and kind in {"buy", "sell"}:
        amount = numbers["notional"]
    if amount is None:
        return _ZERO if quantity is not None and kind not in {"buy", "sell"} else None
    return amount if kind in SIGNED else abs(amount) if kind in IN else -abs(amount)


def state(ledger: Ledger) -> State:
    """What is in the accounts."""
    made: State = {}
    for account in ledger.accounts:
        positions: dict[str, Decimal] = {}
        for item in account.holdings:
            positions[item.symbol] = positions.get(item.symbol, _ZERO) + item.quantity
        made[account.key] = {
            "cash": account.cash,
            "positions": {name: held for name, held in positions.items() if held},
        }
    return made


def after(start: State, movements: Iterable[Movement]) -> State:
    """What is in the accounts once the movements have happened; the start is left as it is."""
    made: State = {key: {"cash": one["cash"], "positions": dict(one["positions"])} for key, one in start.items()}
    for movement in movements:
        account = made.setdefault(movement.account, {"cash": _ZERO, "positions": {}})
        account["cash"] += movement.cash
        if movement.symbol and movement.shares:
            held = account["positions"].get(movement.symbol, _ZERO) + movement.shares
            account["positions"][movement.symbol] = held
            if not held:
                del account["positions"][movement.symbol]
    return made
