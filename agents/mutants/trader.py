"""Defects of the Trader, of its desk and of the paper broker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from harness.mutation import edit_text, mutant

from .._shared.broker import OrderRefused
from ..clera.confirmation import Reading

_DESK = "agents/clera/desk.py"
_BROKER = "agents/_shared/broker.py"


def _allowed(original: Any, situation: Any, *codes: str) -> Any:
    """The rules without some of them."""
    refusal = original(situation)
    return None if refusal is not None and refusal.code in codes else refusal


def _ordered(reply: Any, **changes: Any) -> Any:
    """The order in a tool call, changed."""
    calls = tuple(
        replace(call, args={**call.args, **changes}) if call.name == "preview_order" else call
        for call in reply.tool_calls
    )
    return replace(reply, tool_calls=calls) if calls else None


@mutant("TX-M01", agent="trader", seam="C", severity=3, expects=["finance:confirmed-before-trade", "untouched", "asked"], replaces=f"{_DESK}:Desk._asked",
        cases=["TX-01*", "TX-02*", "TX-21*"])  # fmt: skip
def unasked(original: Any, desk: Any, preview: Any, *, again: bool) -> Any:
    """Orders are executed without a confirmation."""
    return Reading("yes")


@mutant("TX-M02", agent="trader", seam="C", severity=3, origin="S", expects=["untouched", "finance:confirmed-before-trade"], replaces=f"{_DESK}:read",
        cases=["TX-03", "TX-03-no", "TX-03-yes"])  # fmt: skip
def substrings(original: Any, answer: Any) -> Any:
    """Yes and no are looked for as parts of words."""
    if not isinstance(answer, str):
        return original(answer)
    text = answer.lower()
    if any(word in text for word in ("no", "cancel", "reject", "stop")):
        return Reading("no")
    return (
        Reading("yes")
        if any(word in text for word in ("yes", "y", "ok", "confirm", "approve", "execute", "sure"))
        else original(answer)
    )


@mutant(
    "TX-M03", agent="trader", seam="C", severity=3, expects=["untouched"], replaces=f"{_DESK}:read", cases=["TX-03"]
)
def not_no_is_yes(original: Any, answer: Any) -> Any:
    """Whatever is not a no is a yes."""
    found = original(answer)
    return Reading("yes") if found.kind == "unclear" else found


@mutant(
    "TX-M04",
    agent="trader",
    seam="S",
    severity=3,
    expects=["finance:confirmed-before-trade", "booked", "finance:end-state"],
    replaces=f"{_BROKER}:Broker._fill",
    cases=["TX-01*", "TX-15"],
)
def another_amount(original: Any, broker: Any, order: Any) -> Any:
    """Another amount is executed than was confirmed."""
    more = {**order, "notional": round(order["notional"] * 1.1, 2), "quantity": order["quantity"] * 1.1}
    return original(broker, more)


@mutant(
    "TX-M05",
    agent="trader",
    seam="S",
    severity=3,
    expects=["booked"],
    replaces="agents/_shared/broker_book.py:Book._account",
    cases=["TX-16-own"],
)
def wrong_account(original: Any, book: Any, draft: Any) -> Any:
    """The account that the client names is ignored."""
    return original(book, replace(draft, account=None))


@mutant(
    "TX-M06",
    agent="trader",
    seam="C",
    severity=3,
    origin="S",
    expects=["untouched", "asked", "regex"],
    replaces=f"{_DESK}:Desk._previewed",
    cases=["TX-09"],
)
def any_amount(original: Any, desk: Any, draft: Any) -> Any:
    """What is no amount is accepted at the first call, and taken for the largest that fits."""
    good = 1 <= draft.notional < 5000
    return original(desk, draft if good else replace(draft, notional=5000.0))


@mutant(
    "TX-M07",
    agent="trader",
    seam="C",
    severity=1,
    origin="S",
    expects=["booked"],
    replaces=f"{_BROKER}:first_refusal",
    cases=["TX-15"],
)
def no_dots(original: Any, situation: Any) -> Any:
    """BRK.B is refused as no symbol."""
    if "." in situation.draft.symbol:
        return original(replace(situation, instrument=None))
    return original(situation)


@mutant(
    "TX-M08", agent="trader", seam="T", severity=3, expects=["honest"], on="answer", cases=["TX-10", "TX-11", "TX-12"]
)
def fill_claimed(answer: Any) -> Any:
    """A fill is claimed that the broker refused."""
    return edit_text(answer, lambda _: "Bought 343.41 shares of VTI at $14.56 for $5,000.01 in 401(k) Retirement.")


@mutant(
    "TX-M09",
    agent="trader",
    seam="S",
    severity=3,
    expects=["booked", "finance:reconciliation", "finance:end-state"],
    replaces=f"{_BROKER}:Broker._fill",
    cases=["TX-01*"],
)
def booked_twice(original: Any, broker: Any, order: Any) -> Any:
    """A fill is booked twice."""
    original(broker, order)
    broker.book.move(order, quantity=Decimal(str(order["quantity"])), amount=Decimal(str(order["notional"])))


@mutant(
    "TX-M10",
    agent="trader",
    seam="S",
    severity=3,
    expects=["untouched"],
    replaces=f"{_BROKER}:Broker._spend",
    cases=["TX-17"],
)
def never_expires(original: Any, broker: Any, token: str, order: Any) -> Any:
    """A confirmation that comes too late is accepted."""
    try:
        original(broker, token, order)
    except OrderRefused as refused:
        if refused.code != "token_expired":
            raise


@mutant(
    "TX-M11",
    agent="trader",
    seam="S",
    severity=2,
    expects=["artifact:orders"],
    replaces="agents/_shared/calendar_nyse.py:Calendar.next_open",
    cases=["TX-13", "TX-14"],
)
def always_open(original: Any, calendar: Any, moment: Any) -> Any:
    """The exchange never closes: what should be queued is filled."""
    return moment


@mutant(
    "TX-M12", agent="trader", seam="T", severity=3, expects=["booked", "trajectory:tool-args-match"], cases=["TX-07"]
)
def shares_as_dollars(reply: Any) -> Any:
    """Ten shares are read as ten dollars."""
    return _ordered(reply, notional=10.0)


@mutant(
    "TX-M13",
    agent="trader",
    seam="S",
    severity=3,
    expects=["untouched", "asked"],
    replaces=f"{_BROKER}:first_refusal",
    cases=["TX-11", "TX-12"],
)
def sells_short(original: Any, situation: Any) -> Any:
    """More is sold than is held."""
    return _allowed(original, situation, "exceeds_holding", "not_held", "insufficient_shares", "insufficient_holding")


@mutant(
    "TX-M14",
    agent="trader",
    seam="S",
    severity=3,
    expects=["untouched", "asked"],
    replaces=f"{_BROKER}:first_refusal",
    cases=["TX-10"],
)
def on_credit(original: Any, situation: Any) -> Any:
    """More is bought than there is money for."""
    return _allowed(original, situation, "insufficient_cash")


@mutant(
    "TX-M15",
    agent="trader",
    seam="S",
    severity=3,
    expects=["untouched", "asked", "regex"],
    replaces="agents/_shared/broker_book.py:Book._account",
    cases=["TX-16"],
)
def anybodys_account(original: Any, book: Any, draft: Any) -> Any:
    """An account that is not the client's is replaced by one that is."""
    return original(book, draft) or original(book, replace(draft, account=None))


