"""Portfolio's tools: a summary of the accounts, trades towards a target, and what happened in the last 60 days."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from .._shared.broker_book import brokerage
from .._shared.calendar_nyse import calendar
from .._shared.tools import AgentTool, ToolError, sourced
from .._shared.valuation import flaw
from .rebalance import TARGETS, rebalanced
from .scores import scores

if TYPE_CHECKING:
    from .._shared.world import World

SOURCE: Final = "the client's accounts and closing prices"
CENT: Final = Decimal("0.01")
LARGE_POSITION: Final = 5
LARGE_CLASS: Final = 70
DAYS: Final = 60
_UNREACHABLE: Final = "the accounts cannot be read at the moment"


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SummaryArguments(_Arguments):
    """What to sum up."""

    account_id: str | None = Field(default=None, description="Id or name of one account; all accounts without it.")


class RebalanceArguments(_Arguments):
    """Where to."""

    target: Literal["aggressive", "balanced", "conservative", "own"] = Field(
        default="own", description="`own` is the client's stored target; the others are 100/0, 60/40 and 30/60/10."
    )


class ActivityArguments(_Arguments):
    """How far back."""

    days: int = Field(default=DAYS, ge=1, le=DAYS)


def portfolio_tools(world: World) -> list[AgentTool[Any]]:
    """Portfolio's three tools."""
    return [
        AgentTool(
            "get_portfolio_summary",
            "Total value, cash, accounts, holdings with weights, gains (null where the purchase price is unknown), asset classes, "
            "concentration and risk scores. When the accounts cannot be read, what the last look found, with `cached` true and its "
            "time in `taken_at`.",
            SummaryArguments,
            lambda arguments: remembered(world, arguments.account_id),
        ),
        AgentTool(
            "rebalance_instructions",
            "Trades in dollars that lead to a target mix. Buys, sells and the use of cash net to zero.",
            RebalanceArguments,
            lambda arguments: _rebalance(world, arguments.target),
        ),
        AgentTool(
            "get_account_activities",
            "Trades, dividends, interest and deposits. Nothing older than 60 days is available.",
            ActivityArguments,
            lambda arguments: activities(world, arguments.days),
        ),
    ]


def remembered(world: World, account: str | None = None) -> dict[str, Any]:
    """Sum up the accounts, or give the last summary with its time where they cannot be read.

    Raises:
        ToolError: when they cannot be read and have not been in this conversation.
    """
    taken: dict[str | None, dict[str, Any]] = world.kept.setdefault("summaries", {})
    if world.answers("broker"):
        taken[account] = {**summary(world, account), "cached": False, "taken_at": world.clock.stamp()}
        return taken[account]
    if account not in taken:
        raise ToolError(_UNREACHABLE)
    return {**taken[account], "cached": True}


def summary(world: World, account: str | None = None) -> dict[str, Any]:
    """Sum up one account or all of them."""
    accounts = _chosen(world.accounts(), account)
    ids = {one["id"] for one in accounts}
    recorded = [row for row in world.holdings() if row["account_id"] in ids]
    rows = [row for row in recorded if flaw(row) is None]
    cash = sum((_exact(one["cash_balance"]) for one in accounts), Decimal())
    holdings = _merged(rows, basis=brokerage()["cost_basis"].get((world.user() or {}).get("clerk_user_id"), {}))
    total = cash + sum((item["value"] for item in holdings), Decimal())
    classes = _classes(rows, cash)
    listed = [_shown(item, total) for item in sorted(holdings, key=lambda item: -item["value"])]
    mixed: list[dict[str, Any]] = [
        {"name": name, "value": _money(value), "percent": _percent(value, total)} for name, value in classes
    ]
    current = calendar().on_or_before(world.as_of).day.isoformat()
    data = {
        "total_value": _money(total),
        "cash": _money(cash),
        "cash_percent": _percent(cash, total),
        "accounts": [_account(one, rows) for one in accounts],
        "holdings": listed,
        "asset_classes": mixed,
        "concentration": {
            "position_limit_percent": LARGE_POSITION,
            "class_limit_percent": LARGE_CLASS,
            "positions_above": [item["symbol"] for item in listed if item["weight_percent"] > LARGE_POSITION],
            "classes_above": [
                item["name"] for item in mixed if item["percent"] > LARGE_CLASS and item["name"] != "cash"
            ],
        },
        **scores(mixed, [item["weight_percent"] for item in listed]),
        "excluded": [
            {"symbol": symbol, "reason": reason}
            for symbol, reason in sorted(
                {(row["symbol"], flaw(row)) for row in recorded} - {(row["symbol"], None) for row in rows}
            )
        ],
        "stale": {item["symbol"]: item["price_date"] for item in listed if item["price_date"] < current},
    }
    return sourced(data, as_of=world.as_of.isoformat(), source=SOURCE)


