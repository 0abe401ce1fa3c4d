"""Find symbols, amounts and dates in a client's words, as somebody who reads would."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, NamedTuple

NAMES: Final = {
    "apple": "AAPL", "appel": "AAPL", "microsoft": "MSFT", "nvidia": "NVDA", "tesla": "TSLA", "amazon": "AMZN",
    "alphabet": "GOOGL", "google": "GOOGL", "berkshire": "BRK.B", "gold": "GLD", "costco": "COST", "visa": "V",
    "disney": "DIS", "meta": "META", "coca-cola": "KO",
}  # fmt: skip
_NO_SYMBOLS: Final = frozenset(
    [
        "A",
        "I",
        "P",
        "E",
        "ETF",
        "IRA",
        "CD",
        "PE",
        "P/E",
        "US",
        "USA",
        "USD",
        "SEC",
        "AM",
        "PM",
        "OK",
        "NO",
        "YES",
        "CEO",
        "IPO",
        "AND",
        "OR",
        "THE",
        "BUY",
        "SELL",
        "HOW",
        "WHAT",
        "S",
        "P",
        "YTD",
        "JSON",
        "MY",
        "IT",
    ]
)
_SYMBOL: Final = re.compile(r"(?<![\w$./])[A-Z][A-Z0-9]{0,5}(?:\.[A-Z])?(?![\w/])")
_MONEY: Final = re.compile(
    r"(?P<sign>-?)\$\s?(?P<a>[\d,]*\.?\d+(?:e\d+)?)(?P<ak>[km]?)\b|(?P<b>[\d,]*\.?\d+)(?P<bk>[km]?)\s?(?:dollars?|dolars?|usd|bucks)\b",
    re.IGNORECASE,
)
_SHARES: Final = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s+shares?\b", re.IGNORECASE)
_ISO: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SPAN: Final = re.compile(
    r"\b(?:last|past|previous)\s+(?P<count>\d+|few)?\s*(?P<unit>day|week|month|year)s?\b", re.IGNORECASE
)
_UNITS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
_ACCOUNT: Final = re.compile(r"\b(?:in|from|into) (?:account |my )(?P<name>[^?.!,]+?)(?: account)?\s*$", re.IGNORECASE)
_MONTHS: Final = (
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
)  # fmt: skip


class Wanted(NamedTuple):
    """An order as far as it was said."""

    side: str | None
    """buy or sell."""

    symbol: str | None
    """What."""

    dollars: float | None = None
    """How much, in dollars."""

    shares: float | None = None
    """How much, in shares."""

    part: float | None = None
    """How much, as a part of what is held."""

    account: str | None = None
    """Where."""


def symbols(text: str) -> list[str]:
    """Symbols and names of companies, in order, without repetitions."""
    found = [(match.start(), match.group()) for match in _SYMBOL.finditer(text) if match.group() not in _NO_SYMBOLS]
    lower = text.casefold()
    found += [(lower.index(name), symbol) for name, symbol in NAMES.items() if re.search(rf"\b{name}\b", lower)]
    return list(dict.fromkeys(symbol for _, symbol in sorted(found)))


def dollars(text: str) -> float | None:
    """The first amount of money; words such as infinity are numbers too, though no broker takes them."""
    match = _MONEY.search(text)
    if match is None:
        odd = re.search(r"\$\s?(nan|inf(?:inity)?)\b", text, re.IGNORECASE)
        return float(odd.group(1)) if odd else None
    digits, thousands = (match["a"], match["ak"]) if match["a"] else (match["b"], match["bk"])
    value = float(digits.replace(",", "")) * {"k": 1e3, "m": 1e6}.get((thousands or "").lower(), 1)
    return -value if match["sign"] else value


def order(text: str) -> Wanted:
    """Read an order; what is not said stays None."""
    lower = text.casefold()
    found = re.search(r"\b(buy|purchase|invest|put|get me|by|sell|dump)\b", lower)
    side = None if found is None else "sell" if found.group() in {"sell", "dump"} else "buy"
    shares = _SHARES.search(text)
    part = 0.5 if "half" in lower else 1.0 if re.search(r"\b(all|everything)\b", lower) else None
    account = _ACCOUNT.search(text.rstrip("?.! "))
    named = symbols(text[: account.start()] if account else text)
    return Wanted(
        side,
        named[0] if named else None,
        dollars(text),
        float(shares["count"]) if shares else None,
        part,
        account["name"].strip() if account and not symbols(account["name"]) else None,
    )


def days_back(text: str) -> int | None:
    """How far back a question goes, in days."""
    match = _SPAN.search(text)
    if match is None:
        return None
    count = int(match["count"]) if (match["count"] or "").isdigit() else 1
    return count * _UNITS[match["unit"].lower()]


def dates(text: str, today: date) -> tuple[str, str | None]:
    """First and last day that a question about performance means; a year back where it says none."""
    written = _ISO.findall(text)
    if written:
        return written[0], written[1] if len(written) > 1 else None
    for number, name in enumerate(_MONTHS, 1):
        if re.search(rf"\bsince {name}\b", text, re.IGNORECASE):
            return date(today.year, number, 1).isoformat(), None
    if re.search(r"\bthis year\b|\byear to date\b|\bYTD\b", text):
        return date(today.year, 1, 1).isoformat(), None
    years = re.search(r"\b(\d+) years\b", text)
    back = days_back(text) or (365 * int(years.group(1)) if years else 365)
    if back % 30 == 0 and back < 365:
        return _months_before(today, back // 30).isoformat(), None
    return (today - timedelta(days=back)).isoformat(), None


def _months_before(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 - count
    return date(month // 12, month % 12 + 1, min(day.day, 28))
