"""The world of a trial: a private database file with a user, accounts, instruments and one job, on a fixed day."""

from __future__ import annotations

import copy
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.faults import here
from harness.faults.market import RATIO, STALE_DAYS

from . import fixtures
from .calendar_clock import WorldClock
from .conditions import Conditions
from .pricefeed import PriceFeed

if TYPE_CHECKING:
    from .broker import Broker
    from .memory import Memory

_JSON_COLUMNS = frozenset(
    {
        "allocation_asset_class", "allocation_regions", "allocation_sectors", "asset_class_targets", "region_targets",
        "goals", "request_payload", "report_payload", "charts_payload", "retirement_payload", "summary_payload", "symbols",
    }
)  # fmt: skip
_TABLES = (
    "users", "instruments", "accounts", "positions", "activities", "snippets", "jobs", "orders", "fills", "tokens", "memories",
)  # fmt: skip
_CLIENT = ("memory", "pace_s")
STORE_S = 30.0
"""How long a store takes that is slow, or does not answer."""
_TERMINAL = frozenset({"completed", "partial", "failed"})


def open_world(spec: Mapping[str, Any], *, as_of: str | None, seed: int, root: Path) -> World:  # noqa: ARG001 - the data lie beside this file
    """Open the world that a case names, such as `{portfolio: P01}`; an empty one has instruments and nobody to own them.

    Raises:
        UserError: for an unknown portfolio, an unknown key, or a day outside the price history.
    """
    day = date.fromisoformat(as_of[:10]) if as_of else fixtures.AS_OF
    conditions, rest = Conditions.split(spec)
    client = {key: rest.pop(key) for key in _CLIENT if key in rest}
    clock = WorldClock.at(as_of, default=day)
    database = fixtures.build(rest, day=day, seed=seed)
    return World(database, day=day, conditions=conditions, clock=clock, seed=seed, client=client)


class StoreDownError(Exception):
    """The job store could not be reached."""


class Saved(NamedTuple):
    """A world as it was."""

    database: bytes
    """All tables."""

    kept: dict[str, Any]
    """What agents kept."""

    moment: datetime
    """Time inside the trial."""


