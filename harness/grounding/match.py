"""Find the fact behind each figure: literally, rounded as printed, or in another unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

from harness.quantities import Kind, Quantity

from .claims import Claim
from .facts import Fact, Facts

Status: TypeAlias = Literal["grounded", "rounded", "from_user", "ungrounded", "not_checkable"]
STATUSES: Final[tuple[str, ...]] = get_args(Status)
"""`grounded` is the very number, `rounded` a rounding of it, `from_user` a number of the question, `ungrounded` none of them;
`not_checkable` has too few digits to say."""

_DIGITS = 3
_PERCENT = {Kind.PERCENT, Kind.POINTS}
_UNITS = {Kind.CURRENCY, Kind.PERCENT, Kind.POINTS, Kind.BPS, Kind.MULTIPLE, Kind.SHARES}
_FALLS = re.compile(
    r"\b(?:loss|lost|losses|down|fell|fall|falls|declin\w+|decreas\w+|dropp?\w*|below|under\w*|short\w*|deficit|reduc\w+|"
    r"minus|negative|drawdown|lower|sell|sold|withdr\w+|ow(?:e|es|ed)|debt|pay\w*|paid)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Grounding:
    """What became of one figure."""

    claim: Claim
    """The figure."""

    status: Status
    """Where it comes from."""

    fact: Fact | None = None
    """The fact behind it."""


def ground(claims: Iterable[Claim], facts: Facts, *, user: Facts) -> tuple[Grounding, ...]:
    """Find the fact behind each claim.

    A figure that is not the very number counts as a rounding only within half a unit of its last digit, and only if it shows
    three significant digits: with fewer, some fact lies near by accident.
    """
    return tuple(_ground(claim, facts, user) for claim in claims)


def _ground(claim: Claim, facts: Facts, user: Facts) -> Grounding:
    readings = list(_readings(claim))
    for figure, kinds in readings:
        for fact in facts.between(figure.value, figure.value):
            if _same_unit(fact, kinds):
                return Grounding(claim, "grounded", fact)
    if any(user.between(figure.value, figure.value) for figure, _ in readings):
        return Grounding(claim, "from_user")
    for figure, kinds in readings:
        nearest = sorted(facts.between(figure.low, figure.high), key=lambda fact: abs(fact.value - figure.value))
        for fact in nearest:
            if _same_unit(fact, kinds):
                return Grounding(claim, "rounded" if _digits(claim.figure) >= _DIGITS else "not_checkable", fact)
    if claim.figure.kind not in _UNITS and _digits(claim.figure) < _DIGITS:
        return Grounding(claim, "not_checkable")  # two accounts, five years: mostly counted, not read
    return Grounding(claim, "ungrounded")


def _readings(claim: Claim) -> Iterator[tuple[Quantity, frozenset[Kind]]]:
    """The figure in every unit in which a source may hold it, with the kinds that a fact may then have."""
    from dataclasses import replace

    for figure in (claim.figure, *claim.figure.alternatives):
        shapes = [(figure, frozenset({figure.kind, Kind.NUMBER}))]
        factors: dict[Kind, Decimal] = {}
        if figure.kind in _PERCENT:
            shapes = [(figure, frozenset({Kind.PERCENT, Kind.POINTS, Kind.NUMBER}))]
            factors = {Kind.NUMBER: Decimal("0.01"), Kind.BPS: Decimal(100)}
        elif figure.kind is Kind.BPS:
            factors = {Kind.PERCENT: Decimal("0.01"), Kind.NUMBER: Decimal("0.0001")}
        elif figure.kind in (Kind.NUMBER, Kind.COUNT):
            shapes = [(figure, frozenset(Kind))]
        for kind, factor in factors.items():
            shapes.append((replace(figure, value=figure.value * factor, step=figure.step * factor), frozenset({kind})))
        for shape, kinds in shapes:
            yield shape, kinds
            if figure.value > 0 and _FALLS.search(claim.before):
                yield replace(shape, value=-shape.value), kinds


def _same_unit(fact: Fact, kinds: frozenset[Kind]) -> bool:
    return fact.kind in kinds


def _digits(figure: Quantity) -> int:
    """Significant digits shown."""
    digits = re.sub(r"\D", "", figure.text.split("e")[0]).lstrip("0")
    return len(digits)
