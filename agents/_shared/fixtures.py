"""Build a trial's database from the files in `agents/data`."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import sqlite3
import tempfile
import uuid
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from harness.errors import UserError, nearest

AS_OF: Final = date(2026, 11, 20)
"""The day of the reference data: the Friday before Thanksgiving week."""

DATA: Final = Path(__file__).parent.parent / "data"
_KEYS: Final = ("portfolio", "user", "job", "others", "holdings")


class History(NamedTuple):
    """Synthetic closing prices."""

    days: list[str]
    """Sessions, oldest first, as ISO dates."""

    closes: Mapping[str, Sequence[float]]
    """Symbol to one price per session."""

    def last(self, symbol: str, day: date) -> tuple[float, str]:
        """The last close on or before a day, and its date.

        Raises:
            UserError: for a day before the first session.
        """
        index = bisect_right(self.days, day.isoformat()) - 1
        if index < 0:
            raise UserError(f"no price is known before {self.days[0]}", remedy="choose a later `as_of`")
        return self.closes[symbol][index], self.days[index]


def build(spec: Mapping[str, Any], *, day: date, seed: int) -> sqlite3.Connection:
    """Make a fresh database, in a file of its own, with what a case's `world` names.

    `portfolio` and `user` say whose, `others` names portfolios of other people in the same database, and `job` gives the job an
    id of its own and leaves it pending, as the queue's producer does. `holdings` puts positions into the first account, sound or
    not: `{ZZZQ: 10, VTI: NaN, AAPL: -5}`.

    Raises:
        UserError: for an unknown key, portfolio or user, holdings without a portfolio, or a quantity that is no number at all.
    """
    for key in spec:
        if key not in _KEYS:
            raise UserError(f"unknown world key {key!r}", remedy=nearest(str(key), _KEYS))
    database = opened(day)
    try:
        return _filled(database, spec, day=day, seed=seed)
    except BaseException:
        file = file_of(database)
        database.close()
        file.unlink()
        raise


def _filled(database: sqlite3.Connection, spec: Mapping[str, Any], *, day: date, seed: int) -> sqlite3.Connection:
    portfolio = _named(spec.get("portfolio"), portfolios(), "portfolio")
    user = _named(spec.get("user", portfolio.get("user") if portfolio else None), users(), "user")
    if user:
        insert(database, "users", user)
    if portfolio and user:
        _fund(database, portfolio, name=str(spec["portfolio"]), owner=user["clerk_user_id"], day=day)
    _replace(database, spec.get("holdings", {}), day=day)
    _neighbours(database, spec.get("others", ()), day=day)
    insert(database, "jobs", _job(spec.get("job"), user=user, day=day, seed=seed))
    return database


def opened(day: date) -> sqlite3.Connection:
    """A fresh database file with the tables, instruments and research notes of a day, and nobody's accounts.

    It lies in the worker's own folder, which goes with the worker, or else among the temporary files; whoever closes the
    connection deletes it.
    """
    here = Path.cwd()
    folder = here if here.name == str(os.getpid()) else None
    handle, name = tempfile.mkstemp(prefix="world-", suffix=".db", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(_template(day))
    database = sqlite3.connect(name, check_same_thread=False, isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = NORMAL"):
        database.execute(f"PRAGMA {setting}")  # the file outlives nothing but its trial
    return database


def file_of(database: sqlite3.Connection) -> Path:
    """Where a database lies."""
    return Path(database.execute("PRAGMA database_list").fetchone()[2])


def _replace(database: sqlite3.Connection, holdings: Mapping[str, Any], *, day: date) -> None:
    """Put positions into the first account as a broken import would: nothing is checked here, for agents have to."""
    account = database.execute("SELECT id FROM accounts ORDER BY rowid LIMIT 1").fetchone()
    if holdings and account is None:
        raise UserError("`holdings` need an account to lie in", remedy="name a `portfolio` as well")
    for symbol, given in holdings.items():
        try:
            quantity = float(given)
        except (TypeError, ValueError):
            raise UserError(f"the quantity of {symbol} is {given!r}", remedy="give a number, or NaN") from None
        database.execute(
            "INSERT INTO positions VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, symbol) DO UPDATE SET quantity = excluded.quantity",
            (f"given:{symbol}", account[0], str(symbol), quantity, day.isoformat()),
        )


def _neighbours(database: sqlite3.Connection, names: Sequence[str], *, day: date) -> None:
    """Other people's portfolios, which no job of this trial may read."""
    for name in names:
        portfolio = _named(name, portfolios(), "portfolio")
        assert portfolio is not None
        insert(database, "users", users()[portfolio["user"]])
        _fund(database, portfolio, name=name, owner=portfolio["user"], day=day)


def _job(given: str | None, *, user: Mapping[str, Any] | None, day: date, seed: int) -> dict[str, Any]:
    source = random.Random(f"job:{seed}")  # noqa: S311 - ids must be reproducible, not secret
    now = f"{day.isoformat()}T15:30:00Z"
    return {
        "id": given or _uuid(source),
        "clerk_user_id": user["clerk_user_id"] if user else None,
        "job_type": "portfolio_analysis",
        "status": "pending" if given else "running",
        "created_at": now,
        "started_at": None if given else now,
    }