def activities(world: World, days: int) -> dict[str, Any]:
    """What happened lately, the newest first."""
    _check_reachable(world)
    first = world.as_of - timedelta(days=days)
    names = ("date", "kind", "symbol", "quantity", "price", "amount", "account_name")
    rows = [
        {name: row[name] for name in names if row[name] is not None}
        for row in reversed(world.activities(since=first.isoformat()))
    ]
    data = {
        "days": days,
        "first_day": first.isoformat(),
        "limit": f"{DAYS} days",
        "count": len(rows),
        "activities": rows,
    }
    return sourced(data, as_of=world.as_of.isoformat(), source="account activities")


def _rebalance(world: World, target: str) -> dict[str, Any]:
    _check_reachable(world)
    wanted = (world.user() or {}).get("asset_class_targets") if target == "own" else TARGETS[target]
    if not wanted:
        raise ToolError("the client has stored no target; ask which of aggressive, balanced, conservative is wanted")
    rows = [row for row in world.holdings() if flaw(row) is None]
    cash = sum((_exact(one["cash_balance"]) for one in world.accounts()), Decimal())
    total = cash + sum((value for _, value in _classes(rows, Decimal())), Decimal())
    if total <= 0:
        raise ToolError("the portfolio is empty: there is nothing to rebalance")
    data = {"target": target, **rebalanced(rows, cash, {name: _exact(part) for name, part in wanted.items()})}
    return sourced(data, as_of=world.as_of.isoformat(), source=SOURCE)


def _check_reachable(world: World) -> None:
    if not world.answers("broker"):
        raise ToolError(_UNREACHABLE)


def _chosen(accounts: list[dict[str, Any]], wanted: str | None) -> list[dict[str, Any]]:
    if wanted is None:
        return accounts
    name = wanted.strip().casefold()
    found = [one for one in accounts if name in {one["id"], one["account_name"].casefold()}]
    if not found:
        raise ToolError("that is not one of the client's accounts")
    return found


def _merged(rows: list[dict[str, Any]], *, basis: dict[str, float]) -> list[dict[str, Any]]:
    """One entry for each symbol, over all accounts."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        item = merged.setdefault(row["symbol"], {**row, "shares": Decimal(), "basis": basis.get(row["symbol"])})
        item["shares"] += _exact(row["quantity"])
    for item in merged.values():
        item["value"] = item["shares"] * _exact(item["current_price"])
    return list(merged.values())


def _shown(item: dict[str, Any], total: Decimal) -> dict[str, Any]:
    paid = None if item["basis"] is None else item["shares"] * _exact(item["basis"])
    gain = None if paid is None else item["value"] - paid
    return {
        "symbol": item["symbol"],
        "name": item["name"],
        "quantity": float(item["shares"]),
        "price": item["current_price"],
        "price_date": item["price_date"],
        "value": _money(item["value"]),
        "weight_percent": _percent(item["value"], total),
        "cost_basis_per_share": item["basis"],
        "gain": None if gain is None else _money(gain),
        "gain_percent": None if gain is None or paid is None else _percent(gain, paid),
    }


def _account(one: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    held = [row for row in rows if row["account_id"] == one["id"]]
    value = sum((_exact(row["quantity"]) * _exact(row["current_price"]) for row in held), _exact(one["cash_balance"]))
    return {
        "name": one["account_name"],
        "tax": one["tax_treatment"],
        "cash": one["cash_balance"],
        "value": _money(value),
    }


def _classes(rows: list[dict[str, Any]], cash: Decimal) -> list[tuple[str, Decimal]]:
    """Value by asset class, the largest first; what nobody has classified is a class of its own."""
    found: dict[str, Decimal] = {"cash": cash} if cash else {}
    for row in rows:
        value = _exact(row["quantity"]) * _exact(row["current_price"])
        for name, share in (row["allocation_asset_class"] or {"unclassified": 100}).items():
            found[name] = found.get(name, Decimal()) + value * _exact(share) / 100
    return sorted(found.items(), key=lambda pair: -pair[1])


def _percent(part: Decimal, whole: Decimal) -> float:
    return float((100 * part / whole).quantize(CENT, ROUND_HALF_UP)) if whole else 0.0


def _money(value: Decimal) -> float:
    return float(value.quantize(CENT, ROUND_HALF_UP))


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
