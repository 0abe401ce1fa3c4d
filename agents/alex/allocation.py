"""Divide a portfolio's value by asset class, region, sector, account, holding or tax treatment, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from .._shared.tools import AgentTool, sourced
from .._shared.valuation import flaw
from .vocabulary import label

if TYPE_CHECKING:
    from .._shared.world import World

Dimension: TypeAlias = Literal["asset_class", "region", "sector", "account", "holding", "tax"]
Shares: TypeAlias = Mapping[str, Decimal]

CENT: Final = Decimal("0.01")
_CASH: Final = "Cash"
_UNCLASSIFIED: Final = "Unclassified"
_COLUMNS: Final = {
    "asset_class": "allocation_asset_class",
    "region": "allocation_regions",
    "sector": "allocation_sectors",
}


class AllocationArguments(BaseModel):
    """What to divide by."""

    model_config = ConfigDict(extra="forbid")

    by: Dimension = Field(description="The dimension whose parts are the rows.")


def allocation_tool(world: World) -> AgentTool[AllocationArguments]:
    """The Charter's only tool."""
    return AgentTool(
        name="allocation",
        description=(
            "The portfolio's value in US dollars, divided by one dimension. Rows are sorted and add up to `total`; "
            "cash is a row of its own where it belongs to no part. `excluded` names holdings that could not be valued, "
            "`stale` those with an old price."
        ),
        arguments=AllocationArguments,
        function=lambda arguments: allocation(world, arguments.by),
    )


def allocation(world: World, by: Dimension) -> dict[str, Any]:
    """Divide the portfolio: `{by, rows[{name, value}], total, excluded, stale, as_of, source, currency}`."""
    holdings = world.holdings()
    priced = [row for row in holdings if flaw(row) is None]
    parts: list[tuple[str, Decimal]] = []
    for row in priced:
        value = Decimal(str(row["quantity"])) * Decimal(str(row["current_price"]))
        parts += [(name, value * share / 100) for name, share in _shares(row, by).items()]
    for account in world.accounts():
        cash = Decimal(str(account["cash_balance"]))
        parts.append((_cash_name(account, by), cash))
    rows = _rounded(_summed(parts))
    today = world.as_of.isoformat()
    data = {
        "by": by,
        "rows": [{"name": name, "value": float(value)} for name, value in rows],
        "total": float(sum((value for _, value in rows), Decimal())),
        "excluded": [
            {"symbol": symbol, "reason": reason}
            for symbol, reason in _names((row["symbol"], flaw(row)) for row in holdings)
            if reason is not None
        ],
        "stale": [
            {"symbol": symbol, "price_date": date}
            for symbol, date in _names(
                (row["symbol"], row["price_date"]) for row in priced if row["price_date"] < today
            )
        ],
    }
    return sourced(data, as_of=today, source="positions and closing prices")


def _shares(row: Mapping[str, Any], by: Dimension) -> Shares:
    """The parts of one holding, in percent."""
    whole = Decimal(100)
    if by == "holding":
        return {row["symbol"]: whole}
    if by == "account":
        return {row["account_name"]: whole}
    if by == "tax":
        return {label(row["tax_treatment"]): whole}
    known: Mapping[str, float] | None = row[_COLUMNS[by]]
    if not known:
        return {_UNCLASSIFIED: whole}
    return {label(key): Decimal(str(share)) for key, share in known.items()}


def _cash_name(account: Mapping[str, Any], by: Dimension) -> str:
    names: dict[str, Callable[[], str]] = {
        "account": lambda: str(account["account_name"]),
        "tax": lambda: label(account["tax_treatment"]),
    }
    return names.get(by, lambda: _CASH)()


def _summed(parts: Iterable[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """One row per name, the largest first, without empty ones."""
    sums: dict[str, Decimal] = {}
    for name, value in parts:
        sums[name] = sums.get(name, Decimal()) + value
    return sorted(((name, value) for name, value in sums.items() if value > 0), key=lambda row: (-row[1], row[0]))


def _rounded(rows: Sequence[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Round to cents so that the rows add up to the rounded total: the largest remainders get the missing cents."""
    total = sum((value for _, value in rows), Decimal()).quantize(CENT, ROUND_HALF_UP)
    floors = [value.quantize(CENT, ROUND_FLOOR) for _, value in rows]
    missing = int((total - sum(floors, Decimal())) / CENT)
    by_remainder = sorted(range(len(rows)), key=lambda index: floors[index] - rows[index][1])
    for index in by_remainder[:missing]:
        floors[index] += CENT
    return [(name, value) for (name, _), value in zip(rows, floors, strict=True) if value > 0]


def _names(items: Iterable[Any]) -> list[Any]:
    """Without repetitions, in order."""
    return list(dict.fromkeys(items))
