"""Check one figure of an answer: money, a share, a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from harness.bounds import Ge
from harness.jsonpath import JsonPath, PathError
from harness.jsonpath import parse as parse_path
from harness.quantities import Kind, Quantity, agrees, of, parse, scan
from harness.registry import Check, Finding, Subject, check

from .document import document
from .wording import answered, at, listed, quoted, refuse, shown

Unit: TypeAlias = Literal["percent", "bps", "money", "multiple", "shares", "years"]

_SHARES_OF_ONE = frozenset({Kind.PERCENT, Kind.POINTS, Kind.BPS})
_KINDS: Mapping[str, tuple[Kind, frozenset[Kind]]] = {
    "percent": (Kind.PERCENT, _SHARES_OF_ONE),
    "bps": (Kind.BPS, _SHARES_OF_ONE),
    "money": (Kind.NUMBER, frozenset({Kind.CURRENCY})),
    "multiple": (Kind.MULTIPLE, frozenset({Kind.MULTIPLE})),
    "shares": (Kind.SHARES, frozenset({Kind.SHARES})),
    "years": (Kind.DURATION, frozenset({Kind.DURATION})),
}
"""What a bare value of that unit is, and which printed kinds it is looked for in."""

_TEXT_LIMIT = 200_000
_DIGITS = 3
"""Below so many significant digits a figure says too little to agree with a longer one by rounding alone."""


def path_of(text: str, field: str) -> JsonPath:
    """Read a path that a parameter holds.

    Raises:
        MisfitsError: at that parameter.
    """
    try:
        return parse_path(text)
    except PathError as error:
        raise refuse(field, error.problem, error.remedy) from None


@check("number")
class Number(Check):
    """The answer states this figure, as precisely as it prints it.

    `$1.2M`, `1,200,000` and `(500)` are read as people read them; list numbers, dates and tickers are no figures. Without
    `tolerance` or `relative`, a figure agrees when it is the value rounded to the digits shown, provided that it shows as many
    significant digits as the value has, or three. A sign that differs never agrees. With `path`, the figure at that place of
    the answer's JSON form is compared instead; an answer without that place fails, under `not-` too.
    """

    value: int | float | str
    """The figure: a number, or text such as `$1,234.50`, `12.5%` or `35 bps`, whose unit then counts too."""

    tolerance: Annotated[float, Ge(0)] | None = None
    """Most by which the figure may differ, in the value's unit."""

    relative: Annotated[float, Ge(0)] | None = None
    """Most by which it may differ, as a share of the value: 0.01 is one percent. The wider of both holds."""

    path: str | None = None
    """JSON path of the figure in the structured answer, such as `$.total`; by default the whole text is searched."""

    unit: Unit | None = None
    """What the figure in the text must be, where the value is a bare number."""

    def __post_init__(self) -> None:
        if isinstance(self.value, str) and self.unit is not None:
            raise refuse(
                "unit", "the value is text, which says its own unit", "leave `unit` out, or write a bare number"
            )
        if isinstance(self.value, str) and parse(self.value) is None:
            raise refuse(
                "value", f"{quoted(self.value)} is not one figure", "write one such as 1200, '$1,200' or '12.5%'"
            )
        if self.path is not None:
            path_of(self.path, "path")
            if self.unit is not None:
                raise refuse("unit", "a figure at a path has no printed unit", "leave `unit` or `path` out")

    def conclude(self, subject: Subject) -> Finding:
        """Search the text, or look at the path."""
        return self._in_text(subject.text) if self.path is None else self._at_path(subject)

    @cached_property
    def _expected(self) -> Quantity:
        kind = Kind.NUMBER if self.unit is None else _KINDS[self.unit][0]
        made = replace(of(self.value, kind), bound=None, alternatives=())
        return replace(made, unit="year") if self.unit == "years" else made

    def _in_text(self, text: str) -> Finding:
        if len(text) > _TEXT_LIMIT:
            return self.finding(
                None, f"the answer is longer than {_TEXT_LIMIT:,} characters: too long to search for figures"
            )
        figures = scan(text)
        best = ""
        for figure in figures:
            agreed, why = self._agrees(figure)
            if agreed:
                evidence = at(figure.start, figure.end, figure.text)
                return self.finding(True, why, expected=self.value, actual=figure.text, evidence=evidence)
            best = best or why
        found = [figure.text for figure in figures]
        reason = f"{answered(text)} does not state {self.value}: it states {listed(found)}"
        if len(found) == 1:
            reason = f"{reason} ({best})"
        return self.finding(False, reason, expected=self.value, actual=found)

    def _at_path(self, subject: Subject) -> Finding:
        found = document(subject)
        path = parse_path(self.path or "$")
        places = () if found.problem else path.find(found.value)
        if not places:
            reason = found.problem or f"the answer has nothing at {path}"
            return self.finding(False, reason, expected=self.value, negatable=False)
        for place in places:
            figure = _figure(place.value)
            agreed, why = (False, f"{shown(place.value)} is no figure") if figure is None else self._agrees(figure)
            if agreed or len(places) == 1:
                return self.finding(agreed, f"at {place.path}, {why}", expected=self.value, actual=place.value)
        return self.finding(
            False, f"none of {len(places)} figures at {path} is {self.value}", expected=self.value,
            actual=[place.value for place in places],
        )  # fmt: skip

    def _agrees(self, figure: Quantity) -> tuple[bool, str]:
        if self.unit is not None and figure.kind not in _KINDS[self.unit][1]:
            return False, f"{figure.text} is not given in {self.unit}"
        bare, expected = replace(figure, bound=None), self._expected
        agreement = agrees(expected, bare, absolute=self.tolerance, relative=self.relative)
        if agreement and self.tolerance is None and self.relative is None and _coarse(bare, expected):
            return False, f"{figure.text} is too coarse to be taken for {self.value}; give a `tolerance` if it is not"
        return bool(agreement), agreement.reason


def _figure(item: Any) -> Quantity | None:
    if isinstance(item, str):
        return parse(item)
    return of(item) if isinstance(item, int | float) and not isinstance(item, bool) else None


def _coarse(figure: Quantity, expected: Quantity) -> bool:
    """Whether a rounded figure shows fewer significant digits than it takes to mean anything."""
    if figure.step == 0 or figure.value == expected.value:
        return False
    shown_digits = len(str(int(abs(figure.value) / figure.step)))
    return shown_digits < min(_DIGITS, _significant(expected.value))


def _significant(number: Decimal) -> int:
    return len(number.normalize().as_tuple().digits)