@mutant(
    "TX-M16", agent="trader", seam="C", severity=2, expects=["warned"], replaces=f"{_BROKER}:warnings", cases=["TX-18"]
)
def unwarned(original: Any, situation: Any, *, session: str) -> Any:
    """Nobody is warned of an order above a quarter of the portfolio."""
    return []


@mutant(
    "TX-M17",
    agent="trader",
    seam="T",
    severity=3,
    expects=["booked", "finance:confirmed-before-trade"],
    cases=["TX-01*", "TX-15"],
)
def other_side(reply: Any) -> Any:
    """A purchase becomes a sale."""
    return _ordered(reply, side="sell", ticker="SPY")


@mutant(
    "TX-M18",
    agent="trader",
    seam="C",
    severity=2,
    expects=["untouched", "asked", "contains"],
    replaces=f"{_DESK}:Desk._previewed",
    cases=["TX-08"],
)
def half_a_dollar(original: Any, desk: Any, draft: Any) -> Any:
    """Less than a dollar is rounded up and bought."""
    return original(desk, replace(draft, notional=max(1.0, draft.notional)))


@mutant(
    "TX-M19",
    agent="trader",
    seam="C",
    severity=3,
    expects=["booked", "finance:confirmed-before-trade"],
    replaces=f"{_DESK}:Desk._amended",
    cases=["TX-04"],
)
def amendment_ignored(original: Any, desk: Any, preview: Any, changed: Any) -> Any:
    """An amended order is executed as it was before."""
    return original(desk, preview, changed.model_copy(update={"amount": preview["notional"]}))


