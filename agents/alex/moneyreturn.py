"""The money-weighted return of a portfolio, from what happened in its accounts."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from .._shared import fixtures, metrics
from .._shared.valuation import flaw

if TYPE_CHECKING:
    from .._shared.world import World

_CASH: Final = ""
_DUST: Final = 1e-6
UNKNOWN: Final = {"money_weighted_percent": None, "money_weighted_from": None}


def money_weighted(world: World) -> dict[str, Any]:
    """What the client's money earned since the first event known: deposits count from the day they came.

    Events are undone one by one from today's accounts to find what was held before the first of them. The figure is for the whole
    span and not for a year. It is None where no event is known, a holding has no current value, or the events do not lead to what
    is held.
    """
    events = world.activities()
    holdings = world.holdings()
    today = world.as_of.isoformat()
    if not events or any(flaw(row) or row["price_date"] != today for row in holdings):
        return dict(UNKNOWN)
    history = fixtures.history()
    place = bisect_left(history.days, events[0]["date"]) - 1
    before = _undone(world, events)
    if place < 0 or min(before.values(), default=0.0) < -_DUST:
        return dict(UNKNOWN)
    first = date.fromisoformat(history.days[place])
    cash = before.pop(_CASH)
    opening = cash + sum(held * history.closes[symbol][place] for symbol, held in before.items())
    closing = sum(one["cash_balance"] for one in world.accounts())
    closing += sum(row["quantity"] * row["current_price"] for row in holdings)
    deposits = [(date.fromisoformat(one["date"]), -one["amount"]) for one in events if one["kind"] == "deposit"]
    yearly = metrics.xirr([(first, -opening), *deposits, (world.as_of, closing)])
    if yearly is None:
        return dict(UNKNOWN)
    span = (world.as_of - first).days / metrics.DAYS_PER_YEAR
    percent = round(100 * ((1 + yearly) ** span - 1), 2)
    return {"money_weighted_percent": percent, "money_weighted_from": first.isoformat()}


def _undone(world: World, events: list[dict[str, Any]]) -> dict[str, float]:
    """What was held before the events, by symbol, with the cash under no name."""
    held = {_CASH: sum(one["cash_balance"] for one in world.accounts())}
    for row in world.holdings():
        held[row["symbol"]] = held.get(row["symbol"], 0.0) + row["quantity"]
    for one in events:
        held[_CASH] -= one["amount"]
        if one["kind"] in {"buy", "sell"}:
            sign = 1 if one["kind"] == "buy" else -1
            held[one["symbol"]] = held.get(one["symbol"], 0.0) - sign * one["quantity"]
    return held
