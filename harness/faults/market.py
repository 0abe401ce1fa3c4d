"""States of a market that data can be in: too old, without a split, without a rate, closed, filled in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from harness.model.fault import Fault

STALE_DAYS: Final = 30
RATIO: Final = 2.0
SHARE: Final = 0.5

_DATED = re.compile(r"(?:^|_)(?:date|as_of|asof|day|time|timestamp|at|updated)$", re.IGNORECASE)
_PRICED = re.compile(r"(?:^|_)(?:price|close|open|high|low|last|bid|ask|nav)$", re.IGNORECASE)
_RATED = re.compile(r"(?:^|_)(?:fx|fx_rate|fx_rates|exchange_rate|exchange_rates|rates)$", re.IGNORECASE)
_FILLED = re.compile(r"(?:^|_)(?:quantity|shares|filled|filled_quantity|amount|notional|filled_amount)$", re.IGNORECASE)


def stale(result: Any, fault: Fault) -> Any:
    """Prices of an earlier day: every date is that many days earlier."""
    back = timedelta(days=fault.days or STALE_DAYS)
    return _changed(result, lambda key, item: _earlier(item, back) if _DATED.search(key) else item)


def unadjusted(result: Any, fault: Fault) -> Any:
    """Prices that do not know of a split."""
    ratio = fault.ratio or RATIO
    return _changed(result, lambda key, item: item * ratio if _PRICED.search(key) and _is_number(item) else item)


def missing_fx(result: Any, _: Fault) -> Any:
    """No rate between two currencies."""
    return _changed(result, lambda key, item: None if _RATED.search(key) else item, whole=True)


def market_closed(result: Any, _: Fault) -> Any:
    """The exchange is closed: nothing is open, and what was filled waits."""

    def closed(key: str, item: Any) -> Any:
        if key in ("market_open", "is_open") and item is True:
            return False
        return "queued" if key == "status" and item == "filled" else item

    return _changed(result, closed)


def partial_fill(result: Any, fault: Fault) -> Any:
    """Only a part of an order is filled; other results stay as they are."""
    if not (isinstance(result, Mapping) and str(result.get("status", "")).lower() == "filled"):
        return result
    share = fault.share or SHARE

    def part(key: str, item: Any) -> Any:
        if key == "status" and item == "filled":
            return "partially_filled"
        return round(item * share, 8) if _FILLED.search(key) and _is_number(item) else item

    return _changed(result, part)


CHANGES: Final[Mapping[str, Callable[[Any, Fault], Any]]] = {
    "stale": stale,
    "unadjusted": unadjusted,
    "missing_fx": missing_fx,
    "market_closed": market_closed,
    "partial_fill": partial_fill,
}
"""What a fault makes of a tool's result; the same where there is nothing in it to change."""


def _changed(item: Any, change: Callable[[str, Any], Any], *, key: str = "", whole: bool = False) -> Any:
    """A copy of plain data with every member changed; `whole` members are changed as they are, others inside."""
    if whole and key:
        made = change(key, item)
        if made is not item:
            return made
    if isinstance(item, Mapping):
        return {name: _changed(inner, change, key=str(name), whole=whole) for name, inner in item.items()}
    if isinstance(item, list | tuple):
        return [_changed(inner, change, key=key, whole=whole) for inner in item]
    return change(key, item)


def _earlier(item: Any, back: timedelta) -> Any:
    if not isinstance(item, str):
        return item
    try:
        if len(item) == 10:
            return (date.fromisoformat(item) - back).isoformat()
        moment = datetime.fromisoformat(item) - back
    except (ValueError, OverflowError):
        return item
    return moment.isoformat().replace("+00:00", "Z") if item.endswith("Z") else moment.isoformat()


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)
