"""Decide which of the points, commas and spaces inside a figure group digits and which one marks decimals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from harness.lazy import pattern

_SPACED = pattern(r"\d{1,3}(?:[ \u00a0']\d{3})+(?:[.,]\d+)?")
_WESTERN = pattern(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_INDIAN = pattern(r"\d{1,2}(?:,\d{2})+,\d{3}")


class Locale(Enum):
    """Which character marks decimals."""

    POINT = "."
    COMMA = ","


class Digits(NamedTuple):
    """One reading of a figure's digits."""

    text: str
    """Digits with at most one point, as Decimal takes them."""

    decimals: int
    """How many of them follow the point."""


class Vote(NamedTuple):
    """How many figures of a document can only be read with a point, or a comma, for decimals."""

    point: int
    """Figures such as 1,234.5."""

    comma: int
    """Figures such as 1.234,5."""

    @property
    def winner(self) -> Locale | None:
        """The convention of the document; None when it does not say."""
        if self.point == self.comma:
            return None
        return Locale.POINT if self.point > self.comma else Locale.COMMA


def count_votes(figures: Iterable[str]) -> Vote:
    """Count the figures that settle the convention by their form alone."""
    forms = [settled(figure) for figure in figures]
    return Vote(forms.count(Locale.POINT), forms.count(Locale.COMMA))


def settled(figure: str) -> Locale | None:
    """The convention that a figure's form alone proves."""
    separators = [character for character in figure if character in ".,"]
    if not separators or is_ambiguous(figure):
        return None
    last = separators[-1]
    if len(set(separators)) == 1 and len(separators) > 1:
        return Locale.COMMA if last == "." else Locale.POINT
    if figure[0] in ".,":
        return None
    return Locale(last)


def is_ambiguous(figure: str) -> bool:
    """Whether the figure is like 1.234 or 1,234: three digits after its only separator."""
    whole, separator, rest = figure.partition("." if "." in figure else ",")
    return (
        bool(separator)
        and whole.isdigit()
        and whole[0] != "0"
        and len(whole) <= 3
        and rest.isdigit()
        and len(rest) == 3
    )


def readings(figure: str, vote: Vote, *, comma_money: bool = False) -> tuple[Digits, ...]:
    """Every reading of a figure, the likeliest first; none when it is malformed.

    `comma_money` says that the amount is in a currency usually written with a decimal comma.
    """
    if is_ambiguous(figure):
        return _ambiguous(figure, vote, comma_money=comma_money)
    reading = _single(figure)
    return (reading,) if reading else ()


def _ambiguous(figure: str, vote: Vote, *, comma_money: bool) -> tuple[Digits, ...]:
    grouped = Digits(re.sub("[.,]", "", figure), 0)
    decimal = Digits(figure.replace(",", "."), 3)
    comma = "," in figure
    if vote.winner is not None:
        is_decimal = comma == (vote.winner is Locale.COMMA)
        certain = not (vote.point and vote.comma)
        first, second = (decimal, grouped) if is_decimal else (grouped, decimal)
        return (first,) if certain else (first, second)
    if comma:
        return (grouped,)
    return (grouped, decimal) if comma_money else (decimal, grouped)


def _single(figure: str) -> Digits | None:
    if _SPACED.fullmatch(figure):
        figure = re.sub("[ \u00a0']", "", figure)
        return _decimal(figure.replace(",", ".")) if figure.count(",") + figure.count(".") <= 1 else None
    points, commas = figure.count("."), figure.count(",")
    if points and commas:
        return _mixed(figure, points, commas)
    if points + commas > 1:
        grouped = _WESTERN.fullmatch(figure) or _INDIAN.fullmatch(figure)
        return Digits(re.sub("[.,]", "", figure), 0) if grouped else None
    return _decimal(figure.replace(",", "."))


def _mixed(figure: str, points: int, commas: int) -> Digits | None:
    mark = max(".,", key=figure.rfind)
    if (points if mark == "." else commas) != 1:
        return None
    whole, _, rest = figure.rpartition(mark)
    if not (_WESTERN.fullmatch(whole) or _INDIAN.fullmatch(whole)):
        return None
    return Digits(re.sub("[.,]", "", whole) + "." + rest, len(rest))


def _decimal(figure: str) -> Digits:
    return Digits(figure, len(figure.partition(".")[2]))