@cache
def portfolios() -> dict[str, Any]:
    """The portfolios by id."""
    return _read("portfolios.json")  # type: ignore[no-any-return]


@cache
def users() -> dict[str, Any]:
    """The users by id."""
    return {user["clerk_user_id"]: user for user in _read("users.json")}


@cache
def instruments() -> list[dict[str, Any]]:
    """The instruments, with their allocations as of the reference day."""
    return _read("instruments.json")  # type: ignore[no-any-return]


@cache
def snippets() -> list[dict[str, Any]]:
    """The research notes, with the labels `kind` and `pair` that no agent sees."""
    return _read("snippets.json")  # type: ignore[no-any-return]


@cache
def assumptions() -> dict[str, Any]:
    """The sets of assumptions about returns, by id."""
    return _read("assumptions.json")  # type: ignore[no-any-return]


@cache
def _ledger() -> dict[str, list[dict[str, Any]]]:
    """The events of each portfolio, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in _read("ledger.json")["events"]:
        found.setdefault(event["portfolio"], []).append(event)
    return found


@cache
def history() -> History:
    """The synthetic price history; read only when a day other than the reference day is asked for."""
    with gzip.open(DATA / "prices.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    columns = list(zip(*lines, strict=True))
    closes = {name: [float(close) for close in column] for name, column in zip(header[1:], columns[1:], strict=True)}
    return History(list(columns[0]), closes)


@cache
def _template(day: date) -> bytes:
    """A database with the tables and instruments of a day; copying its bytes is cheaper than filling it again."""
    database = sqlite3.connect(":memory:")
    try:
        for tables in ("tables.sql", "broker_tables.sql"):
            database.executescript((Path(__file__).parent / tables).read_text(encoding="utf-8"))
        for item in instruments():
            known = {name: content for name, content in item.items() if name != "origin"}
            price, price_date = _price(item, day)
            insert(database, "instruments", {**known, "current_price": price, "price_date": price_date})
        for note in snippets():
            known = {name: content for name, content in note.items() if name not in ("kind", "pair")}
            if note["date"] <= day.isoformat():
                insert(database, "snippets", known)
        database.commit()
        return database.serialize()
    finally:
        database.close()


def _price(item: Mapping[str, Any], day: date) -> tuple[float, str]:
    if day == AS_OF:
        return item["current_price"], AS_OF.isoformat()
    return history().last(item["symbol"], day)


def _fund(database: sqlite3.Connection, portfolio: Mapping[str, Any], *, name: str, owner: str, day: date) -> None:
    source = random.Random(f"{owner}:{portfolio['description']}")  # noqa: S311 - ids must be reproducible, not secret
    opened: dict[str, str] = {}
    for account in portfolio["accounts"]:
        row = {
            "id": _uuid(source),
            "clerk_user_id": owner,
            "account_name": account["name"],
            "account_purpose": account["purpose"],
            "tax_treatment": account["tax"],
            "cash_balance": float(account["cash"]),
            "cash_interest": float(account["interest"]),
        }
        insert(database, "accounts", row)
        opened[account["name"]] = row["id"]
        for symbol, quantity in account["positions"].items():
            position = {"id": _uuid(source), "account_id": row["id"], "symbol": symbol, "quantity": float(quantity)}
            insert(database, "positions", {**position, "as_of_date": day.isoformat()})
    for event in _ledger().get(name, ()):
        if event["date"] <= day.isoformat():
            facts = {key: event[key] for key in ("id", "date", "kind", "symbol", "quantity", "price", "amount")}
            insert(database, "activities", {**facts, "account_id": opened[event["account"]]})
    _spoil(database, portfolio)


def _spoil(database: sqlite3.Connection, portfolio: Mapping[str, Any]) -> None:
    """Take away what this portfolio is known to lack: classifications, prices, fresh prices."""
    for symbol in portfolio.get("untagged", ()):
        database.execute(
            "UPDATE instruments SET instrument_type = NULL, allocation_regions = NULL, allocation_sectors = NULL,"
            " allocation_asset_class = NULL WHERE symbol = ?",
            (symbol,),
        )
    for symbol in portfolio.get("unpriced", ()):
        database.execute("UPDATE instruments SET current_price = NULL, price_date = NULL WHERE symbol = ?", (symbol,))
    for symbol, stopped in portfolio.get("stale", {}).items():
        price = history().last(symbol, date.fromisoformat(stopped))
        database.execute("UPDATE instruments SET current_price = ?, price_date = ? WHERE symbol = ?", (*price, symbol))


def insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Add a row; lists and mappings are stored as JSON text."""
    marks = ", ".join("?" * len(row))
    database.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608 - names come from this module and its data
        [json.dumps(item, ensure_ascii=False) if isinstance(item, dict | list) else item for item in row.values()],
    )


def _named(name: Any, known: Mapping[str, Any], what: str) -> dict[str, Any] | None:
    if name is None:
        return None
    if name not in known:
        raise UserError(f"unknown {what} {name!r}", remedy=nearest(str(name), known))
    return known[name]  # type: ignore[no-any-return]


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
