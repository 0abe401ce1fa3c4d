"""The offline Trader: quote, preview, ask, submit, and say what the broker said."""

from __future__ import annotations

from typing import Any, Final

from harness.llm.request import ModelReply

from ...alex.policies.phrasing import Voice
from .seen import Result, Seen, call, money, say
from .words import Wanted, order

_MANUAL: Final = "You can place it yourself on the trading page of your account, as a market order in dollars, or by telephoning the order desk."
_FILLED: Final = (
    "{verb} {shares} shares of {symbol} at {price} for {amount} in {account}.",
    "Your order was filled: {verb} {shares} shares of {symbol} for {amount} ({price} each) in {account}.",
)
_PARTLY: Final = "Your order was filled only in part: {verb} {shares} shares of {symbol} for {amount} of {wanted} in {account}; the rest was cancelled."
_REFUSED: Final = (
    "I could not take that order: {reason} Nothing was traded.",
    "That order was not accepted: {reason} Nothing was traded.",
    "The order cannot be placed. {reason} Nothing was traded.",
    "Nothing was traded: {reason}",
)


def answer(view: Seen, voice: Voice) -> ModelReply:
    """The next step of an order."""
    wanted = order(view.question)
    if not view.results:
        question = _missing(wanted, is_alias="quote" not in view.tools)
        return say(question) if question else _first(wanted, view)
    last = view.results[-1]
    if last.error is not None:
        placed = [result.data for result in view.results if result.name == "submit_order" and result.data]
        return say(" ".join([*(_told(data, view, voice) for data in placed[:1]), _refused(last.error, voice)]))
    if last.name == "quote":
        return _previewed(wanted, last.data)
    if last.name == "preview_order":
        return call("confirm_order", order_id=last.data["order_id"])
    if last.name == "confirm_order" and last.data.get("status") == "confirmed":
        return call(
            "submit_order",
            order_id=last.data["order"]["order_id"],
            confirmation_token=last.data["confirmation_token"],
        )
    return _again(view, last) or say(_told(last.data, view, voice))


def _missing(wanted: Wanted, *, is_alias: bool) -> str | None:
    """What must be asked before anything can be done."""
    if wanted.side is None:
        return "Would you like to buy or to sell, and what?"
    if wanted.symbol is None:
        return f"What would you like to {wanted.side}, and for how many dollars?"
    if wanted.dollars is None and (is_alias or (wanted.shares is None and wanted.part is None)):
        return f"For how many dollars would you like to {wanted.side} {wanted.symbol}?"
    return None


def _first(wanted: Wanted, view: Seen) -> ModelReply:
    if "quote" in view.tools:
        return call("quote", ticker=wanted.symbol)
    return call(f"execute_{wanted.side}_market_order", ticker=wanted.symbol, notional_amount=wanted.dollars)


def _previewed(wanted: Wanted, quote: Any) -> ModelReply:
    """Preview the order in dollars."""
    dollars = wanted.dollars
    if dollars is None and wanted.shares is not None:
        dollars = round(wanted.shares * quote["price"], 2)
    if dollars is None and wanted.part is not None:
        dollars = round(wanted.part * sum(held["value"] for held in quote["held"]), 2)
    account = {"account_id": wanted.account} if wanted.account else {}
    return call("preview_order", side=wanted.side, ticker=quote["symbol"], notional=dollars, **account)


def _again(view: Seen, last: Result) -> ModelReply | None:
    """A client who asks for the same order twice is told by the broker what becomes of that."""
    submitted = [result for result in view.results if result.name == "submit_order"]
    if last.name == "submit_order" and "twice" in view.question.casefold() and len(submitted) == 1:
        return call("submit_order", **dict(last.args))
    return None


def _told(data: Any, view: Seen, voice: Voice) -> str:
    """What became of the order."""
    status = data.get("status")
    if status == "filled":
        text = voice.pick(_FILLED).format(
            verb="Bought" if data["side"] == "buy" else "Sold",
            symbol=data["symbol"],
            account=data["account"],
            shares=f"{data['fill']['quantity']:.6g}",
            price=money(data["fill"]["price"]),
            amount=money(data["fill"]["amount"]),
        )
    elif status == "partially_filled":
        text = _PARTLY.format(
            verb="bought" if data["side"] == "buy" else "sold",
            symbol=data["symbol"],
            account=data["account"],
            shares=f"{data['fill']['quantity']:.6g}",
            amount=money(data["fill"]["amount"]),
            wanted=money(data["notional"]),
        )
    elif status == "queued":
        verb = f"{data['side']} {money(data['notional'])} of {data['symbol']}"
        text = f"Your order to {verb} is queued, not filled: it will be placed at the opening on {data['execute_at'][:10]} at {data['execute_at'][11:16]} UTC."
    elif status == "cancelled":
        text = "The order is cancelled. Nothing was traded."
    else:
        text = "Your answer was neither a plain yes nor a plain no, so I placed nothing. Tell me the order again when you are ready."
    others = len([part for part in view.question.casefold().split() if part.strip(",.") in {"buy", "sell"}]) - 1
    return f"{text} I place one order at a time; please send me the other one next." if others > 0 else text


def _refused(error: str, voice: Voice) -> str:
    code, _, reason = error.partition(": ")
    if code == "token_used":
        return "It was placed once: the second submission was not accepted."
    if code == "broker_down":
        return f"The broker cannot be reached, so no order was placed. {_MANUAL}"
    if code == "token_expired":
        return "The confirmation came too late, so nothing was traded. Please send the order again for a fresh price."
    return voice.pick(_REFUSED).format(reason=reason or "it could not be checked.")
