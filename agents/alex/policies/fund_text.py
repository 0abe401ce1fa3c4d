"""Guess what a fund holds from its name and strategy text: rules of thumb, and labelled as such."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import fund_words as words
from .fund_words import Mix


@dataclass(frozen=True, slots=True)
class Guess:
    """What the words suggest."""

    kind: str
    """Instrument type."""

    asset_class: Mix
    """Percentages by asset class."""

    regions: Mix
    """Percentages by region."""

    sectors: Mix
    """Percentages by sector."""

    confidence: float
    """At most 0.8: words are not holdings."""

    clues: tuple[str, ...]
    """The words that decided."""


@dataclass(slots=True)
class _Text:
    """A fund's words, with the clues used so far."""

    name: str
    strategy: str
    clues: list[str]

    def named(self, pattern: str) -> bool:
        match = re.search(pattern, self.name) if pattern else None
        if match:
            self.clues.append(match[0].strip())
        return match is not None

    def count(self, pattern: str) -> int:
        return len(re.findall(pattern, self.strategy))


def guess(name: str, *, strategy: str = "", family: str = "") -> Guess | None:
    """Guess from words; None where they say nothing at all."""
    text = _Text(f" {_own_words(name, family)} ", strategy.lower(), [])
    shares = _asset_class(text)
    if shares is None:
        return None
    main = max(shares.items(), key=lambda part: part[1])[0]
    regions = _regions(text, main)
    sectors, sure = _sectors(text, main, shares)
    if main == "equity" and sectors == {"real_estate": 100.0}:
        shares = {"real_estate": 100.0}
    kind = "bond_fund" if main == "fixed_income" and len(shares) == 1 else "etf"
    confidence = 0.8 if sure and strategy else 0.7 if sure else 0.6
    return Guess(kind, shares, regions, sectors, confidence, tuple(dict.fromkeys(text.clues))[:4])


def _own_words(name: str, family: str) -> str:
    """The name without its family: `Global X` says nothing about the world."""
    brand = family.lower().removesuffix(" funds").removesuffix(" etfs").strip()
    own = name.lower()
    return own.removeprefix(brand).strip() or own


def _asset_class(text: _Text) -> Mix | None:
    for pattern, shares in words.MIXED_NAME:
        if text.named(pattern):
            return shares
    if text.named(words.ALTERNATIVE_NAME):
        return {"alternatives": 100.0}
    if text.named(words.COMMODITY_NAME) and not re.search(words.COMPANIES, text.name + text.strategy):
        return {"commodities": 100.0}
    bonds, stocks = text.count(words.BOND_TEXT), text.count(words.STOCK_TEXT)
    if text.named(words.BOND_NAME) and not re.search(words.NOT_BOND_NAME, text.name):
        return {"fixed_income": 100.0}
    if bonds > stocks:
        text.clues.append("the strategy speaks of bonds")
        return {"fixed_income": 100.0}
    if stocks or text.named(r"\betf\b|\bfund\b|\bindex\b|equity|stock\b"):
        return {"equity": 100.0}
    return None


def _regions(text: _Text, main: str) -> Mix:
    if main in {"commodities", "alternatives"}:
        return {"global": 100.0}
    found = _first(words.REGIONS, text)
    if found is None:
        beginning = _Text(text.strategy[:300], "", text.clues)
        found = None if re.search(r"u\.s\.|united states", beginning.name) else _first(words.REGIONS, beginning)
    return found or {"north_america": 100.0}


def _sectors(text: _Text, main: str, shares: Mapping[str, float]) -> tuple[Mix, bool]:
    """Sector weights, and whether the name itself names a sector."""
    if main == "commodities":
        return {"commodities": 100.0}, True
    if main == "alternatives":
        return {"other": 100.0}, False
    if len(shares) > 1:
        return {"diversified": 100.0}, True
    if main == "fixed_income":
        found = _first(words.BOND_SECTORS, text) or _first(words.BOND_SECTORS, _Text(text.strategy, "", text.clues))
        return found or {"corporate": 100.0}, found is not None
    return _equity_sectors(text)


def _equity_sectors(text: _Text) -> tuple[Mix, bool]:
    for pattern, sector in words.DIVIDED.items():
        if text.named(pattern):
            return _without(_broad(text), sector), True
    found = _first(words.SECTORS, text)
    return (found, True) if found else (_broad(text), False)


def _broad(text: _Text) -> Mix:
    return next(mix for pattern, mix in words.MIXES if re.search(pattern, text.name))


def _without(mix: Mix, sector: str) -> Mix:
    rest = {name: weight for name, weight in mix.items() if name != sector}
    whole = sum(rest.values())
    return {name: weight * 100 / whole for name, weight in rest.items()}


def _first(table: Sequence[tuple[str, Mix]], text: _Text) -> Mix | None:
    return next((dict(mix) for pattern, mix in table if text.named(pattern)), None)
