"""A broker on paper: preview an order, have it confirmed, submit it once; filled at the last price, or queued for the opening."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from harness.faults import here
from harness.faults.market import SHARE

from .broker_book import Book
from .broker_rules import CENT, Draft, Refusal, Situation, first_refusal, warnings
from .calendar_clock import WorldClock, written
from .calendar_nyse import Calendar

TOKEN_S: Final = 120
"""Seconds for which a confirmation holds."""

DUPLICATE_S: Final = 60
"""Seconds within which the same order again is taken for a mistake."""


class OrderRefused(Exception):
    """The broker does not take an order.

    Attributes:
        code: Stable name of the reason, such as `insufficient_cash`.
        reason: The reason, for the client.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Broker:
    """One trial's broker. Nothing is booked that was not previewed, confirmed by its token, and valid once more."""

    def __init__(
        self,
        database: sqlite3.Connection,
        *,
        clock: WorldClock,
        calendar: Calendar,
        seed: int,
        prices: Callable[[], None] = lambda: None,
    ) -> None:
        """Open for a trial.

        Args:
            database: The trial's.
            clock: The trial's.
            calendar: When the exchange is open.
            seed: Of its tokens.
            prices: Called before prices are read.
        """
        self._faults = here()
        self._is_closed = False
        self._prices = prices
        self.book = Book(database)
        self._clock = clock
        self._calendar = calendar
        self._key = f"broker:{seed}".encode()

    def quote(self, symbol: str) -> dict[str, Any]:
        """The last price of a symbol and whether the exchange is open.

        Raises:
            OrderRefused: for a symbol that has none.
        """
        self._close_early("quote")
        situation = self._situation(Draft("buy", symbol.upper(), 1.0))
        refusal = first_refusal(situation)
        if refusal is not None and refusal.code in {"unknown_symbol", "no_price"}:
            raise OrderRefused(refusal.code, refusal.reason)
        row = situation.instrument or {}
        return {
            "symbol": row["symbol"],
            "name": row["name"],
            "price": row["current_price"],
            "price_date": row["price_date"],
            "market_open": not self._is_closed and self._calendar.is_open(self._clock.now()),
            "held": [held for held in self.book.held(row["symbol"]) if held["quantity"] > 0],
        }

    def preview(self, draft: Draft) -> dict[str, Any]:
        """Check an order and say what it would do; nothing is bought or sold.

        Raises:
            OrderRefused: with the first rule that it breaks.
        """
        self._close_early("preview_order")
        self.settle()
        situation = self._situation(draft)
        refusal = first_refusal(situation)
        if refusal is not None:
            raise OrderRefused(refusal.code, refusal.reason)
        assert situation.account is not None
        digest = order_hash(draft, situation)
        order_id = f"order-{self.book.count('orders') + 1}-{digest[:6]}"
        self.book.insert(
            "orders",
            id=order_id,
            account_id=situation.account["id"],
            symbol=draft.symbol,
            side=draft.side,
            notional=float(situation.amount),
            quantity=float(situation.quantity),
            estimated_price=float(situation.price),
            limit_price=draft.limit_price,
            hash=digest,
            status="previewed",
            previewed_at=self._clock.stamp(),
        )
        return self._previewed(order_id, situation)

    def approve(self, order_id: str) -> str:
        """Issue the token of an order that its owner has just confirmed: bound to its hash, good once.

        It holds until two minutes after the preview, because that is how long the preview's price was promised.

        Raises:
            OrderRefused: for an order that was never previewed or is already decided.
        """
        order = self._order(order_id)
        if order["status"] != "previewed":
            raise OrderRefused("order_decided", f"The order is already {order['status']}.")
        message = f"{order_id}:{order['hash']}:{self.book.count('tokens')}"
        token = hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()[:32]
        expires = written(datetime.fromisoformat(order["previewed_at"]) + timedelta(seconds=TOKEN_S))
        self.book.insert("tokens", token=token, order_hash=order["hash"], expires_at=expires)
        return token

    def submit(self, order_id: str, token: str, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Place a confirmed order.

        The same idempotency key again gives the first result again and places nothing.

        Raises:
            OrderRefused: for a token that does not fit, or an order that has become invalid.
        """
        self._close_early("submit_order")
        self.settle()
        if idempotency_key is not None and (known := self.book.by_key(idempotency_key)) is not None:
            if known["id"] != order_id:
                raise OrderRefused("idempotency_conflict", "That key belongs to another order.")
            return {**self.result(order_id), "replayed": True}
        order = self._order(order_id)
        self._spend(token, order)
        draft = Draft(order["side"], order["symbol"], order["notional"], order["account_id"], order["limit_price"])
        refusal = first_refusal(self._situation(draft)) or self._rejection()
        if refusal is not None:
            self._close(order_id, "rejected", f"{refusal.code}: {refusal.reason}")
            raise OrderRefused(refusal.code, refusal.reason)
        now = self._clock.now()
        opens = self._opens(now)
        self.book.update(
            order_id, status="queued", submitted_at=written(now), execute_at=written(opens), idempotency_key=idempotency_key
        )  # fmt: skip
        self.settle()
        return self.result(order_id)

    def cancel(self, order_id: str) -> dict[str, Any]:
        """Give up an order that is not filled yet.

        Raises:
            OrderRefused: when it is too late.
        """
        order = self._order(order_id)
        if order["status"] not in {"previewed", "queued"}:
            raise OrderRefused("order_decided", f"The order is already {order['status']}.")
        self._close(order_id, "cancelled", "by its owner")
        return self.result(order_id)

    def result(self, order_id: str) -> dict[str, Any]:
        """What has become of an order, with its fill where it has one."""
        order = self._order(order_id)
        names = ("id", "status", "side", "symbol", "notional", "limit_price", "reason", "execute_at")
        return {
            **{name: order[name] for name in names if order[name] is not None},
            "account": order["account_name"],
            **({"fill": fill} if (fill := self.book.fill(order_id)) else {}),
        }

    def settle(self) -> None:
        """Fill every queued order whose time has come and whose limit allows it."""
        for order in self.book.queued(self._clock.stamp()):
            price = Decimal(str(order["estimated_price"]))
            limit = order["limit_price"]
            if limit is None or (price <= limit if order["side"] == "buy" else price >= limit):
                self._fill(order)

    def _previewed(self, order_id: str, situation: Situation) -> dict[str, Any]:
        now = self._clock.now()
        opens = self._opens(now)
        assert situation.account is not None
        return {
            "order_id": order_id,
            "side": situation.draft.side,
            "symbol": situation.draft.symbol,
            "notional": float(situation.amount),
            "estimated_shares": float(situation.quantity),
            "estimated_price": float(situation.price),
            "limit_price": situation.draft.limit_price,
            "account": situation.account["account_name"],
            "execution": "now" if opens == now else f"queued for the next opening, {written(opens)}",
            "warnings": warnings(situation, session=self._calendar.on_or_before(now.date()).day.isoformat()),
            "expires_at": written(now + timedelta(seconds=TOKEN_S)),
        }

    def _spend(self, token: str, order: dict[str, Any]) -> None:
        """Use a token up, or say why it is none for this order."""
        known = self.book.token(token)
        refusal = None
        if known is None:
            refusal = Refusal("token_unknown", "The order was not confirmed.")
        elif known["order_hash"] != order["hash"]:
            refusal = Refusal("token_of_another_order", "The confirmation was for another order.")
        elif known["used_at"] is not None or order["status"] != "previewed":
            refusal = Refusal("token_used", "The confirmation was used already; the order was not placed again.")
        elif datetime.fromisoformat(known["expires_at"]) < self._clock.now():
            refusal = Refusal("token_expired", f"More than {TOKEN_S} seconds passed since the preview.")
        if refusal is not None:
            raise OrderRefused(refusal.code, refusal.reason)
        self.book.spend(token, self._clock.stamp())

    def _fill(self, order: dict[str, Any]) -> None:
        price, quantity = Decimal(str(order["estimated_price"])), Decimal(str(order["quantity"]))
        amount = Decimal(str(order["notional"])).quantize(CENT, ROUND_HALF_UP)
        fault = self._faults.next("tool", "submit_order", kinds=("partial_fill",))
        if fault is not None:
            share = Decimal(str(fault.share or SHARE))
            amount, quantity = (amount * share).quantize(CENT, ROUND_HALF_UP), quantity * share
        self.book.move(order, quantity=quantity, amount=amount)
        at = max(order["execute_at"], order["submitted_at"])
        self.book.insert(
            "fills", order_id=order["id"], quantity=float(quantity), price=float(price), amount=float(amount), filled_at=at
        )  # fmt: skip
        self.book.insert(
            "activities", id=f"activity-{order['id']}", account_id=order["account_id"], date=at[:10], kind=order["side"],
            symbol=order["symbol"], quantity=float(quantity), price=float(price),
            amount=float(-amount if order["side"] == "buy" else amount),
        )  # fmt: skip
        if fault is None:
            self.book.update(order["id"], status="filled")
        else:
            reason = f"only ${amount:,.2f} of ${order['notional']:,.2f} found a counterparty; the rest was cancelled"
            self.book.update(order["id"], status="partially_filled", reason=reason)

    def _close_early(self, call: str) -> None:
        """Close the exchange for the rest of the day, where the case wants it."""
        if self._faults.next("tool", call, kinds=("market_closed",)) is not None:
            self._is_closed = True

    def _opens(self, now: datetime) -> datetime:
        """The next moment at which the exchange is open."""
        if not self._is_closed:
            return self._calendar.next_open(now)
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return self._calendar.next_open(tomorrow)

    def _rejection(self) -> Refusal | None:
        """The exchange's own refusal, where the case wants it."""
        fault = self._faults.next("tool", "submit_order", kinds=("reject",))
        return None if fault is None else Refusal("rejected", fault.message or "The exchange rejected the order.")

    def _close(self, order_id: str, status: str, reason: str) -> None:
        self.book.update(order_id, status=status, reason=reason)

    def _order(self, order_id: str) -> dict[str, Any]:
        order = self.book.order(order_id)
        if order is None:
            raise OrderRefused("unknown_order", "There is no such order; preview it first.")
        return order

    def _situation(self, draft: Draft) -> Situation:
        self._prices()
        since = written(self._clock.now() - timedelta(seconds=DUPLICATE_S))
        return self.book.situation(draft, since=since)


def order_hash(draft: Draft, situation: Situation) -> str:
    """SHA-256 of everything that makes an order what it is."""
    assert situation.account is not None
    content = [draft.side, draft.symbol, str(situation.amount), situation.account["id"], draft.limit_price]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
