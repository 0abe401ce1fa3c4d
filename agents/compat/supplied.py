"""A portfolio that comes with an event, as the original's Planner may send it, instead of the one in the database."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .._shared import fixtures
from .._shared.tools import said
from .._shared.world import World

_KEPT: Final = ("report_payload", "charts_payload", "retirement_payload", "error_message")
_TAXES: Final = (("tax_free", r"roth|529|tax.?free"), ("tax_deferred", r"401|403|\bira\b|rollover|pension|deferred"))
_GOALS: Final = ("years_until_retirement", "target_retirement_income")


class UnusableError(Exception):
    """Supplied data that cannot be used."""


class _Supplied(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Instrument(_Supplied):
    """What the sender knows about an instrument."""

    name: str | None = None
    instrument_type: str | None = None
    current_price: float | None = None
    allocation_asset_class: dict[str, float] | None = None
    allocation_regions: dict[str, float] | None = None
    allocation_sectors: dict[str, float] | None = None


class Position(_Supplied):
    """A holding; its quantity may be wrong, which is for the agents to find."""

    symbol: str = Field(min_length=1, max_length=20)
    quantity: float
    instrument: Instrument | None = None


class Account(_Supplied):
    """One account."""

    id: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)
    type: str | None = None
    cash_balance: float = Field(default=0.0, allow_inf_nan=False)
    positions: list[Position] = Field(default=[], max_length=1000)


class PortfolioData(_Supplied):
    """The original's `portfolio_data`."""

    user_id: str | None = None
    job_id: str | None = None
    years_until_retirement: int | None = Field(default=None, ge=0, le=100)
    accounts: list[Account] = Field(max_length=100)


class UserData(_Supplied):
    """The original's `user_data`."""

    years_until_retirement: int | None = Field(default=None, ge=0, le=100)
    target_retirement_income: float | None = Field(default=None, gt=0, allow_inf_nan=False)


def supplied(event: Mapping[str, Any], world: World) -> World | None:
    """The world that an event's `portfolio_data` (and `user_data`) describe, or None where it brings none.

    Raises:
        UnusableError: for data of another shape, job or user.
    """
    if event.get("portfolio_data") is None:
        return None
    try:
        data = PortfolioData.model_validate(event["portfolio_data"])
        user = UserData.model_validate(event.get("user_data") or {})
    except ValidationError as error:
        raise UnusableError(f"portfolio_data cannot be used: {said(error)}") from None
    job = world.job()
    for name, given, own in (("job", data.job_id, job["id"]), ("user", data.user_id, job["clerk_user_id"])):
        if given is not None and given != own:
            raise UnusableError(f"portfolio_data is of another {name}")
    return _opened(data, user, world)


def keep(given: World, world: World) -> None:
    """Store in the job's row what an agent stored about the supplied portfolio."""
    job = given.job()
    world.update_job(**{name: job[name] for name in _KEPT if job[name] is not None})


def _opened(data: PortfolioData, user: UserData, world: World) -> World:
    database = fixtures.opened(world.as_of)
    given = World(database, day=world.as_of, conditions=world.conditions, clock=world.clock, client=world.client)
    try:
        _fill(database, data, user, world)
    except sqlite3.IntegrityError as error:
        given.close()
        raise UnusableError(f"portfolio_data contradicts itself: {error}") from None
    return given


def _fill(database: sqlite3.Connection, data: PortfolioData, user: UserData, world: World) -> None:
    known = world.user() or {"clerk_user_id": data.user_id or "supplied"}
    goals = {name: getattr(user, name) for name in _GOALS if getattr(user, name) is not None}
    if data.years_until_retirement is not None:
        goals.setdefault("years_until_retirement", data.years_until_retirement)
    owner = known["clerk_user_id"]
    fixtures.insert(database, "users", {**known, **goals})
    for number, account in enumerate(data.accounts):
        _fund(database, account, owner=owner, number=number, day=world.as_of.isoformat())
    job = world.job()
    names = ("id", "job_type", "status", "created_at", "started_at")
    fixtures.insert(database, "jobs", {**{name: job[name] for name in names}, "clerk_user_id": owner})


def _fund(database: sqlite3.Connection, account: Account, *, owner: str, number: int, day: str) -> None:
    row = {"id": account.id, "clerk_user_id": owner, "account_name": account.name, "cash_balance": account.cash_balance}
    fixtures.insert(database, "accounts", {**row, "tax_treatment": _tax(f"{account.type or ''} {account.name}")})
    for position in account.positions:
        if position.instrument is not None:
            _know(database, position.symbol, position.instrument, day=day)
        database.execute(
            "INSERT INTO positions VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, symbol) DO UPDATE SET quantity = quantity + excluded.quantity",
            (f"supplied:{number}:{position.symbol}", account.id, position.symbol, position.quantity, day),
        )


def _know(database: sqlite3.Connection, symbol: str, instrument: Instrument, *, day: str) -> None:
    """Take the sender's word for an instrument. A price that is none, zero or negative is no price."""
    price = instrument.current_price
    good = price is not None and math.isfinite(price) and price > 0
    row = {
        **instrument.model_dump(),
        "symbol": symbol,
        "name": instrument.name or symbol,
        "current_price": price if good else None,
        "price_date": day if good else None,
    }
    database.execute("DELETE FROM instruments WHERE symbol = ?", (symbol,))
    fixtures.insert(database, "instruments", row)


def _tax(words: str) -> str:
    return next((name for name, pattern in _TAXES if re.search(pattern, words, re.IGNORECASE)), "taxable")