class World:
    """One trial's database. Everything read from it is plain data, with JSON columns decoded."""

    def __init__(
        self,
        database: sqlite3.Connection,
        *,
        day: date,
        conditions: Conditions = Conditions(),  # noqa: B008 - frozen
        clock: WorldClock | None = None,
        seed: int = 0,
        client: Mapping[str, Any] | None = None,
    ) -> None:
        self.clock = clock or WorldClock.at(None, default=day)
        """Time inside the trial, which goes on only when somebody lets it."""
        self.client: Mapping[str, Any] = client or {}
        """What the case says of the client: `memory` of earlier sessions, `pace_s` between messages."""
        self.faults = here()
        """What the case wants to go wrong; the store, the prices and the broker ask it."""
        if self.faults:
            self.faults.on_pass.append(self.clock.advance)
        self.kept: dict[str, Any] = {}
        """What an agent keeps from one turn to the next."""
        self._seed = seed
        self.as_of = day
        """The day to take as today."""
        self.conditions = conditions
        """What does not work around the agent in this trial."""
        self._database = database
        self._database.row_factory = sqlite3.Row
        self.file = fixtures.file_of(database)
        """The trial's SQLite file; other programs can read it while the trial runs."""
        self._written: set[str] = set()
        self._now = f"{day.isoformat()}T15:30:00Z"

    @cached_property
    def broker(self) -> Broker:
        """The paper broker of this trial."""
        from .broker import Broker  # noqa: PLC0415 - agents that never trade need neither broker nor calendar
        from .calendar_nyse import calendar  # noqa: PLC0415

        return Broker(self._database, clock=self.clock, calendar=calendar(), seed=self._seed, prices=self._priced)

    @cached_property
    def memory(self) -> Memory:
        """What is remembered about the client, from earlier sessions too."""
        from .memory import Memory  # noqa: PLC0415 - as above

        return Memory(self._database, self.clock, self.client.get("memory") or {})

    def answers(self, service: str) -> bool:
        """Try to reach a service; every try counts towards `down_after`."""
        tries: dict[str, int] = self.kept.setdefault("tries", {})
        tries[service] = tries.get(service, 0) + 1
        conditions = self.conditions
        if conditions.down.get(service) or (service == "store" and self._store_fails()):
            return False
        return tries[service] <= conditions.down_after.get(service, tries[service])

    @property
    def prices(self) -> PriceFeed:
        """Whether another price may be looked up."""
        taken: list[datetime] = self.kept.setdefault("prices", [])
        return PriceFeed(taken, most=self.conditions.price_quota, now=self.clock.now)

    def saved(self) -> Saved:
        """Everything as it is now, to come back to."""
        return Saved(
            self._database.serialize(), copy.deepcopy(self.kept, {id(self.clock): self.clock}), self.clock.now()
        )

    def restore(self, saved: Saved) -> None:
        """Go back: for hosts that run a turn again from its beginning, as LangGraph does after a question to a person."""
        self._database.rollback()
        with closing(sqlite3.connect(":memory:")) as copied:
            copied.deserialize(saved.database)  # not into our own connection: its prepared statements would dangle
            copied.backup(self._database)
        self.kept = copy.deepcopy(saved.kept, {id(self.clock): self.clock})
        self.clock.set(saved.moment)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read rows as dictionaries."""
        return [_decode(row) for row in self._database.execute(query, values)]

    def job(self) -> dict[str, Any]:
        """The job that this trial works on."""
        return self.rows("SELECT * FROM jobs")[0]

    def user(self) -> dict[str, Any] | None:
        """The job's user, if it has one."""
        found = self.rows("SELECT users.* FROM users JOIN jobs USING (clerk_user_id)")
        return found[0] if found else None

    def accounts(self) -> list[dict[str, Any]]:
        """The accounts of the job's user, in the order they were opened; nobody else's."""
        return self.rows("SELECT accounts.* FROM accounts JOIN jobs USING (clerk_user_id) ORDER BY accounts.rowid")

    def holdings(self) -> list[dict[str, Any]]:
        """Every position with its account and instrument; a price is None when nobody knows it.

        A symbol that is no instrument stands among them with `is_known` 0, a quantity that is no number as None.
        """
        self._priced()
        return self.rows(
            "SELECT positions.symbol, quantity, account_id, account_name, tax_treatment, instrument_type,"
            " coalesce(name, positions.symbol) AS name, instruments.symbol IS NOT NULL AS is_known, current_price, price_date, allocation_asset_class, allocation_regions, allocation_sectors"
            " FROM positions JOIN accounts ON accounts.id = account_id LEFT JOIN instruments ON"
            " instruments.symbol = positions.symbol JOIN jobs ON jobs.clerk_user_id = accounts.clerk_user_id"
            " ORDER BY accounts.rowid, positions.rowid"
        )

    def activities(self, *, since: str = "") -> list[dict[str, Any]]:
        """What happened in the user's accounts from a day on, oldest first."""
        return self.rows(
            "SELECT activities.*, account_name FROM activities JOIN accounts ON accounts.id = account_id"
            " JOIN jobs USING (clerk_user_id) WHERE date >= ? ORDER BY activities.id",
            since,
        )

    def snippets(self) -> list[dict[str, Any]]:
        """The research notes known on the day, newest first. Their text is other people's: data, never instructions."""
        return self.rows("SELECT * FROM snippets ORDER BY date DESC, id DESC")

    def instrument(self, symbol: str) -> dict[str, Any] | None:
        """One row of the instruments table."""
        self._priced()
        found = self.rows("SELECT * FROM instruments WHERE symbol = ?", symbol)
        return found[0] if found else None

    def save_instrument(self, symbol: str, **columns: Any) -> None:
        """Add or change an instrument; its price is never touched here, because prices come from the market alone."""
        names = list(columns)
        self._database.execute(
            f"INSERT INTO instruments (symbol, {', '.join(names)}) VALUES (?{', ?' * len(names)})"  # noqa: S608 - column names are ours
            f" ON CONFLICT (symbol) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
            (symbol, *(_encode(name, columns[name]) for name in names)),
        )
        self._written.add(symbol)

    def update_job(self, **columns: Any) -> None:
        """Change the job's row, and the time of its last change.

        Raises:
            StoreDownError: where the case says that the store does not answer.
        """
        if not self.answers("store"):
            raise StoreDownError("the job store does not answer")
        if "status" in columns:
            states: list[str] = self.kept.setdefault("job_states", [self.job()["status"]])
            states += [columns["status"]] if columns["status"] != states[-1] else []
        columns = {**columns, "updated_at": self._now}
        if columns.get("status") in _TERMINAL:
            columns["completed_at"] = self._now
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._database.execute(f"UPDATE jobs SET {assignments}", [_encode(*pair) for pair in columns.items()])  # noqa: S608 - column names are ours

    def artifacts(self) -> dict[str, Any]:
        """The end state: the ledger, the instruments that matter, the job, and a hash of everything."""
        symbols = sorted(self._written | {row["symbol"] for row in self.rows("SELECT symbol FROM positions")})
        return {
            "ledger": self._ledger(),
            "orders": self._orders(),
            "memory": {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM memories ORDER BY rowid")},
            "instruments": {symbol: self.instrument(symbol) for symbol in symbols},
            "jobs": [
                {**row, **({"history": self.kept["job_states"]} if "job_states" in self.kept else {})}
                for row in self.rows("SELECT * FROM jobs ORDER BY rowid")
            ],
            "state": {"sha256": self.fingerprint(), "as_of": self.as_of.isoformat()},
        }

    def fingerprint(self) -> str:
        """SHA-256 of every row of every table."""
        digest = hashlib.sha256()
        for table in _TABLES:
            for row in self._database.execute(f"SELECT * FROM {table} ORDER BY 1"):  # noqa: S608 - table names are ours
                digest.update(repr((table, *row)).encode())
        return digest.hexdigest()

    def close(self) -> None:
        """Forget everything: the file goes, too."""
        self._database.close()
        self.file.unlink(missing_ok=True)

    def _store_fails(self) -> bool:
        fault = self.faults.next("store", "jobs", kinds=("down", "timeout", "slow"))
        if fault is None:
            return False
        if fault.kind != "down":
            self.faults.pass_(fault.seconds or STORE_S)
        return fault.kind != "slow"

    def _priced(self) -> None:
        """Before prices are read: let the book of prices be old, or ignorant of a split, where the case wants it."""
        fault = self.faults.next("store", "prices", kinds=("stale", "unadjusted"))
        if fault is None or fault.kind in self.kept.setdefault("price_faults", []):
            return
        self.kept["price_faults"].append(fault.kind)
        if fault.kind == "stale":
            days = f"-{fault.days or STALE_DAYS} days"
            self._database.execute("UPDATE instruments SET price_date = date(price_date, ?)", (days,))
        else:
            self._database.execute("UPDATE instruments SET current_price = current_price * ?", (fault.ratio or RATIO,))

    def _orders(self) -> list[dict[str, Any]]:
        """Every order with its fill; a preview that came to nothing is one too."""
        return self.rows(
            "SELECT orders.id, account_name AS account, symbol, side, notional, limit_price, status, reason, submitted_at,"
            " execute_at, price, fills.quantity, amount, filled_at"
            " FROM orders JOIN accounts ON accounts.id = account_id LEFT JOIN fills ON order_id = orders.id"
            " ORDER BY orders.rowid"
        )

    def _ledger(self) -> dict[str, Any]:
        accounts = [
            {
                "id": account["id"],
                "name": account["account_name"],
                "tax": account["tax_treatment"],
                "cash": account["cash_balance"],
                "positions": {
                    row["symbol"]: row["quantity"]
                    for row in self.rows(
                        "SELECT symbol, quantity FROM positions WHERE account_id = ? ORDER BY rowid", account["id"]
                    )
                },
            }
            for account in self.accounts()
        ]
        user = self.user()
        return {"user": user["clerk_user_id"] if user else None, "currency": "USD", "accounts": accounts}


def _decode(row: sqlite3.Row) -> dict[str, Any]:
    return {
        name: json.loads(row[name]) if name in _JSON_COLUMNS and row[name] is not None else row[name]
        for name in row.keys()  # noqa: SIM118 - iterating a Row gives its values
    }


def _encode(name: str, item: Any) -> Any:
    return json.dumps(item, ensure_ascii=False) if name in _JSON_COLUMNS and item is not None else item
