"""The terms of an order in their one canonical form, and the hash that a confirmation is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from harness.guardrails.exact import plain

from .values import Order

SIDES: Final[Mapping[str, str]] = {
    "buy": "buy", "b": "buy", "bot": "buy", "purchase": "buy", "sell": "sell", "s": "sell", "sld": "sell",
}  # fmt: skip
"""Words for the two sides. `short` and `cover` are no sides here: whoever wants them must say so in another field."""


def side_of(order: Order) -> str:
    """`buy` or `sell`; empty for a word that is neither."""
    return SIDES.get(order.side.casefold(), "")


def terms(order: Order) -> dict[str, Any]:
    """Everything that makes an order what it is; the idempotency key does not."""
    return {
        "side": side_of(order) or order.side,
        "symbol": order.symbol.upper(),
        "quantity": _written(order.quantity),
        "notional": _written(order.notional),
        "account": " ".join(order.account.casefold().split()),
        "type": order.type.casefold(),
        "limit_price": _written(order.limit_price),
        "stop_price": _written(order.stop_price),
        "time_in_force": order.time_in_force.casefold(),
        "extended": order.extended,
        "currency": order.currency.upper(),
    }


def order_hash(order: Order) -> str:
    """SHA-256 (64 hex digits) of the canonical terms: 500, 500.0 and "500.00" dollars are the same order."""
    written = json.dumps(terms(order), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _written(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
