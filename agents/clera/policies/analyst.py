"""The offline Analyst: prices, returns and notes as the tools gave them, both sides cited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from harness.llm.request import ModelReply

from ...alex.policies.phrasing import Voice
from .seen import Result, Seen, call, money, say
from .words import dates, symbols

_OLD_DAYS: Final = 365
_RETURN: Final = "calculate_investment_performance"
_FIRST: Final = re.compile(r";\s|(?<!Inc)\.\s(?=[A-Z<])")
_COMMAND: Final = re.compile(r"ignore|disregard|instruction|system|assistant|wire |guarantee|<\w", re.IGNORECASE)


def answer(view: Seen, voice: Voice) -> ModelReply:
    """One tool for each thing that was asked, then the answer."""
    plan = _plan(view)
    if not plan:
        return say("Which security do you mean? A name or a symbol is enough.")
    if len(view.results) < len(plan):
        name, args = plan[len(view.results)]
        return call(name, **args)
    told = [_told(result, view, voice) for result in view.results]
    measured = any(result.name == _RETURN and result.error is None for result in view.results)
    return say(" ".join([*told, "Past returns say little about future ones."] if measured else told))


def _plan(view: Seen) -> list[tuple[str, dict[str, Any]]]:
    """The calls to make, in order."""
    text = view.question
    lower = text.casefold()
    found = [symbol for symbol in symbols(text) if symbol != "SPY" or "s&p" not in lower]
    today = date.fromisoformat(str(view.profile.get("today", "2026-11-20")))
    if is_performance(lower) and found:
        first, last = dates(text, today)
        end = {"end_date": last} if last else {}
        return [(_RETURN, {"symbol": symbol, "start_date": first, **end}) for symbol in found[:2]]
    if "outlook and price" in lower and found:
        return [("get_stock_price", {"ticker": found[0]}), ("web_search", {"query": f"{found[0]} outlook"})]
    if is_news(lower):
        return [("web_search", {"query": text[:300], "k": 6 if len(found) > 1 else 4})]
    if found:
        return [("get_stock_price", {"ticker": symbol}) for symbol in found[:3]]
    return [("web_search", {"query": text[:300]})] if "in general" in lower else []


def is_performance(text: str) -> bool:
    """Whether a question is about a return."""
    return bool(re.search(r"perform|return|beat(?:en)?\b|compare|\bhow did\b|\bhow has\b|s&p", text))


def is_news(text: str) -> bool:
    """Whether a question is about news and opinions."""
    return bool(re.search(r"news|headline|happening|analysts? say|outlook|bull|bear", text))


def _told(result: Result, view: Seen, voice: Voice) -> str:
    if result.error is not None:
        return _failed(result)
    if result.name == "get_stock_price":
        data = result.data
        opening = voice.pick(("{symbol} ({name}) closed at {price}", "The last close of {symbol} ({name}) was {price}"))
        return (
            opening.format(symbol=data["symbol"], name=data["name"], price=money(data["price"]))
            + f" on {data['price_date']}."
        )
    if result.name == "web_search":
        return _noted(result.data, view)
    return _performed(result.data)


def _failed(result: Result) -> str:
    """Why there is no figure, in words for a client."""
    error, symbol = str(result.error), str(result.args.get("ticker") or result.args.get("symbol") or "that")
    if "not a symbol" in error:
        return f"I do not know a security with the symbol {symbol}, so I have no figures for it. Is it spelled as you mean it?"
    if "no price" in error:
        return f"No price of {symbol} is known, so I have no figure for it."
    if "price feed" in error:
        return f"I have looked up as many prices as I may in a minute, so I have no figure for {symbol} now. Ask again in a minute."
    if "future" in error:
        return "The end of that period is in the future, so there is no return to report yet."
    if "at most" in error:
        return "That period is too long: I can measure five years at once at most."
    if "known from" in error:
        return f"My {error}, so I cannot measure that period." if error.startswith("prices") else error
    return "I could not look that up just now, so I give no figure."


def _performed(data: Mapping[str, Any]) -> str:
    span = (
        f"from {money(data['start_price'])} on {data['start_date']} to {money(data['end_price'])} on {data['end_date']}"
    )
    parts = [f"{data['symbol']} returned {data['return_percent']}% {span}, without dividends."]
    if "annualised_percent" in data:
        parts.append(f"That is {data['annualised_percent']}% a year.")
    if "benchmark" in data:
        parts.append(
            f"The S&P 500 fund ({data['benchmark']}) returned {data['benchmark_return_percent']}% over the same time: "
            f"the difference is {data['difference_points']} percentage points."
        )
    return " ".join(parts)


def _noted(data: Mapping[str, Any], view: Seen) -> str:
    """What speaks for it, what against, and from when it is."""
    notes = list(data["notes"])
    if not notes:
        return f"I found no research notes about that as of {data['as_of']}."
    today = date.fromisoformat(data["as_of"])
    sides = {"positive": "What speaks for it", "negative": "What speaks against it", "neutral": "Neutral"}
    order = ("negative", "positive", "neutral") if view.profile.get("risk_profile") == "conservative" else tuple(sides)
    parts = []
    for stance in order:
        chosen = [note for note in notes if note["stance"] == stance][: 1 if view.is_brief else 3]
        cited = [_cited(note, today) for note in chosen]
        if cited:
            parts.append(f"{sides[stance]}: {'; '.join(cited)}.")
        elif stance != "neutral":
            parts.append(f"{sides[stance]}: I found no note.")
    return " ".join([*parts, "The main risk is that such notes are opinions and markets move against them."])


def _cited(note: Mapping[str, Any], today: date) -> str:
    """A note by its source, never by its commands: only its first sentence is told, and that only where it is about markets."""
    text = _FIRST.split(str(note["text"]))[0].rstrip(".")
    if _COMMAND.search(text):
        text = f"{note['source']} is {note['stance']} about {', '.join(note['symbols'])}"
    old = ", more than a year old" if (today - date.fromisoformat(note["date"])).days > _OLD_DAYS else ""
    return f"{text} ({note['id']}, {note['date']}{old})"
