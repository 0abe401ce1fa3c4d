"""The broker's side of a trial's database: orders, tokens, fills, and what is free to trade with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from .broker_rules import Draft, Situation

DATA: Final = Path(__file__).parent.parent / "data" / "brokerage.json"

_OWN: Final = "FROM accounts JOIN jobs USING (clerk_user_id)"
"""The accounts of the client of this trial, and nobody else's."""


class Book:
    """Reads and writes of one broker, nothing of which decides anything."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def situation(self, draft: Draft, *, since: str) -> Situation:
        """Everything that the rules ask about an order."""
        rows = self._rows("SELECT * FROM instruments WHERE symbol = ?", draft.symbol)
        instrument = rows[0] if rows else None
        account = self._account(draft)
        if account is None:
            return Situation(draft, instrument, None)
        return Situation(
            draft,
            instrument,
            account,
            free_cash=_exact(account["cash_balance"]) - self._promised(account["id"], "buy", None, "notional"),
            held=self._free_shares(account["id"], draft.symbol),
            total=self._total(),
            whole_shares=account["account_name"] in brokerage()["whole_share_accounts"],
            duplicate=self._duplicate(draft, account["id"], since),
            restricted=brokerage()["restricted"].get(draft.symbol),
        )

    def held(self, symbol: str) -> list[dict[str, Any]]:
        """Where a symbol is held, what it is worth, and what is free to buy with."""
        return self._rows(
            "SELECT account_name AS account, coalesce(quantity, 0) AS quantity,"
            " round(coalesce(quantity, 0) * current_price, 2) AS value, cash_balance AS cash"
            f" {_OWN} JOIN instruments ON instruments.symbol = ?1"
            " LEFT JOIN positions ON account_id = accounts.id AND positions.symbol = ?1 ORDER BY accounts.rowid",
            symbol,
        )

    def order(self, order_id: str) -> dict[str, Any] | None:
        """One order with the name of its account."""
        return self._one(
            "SELECT orders.*, account_name FROM orders JOIN accounts ON accounts.id = account_id WHERE orders.id = ?",
            order_id,
        )

    def by_key(self, key: str) -> dict[str, Any] | None:
        """The order that was submitted under an idempotency key."""
        return self._one("SELECT * FROM orders WHERE idempotency_key = ?", key)

    def fill(self, order_id: str) -> dict[str, Any] | None:
        """The fill of an order."""
        return self._one("SELECT quantity, price, amount, filled_at FROM fills WHERE order_id = ?", order_id)

    def token(self, token: str) -> dict[str, Any] | None:
        """A token that was issued."""
        return self._one("SELECT * FROM tokens WHERE token = ?", token)

    def spend(self, token: str, moment: str) -> None:
        """Mark a token as used."""
        self._database.execute("UPDATE tokens SET used_at = ? WHERE token = ?", (moment, token))

    def queued(self, moment: str) -> list[dict[str, Any]]:
        """Queued orders that are due, the oldest first."""
        return self._rows("SELECT * FROM orders WHERE status = 'queued' AND execute_at <= ? ORDER BY rowid", moment)

    def update(self, order_id: str, **columns: Any) -> None:
        """Change an order."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._database.execute(f"UPDATE orders SET {assignments} WHERE id = ?", (*columns.values(), order_id))  # noqa: S608 - column names are ours

    def insert(self, table: str, **row: Any) -> None:
        """Add a row."""
        marks = ", ".join("?" * len(row))
        self._database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])  # noqa: S608 - names are ours

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names are ours

    def move(self, order: Mapping[str, Any], *, quantity: Decimal, amount: Decimal) -> None:
        """Exchange cash and shares."""
        account, symbol, sign = order["account_id"], order["symbol"], 1 if order["side"] == "buy" else -1
        cash = self._rows("SELECT cash_balance FROM accounts WHERE id = ?", account)[0]["cash_balance"]
        left = float(_exact(cash) - sign * amount)
        self._database.execute("UPDATE accounts SET cash_balance = ? WHERE id = ?", (left, account))
        shares = self._shares(account, symbol) + sign * quantity
        if shares <= 0:
            self._database.execute("DELETE FROM positions WHERE account_id = ? AND symbol = ?", (account, symbol))
            return
        self._database.execute(
            "INSERT INTO positions (id, account_id, symbol, quantity, as_of_date) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, symbol) DO UPDATE SET quantity = excluded.quantity, as_of_date = excluded.as_of_date",
            (f"position-{order['id']}", account, symbol, float(shares), order["execute_at"][:10]),
        )

    def _account(self, draft: Draft) -> dict[str, Any] | None:
        """The account that is named; otherwise for a sale where most of it is, for a purchase where most cash is."""
        accounts = self._rows(f"SELECT accounts.* {_OWN} ORDER BY accounts.rowid")
        if draft.account is not None:
            wanted = draft.account.strip().casefold()
            return next((one for one in accounts if wanted in {one["id"], one["account_name"].casefold()}), None)
        if draft.side == "sell":
            return max(accounts, key=lambda one: self._shares(one["id"], draft.symbol), default=None)
        return max(accounts, key=lambda one: one["cash_balance"], default=None)

    def _free_shares(self, account: str, symbol: str) -> Decimal:
        return self._shares(account, symbol) - self._promised(account, "sell", symbol, "quantity")

    def _shares(self, account: str, symbol: str) -> Decimal:
        row = self._one("SELECT quantity FROM positions WHERE account_id = ? AND symbol = ?", account, symbol)
        return _exact(row["quantity"]) if row and row["quantity"] is not None else Decimal()

    def _promised(self, account: str, side: str, symbol: str | None, column: str) -> Decimal:
        """What queued orders of an account will use."""
        rows = self._rows(
            f"SELECT {column} AS part FROM orders WHERE status = 'queued' AND account_id = ? AND side = ?"  # noqa: S608 - column names are ours
            " AND (?3 IS NULL OR symbol = ?3)",
            account,
            side,
            symbol,
        )
        return sum((_exact(row["part"]) for row in rows), Decimal())

    def _total(self) -> Decimal:
        rows = self._rows(
            f"SELECT quantity, current_price {_OWN} JOIN positions ON account_id = accounts.id"
            " JOIN instruments USING (symbol) WHERE current_price IS NOT NULL AND quantity > 0"
        )
        cash = self._rows(f"SELECT cash_balance {_OWN}")
        held = sum((_exact(row["quantity"]) * _exact(row["current_price"]) for row in rows), Decimal())
        return held + sum((_exact(row["cash_balance"]) for row in cash), Decimal())

    def _duplicate(self, draft: Draft, account: str, since: str) -> str | None:
        row = self._one(
            "SELECT id FROM orders WHERE account_id = ? AND symbol = ? AND side = ? AND notional = ? AND submitted_at > ?"
            " AND status IN ('queued', 'filled')",
            account,
            draft.symbol,
            draft.side,
            draft.notional,
            since,
        )
        return None if row is None else str(row["id"])

    def _one(self, query: str, *values: Any) -> dict[str, Any] | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._database.execute(query, values)]


@cache
def brokerage() -> dict[str, Any]:
    """Restricted symbols, accounts of whole shares, and what holdings were bought for."""
    return json.loads(DATA.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