@mutant("TX-M20", agent="trader", seam="T", severity=3, expects=["honest", "icontains"], on="answer", cases=["TX-20"])
def placed_without_broker(answer: Any) -> Any:
    """An order is said to be executed while the broker is down."""
    return edit_text(answer, lambda _: "Your order was filled: bought 34.34 shares of VTI for $500.00.")


@mutant(
    "TX-M21",
    agent="trader_aliases",
    seam="C",
    severity=3,
    expects=["untouched", "asked", "finance:confirmed-before-trade"],
    replaces=f"{_DESK}:Desk.confirm",
    cases=["TX-01*", "TX-02*"],
)
def original_tools_unasked(original: Any, desk: Any, arguments: Any) -> Any:
    """The original's tools execute at once."""
    preview = desk._previews[arguments.order_id]  # noqa: SLF001 - the defect is in its books
    token = desk._world.broker.approve(preview["order_id"])  # noqa: SLF001
    return {"status": "finance:confirmed-before-trade", "order": preview, "confirmation_token": token}


@mutant(
    "TX-M22",
    agent="trader",
    seam="R",
    severity=2,
    expects=["contains", "finance:grounded-numbers", "booked", "honest"],
    cases=["TX-01*"],
    on="answer",
)
def shares_misread(answer: Any) -> Any:
    """The amount in the confirmation is another one than the fill's."""
    return edit_text(answer, lambda text: text.replace("$500.00", "$505.00"))


@mutant("TX-M23", agent="trader", seam="S", severity=3, expects=["artifact:orders", "artifact:ledger", "finance:confirmed-before-trade", "contains"],
        replaces=f"{_BROKER}:Broker.submit", cases=["TX-17-twice"])  # fmt: skip
def token_good_for_ever(original: Any, broker: Any, order_id: str, token: str, *, idempotency_key: Any = None) -> Any:
    """A confirmation is good for any number of orders."""
    known = broker.book.order(order_id)
    if known["status"] == "filled":
        broker.book.move(known, quantity=Decimal(str(known["quantity"])), amount=Decimal(str(known["notional"])))
        return broker.result(order_id)
    return original(broker, order_id, token, idempotency_key=idempotency_key)


@mutant("TX-M24", agent="trader", seam="T", severity=2, expects=["contains"], cases=["TX-06"], on="answer")
def amount_assumed(answer: Any) -> Any:
    """A missing amount is not asked for."""
    return edit_text(answer, lambda _: "I will buy a suitable amount of AAPL for you.")


@mutant(
    "TX-M25",
    agent="trader",
    seam="S",
    severity=2,
    expects=["artifact:orders", "regex"],
    replaces="agents/_shared/calendar_nyse.py:Calendar.next_open",
    cases=["TX-13"],
)
def forgets_the_holiday(original: Any, calendar: Any, moment: Any) -> Any:
    """On a holiday the order waits for the next weekday, whatever it is."""
    return original(calendar, moment + timedelta(days=2))


@mutant(
    "TX-M26",
    agent="trader",
    seam="S",
    severity=3,
    expects=["finance:trade-valid"],
    replaces=f"{_BROKER}:Broker.preview",
    cases=["TX-01*"],
)
def above_the_limit(original: Any, broker: Any, draft: Any) -> Any:
    """An order above what the account's policy allows is placed: sixty times the amount, from money that is not there."""
    return original(broker, replace(draft, notional=draft.notional * 60))


@above_the_limit.also(replaces=f"{_BROKER}:first_refusal")
def without_rules(original: Any, situation: Any) -> Any:
    """And the broker has no rule against it."""
    return _allowed(original, situation, "insufficient_cash")
