"""Declared derivations: compute a formula that the answer states, and look its operands up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Final

from harness.frozen import frozen
from harness.lazy import pattern
from harness.quantities import Kind, Quantity

from .facts import Fact, Facts
from .operands import Operand, settle

_TOKEN = pattern(
    r"\s*(?:(?P<number>[$€£¥]?\s?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[$€£¥]?\s?\.\d+)"
    r"(?P<unit>\s?(?:%|bps\b|percent\b|thousand\b|million\b|billion\b|trillion\b|mn\b|bn\b|[kKmM]\b))?"
    r"|(?P<name>sum|mean|average|avg|abs|min|max)\s?(?=\()|(?P<mark>[-+*/x×÷−–—()\[\],;]))"
)
_MARKS = {"x": "*", "×": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "[": "(", "]": ")", ";": ","}
_SCALES = {"thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9, "trillion": 12}
_CONSTANTS: Final = frozenset({*range(13), 24, 52, 100, 252, 360, 365, 1000, 10_000, 1_000_000, 1_000_000_000})
_DIVISORS: Final = frozenset({4, 12, 52, 100, 252, 360, 365, 1000, 10_000, 1_000_000, 1_000_000_000})
_SIGN_FIRST = pattern(r"[$€£¥](?=\s?[-(−])")
_LONGEST = 2_000
_DEEPEST = 50
_MOST = 40
_SPREAD = frozenset({4, 12})
_PER = pattern(r"quarter|month|week|\bday|daily|\bper\b", re.IGNORECASE)
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS})
_CONTEXT = Context(prec=60)


@frozen
class Term:
    """A computed value with what it measures."""

    value: Decimal
    """The value; of percentages in percent."""

    dimension: int = 0
    """1 for an amount, 0 for a ratio or a constant."""

    percent: bool = False
    """Whether the value is in percent."""

    constant: bool = False
    """Whether no operand of a source went into it."""

    parts: int = 1
    """How many amounts were added up in it."""

    summed: tuple[int, ...] = ()
    """Operands that were added up or taken off in it, by number."""

    less: bool = False
    """Whether something was taken off."""


@frozen
class Computed:
    """What a formula gives, and where its operands come from."""

    term: Term
    """The result."""

    operands: tuple[Fact, ...] = ()
    """The fact behind each operand that is no constant."""

    missing: tuple[str, ...] = ()
    """Operands that no source holds."""

    problem: str = ""
    """Why it cannot be computed; empty when it can."""

    def agrees(self, figure: Quantity) -> bool:
        """Whether the result is the figure, to half a unit of its last digit, sign and unit included."""
        for value in self._worth(figure):
            for scale in {Decimal(1), figure.scale}:
                near = abs(value - figure.value / scale) <= figure.half_unit / scale
                if near and (scale == figure.scale or abs(value) >= figure.step):
                    return True
        return False

    def _worth(self, figure: Quantity) -> tuple[Decimal, ...]:
        """The result in the figure's unit: one, so that 0.25 is 25 % and never both that and 0.25 %."""
        ratio = self.term.dimension == 0 and not self.term.percent
        if figure.kind in _PERCENT:
            return (self.term.value * 100,) if ratio else (self.term.value,)
        if figure.kind is Kind.BPS:
            return (self.term.value * 10_000,) if ratio else (self.term.value * 100,)
        if self.term.percent and figure.kind is Kind.CURRENCY:
            return ()
        return (self.term.value,)


class Incomputable(ValueError):
    """A formula is no arithmetic of figures."""


def compute(formula: str, facts: Facts, *, scale: Decimal = Decimal(1), context: str = "") -> Computed:
    """Compute a formula of figures, `+ - * /`, parentheses and mean, sum, min, max, abs; never raises.

    With a `scale` such as a million, operands may leave it out where their source prints it. An operand of one or two digits,
    which some cell always holds, must stand where the `context` says or in a line with another operand.
    """
    try:
        with localcontext(_CONTEXT):
            parser = _Parser(formula, facts, scale, context)
            term = parser.whole()
    except (Incomputable, DecimalException) as error:
        return Computed(Term(Decimal(0)), problem=str(error) or type(error).__name__)
    if term.constant:
        return Computed(term, problem="the formula holds no figure of a source")
    operands, stray = settle(parser.operands, parser.sums, context)
    return Computed(term, operands, (*parser.missing, *stray))


class _Parser:
    """Reads one formula left to right."""

    def __init__(self, formula: str, facts: Facts, scale: Decimal, context: str) -> None:
        if len(formula) > _LONGEST:
            raise Incomputable(f"the formula is longer than {_LONGEST} characters")
        self.operands: list[Operand] = []
        self.missing: list[str] = []
        self.sums: list[tuple[int, ...]] = []
        self._facts, self._scale = facts, scale
        self._spread = _SPREAD if not context or _PER.search(context) else frozenset[int]()
        self._tokens = _tokens(formula.split("=", 1)[0])
        self._place = 0

    def whole(self) -> Term:
        """The value of all of it."""
        term = self._sum(0)
        if self._place < len(self._tokens):
            raise Incomputable(f"{self._tokens[self._place][1]!r} stands where the formula should end")
        return term

    def _sum(self, depth: int) -> Term:
        term = self._product(depth)
        while (mark := self._take("+", "-")) is not None:
            one = self._constant({1}) if term.dimension == 0 and not term.percent else None
            term = _add(term, one or self._product(depth), 1 if mark == "+" else -1)
            self.sums.append(term.summed)
        return term

    def _product(self, depth: int) -> Term:
        term = self._factor(depth)
        while (mark := self._take("*", "/")) is not None:
            plain = (
                {term.parts}
                if mark == "/" and term.parts > 1 and not term.less
                else {100}
                if mark == "*" and term.dimension == 0
                else set()
            )
            ways = self._spread if term.less else {*self._spread, term.parts}
            wrong = self._constant(set(range(1, 13)) - ways) if mark == "/" and term.parts > 1 else None
            if wrong is not None:
                raise Incomputable(f"the formula divides {term.parts} figures by {wrong.value}")
            other = self._constant(plain) or self._factor(depth)
            term = _multiply(term, other) if mark == "*" else _divide(term, other)
        return term

    def _factor(self, depth: int) -> Term:
        if depth > _DEEPEST:
            raise Incomputable("the formula is nested too deeply")
        if self._take("-") is not None:
            inner = self._factor(depth + 1)
            return replace(inner, value=-inner.value)
        if self._take("+") is not None:
            return self._factor(depth + 1)
        if self._take("(") is not None:
            inner = self._sum(depth + 1)
            self._close()
            return inner
        if self._place >= len(self._tokens):
            raise Incomputable("the formula ends early")
        kind, text, unit = self._tokens[self._place]
        self._place += 1
        if kind == "name":
            return self._function(text, depth)
        if kind != "number":
            raise Incomputable(f"{text!r} stands where a figure should")
        return self._operand(text, unit)

    def _function(self, name: str, depth: int) -> Term:
        self._take("(")
        terms = [self._sum(depth + 1)]
        while self._take(",") is not None:
            terms.append(self._sum(depth + 1))
        self._close()
        if name == "abs":
            return Term(abs(terms[0].value), terms[0].dimension, terms[0].percent, terms[0].constant)
        if name in ("min", "max"):
            pick: Callable[..., Term] = min if name == "min" else max
            return pick(terms, key=lambda term: term.value)
        total = terms[0]
        for term in terms[1:]:
            total = _add(total, term, 1)
        self.sums.append(total.summed)
        return total if name == "sum" else _divide(total, Term(Decimal(len(terms)), constant=True))

    def _operand(self, text: str, unit: str) -> Term:
        if re.match(r"\D*0\d", text):
            raise Incomputable(f"{text!r} is no figure")
        number = Decimal(re.sub(r"[^\d.]", "", text))
        value = number * Decimal(10) ** _SCALES.get(unit, 0)
        percent = unit in ("%", "percent", "bps")
        if unit == "bps":
            value /= 100
        held = _found(value, number, percent, self._facts)
        if not held and self._scale > 1 and not unit:
            held = _found(value * self._scale, value * self._scale, percent, self._facts)
        if held:
            self.operands.append(Operand(f"{text}{unit}", held))
            return Term(value, 1, percent or held[0].kind in _PERCENT, summed=(len(self.operands) - 1,))
        if not unit and text.isdigit() and (int(text) in _CONSTANTS or 1900 <= int(text) <= 2099):
            return Term(value, constant=True)
        self.missing.append(f"{text}{unit}")
        return Term(value, 1, percent)

    def _constant(self, worths: set[int]) -> Term | None:
        """The next figure where it can only be a constant: a mean's divisor, the 1 of a rate, the 100 of a percentage."""
        if self._place < len(self._tokens):
            kind, text, unit = self._tokens[self._place]
            if kind == "number" and not unit and text.isdigit() and int(text[:12]) in worths:
                self._place += 1
                return Term(Decimal(text), constant=True)
        return None

    def _take(self, *marks: str) -> str | None:
        if (
            self._place < len(self._tokens)
            and self._tokens[self._place][0] == "mark"
            and self._tokens[self._place][1] in marks
        ):
            self._place += 1
            return self._tokens[self._place - 1][1]
        return None

    def _close(self) -> None:
        if self._take(")") is None:
            raise Incomputable("a parenthesis is not closed")


def _tokens(formula: str) -> list[tuple[str, str, str]]:
    found, place = [], 0
    formula = _SIGN_FIRST.sub("", formula.strip())
    while place < len(formula):
        match = _TOKEN.match(formula, place)
        if match is None:
            raise Incomputable(f"{formula[place : place + 20]!r} is no figure and no operation")
        if match["number"] is not None:
            found.append(("number", match["number"].strip(), (match["unit"] or "").strip().lower()))
        elif match["name"] is not None:
            found.append(("name", match["name"], ""))
        else:
            found.append(("mark", _MARKS.get(match["mark"], match["mark"]), ""))
        place = match.end()
    if not found:
        raise Incomputable("the formula is empty")
    return found


def _found(value: Decimal, number: Decimal, percent: bool, facts: Facts) -> tuple[Fact, ...]:
    """The facts that an operand may quote: the same number, its sign left to the formula, in its unit or its fraction."""
    for wanted in (value, number) if number != value else (value,):
        held = [
            fact
            for signed in {wanted, -wanted}
            for fact in facts.between(signed, signed, most=_MOST)
            if not percent or fact.kind in (*_PERCENT, Kind.NUMBER, Kind.BPS)
        ]
        if held:
            return tuple(sorted(held, key=lambda fact: fact.value != wanted))
    if not percent:
        return ()
    return tuple(
        fact
        for signed in {value / 100, -value / 100}
        for fact in facts.between(signed, signed, most=_MOST)
        if fact.kind is Kind.NUMBER
    )


def _add(one: Term, other: Term, sign: int) -> Term:
    for term, rest in ((one, other), (other, one)):
        whole = abs(term.value) in (1, 100) and (rest.percent or not rest.dimension)
        if term.constant and term.value and not rest.constant and not whole:
            raise Incomputable(f"no source holds the {term.value:f} that is added or taken off")
    if one.percent != other.percent and not (one.constant or other.constant):
        one, other = (
            replace(term, value=term.value / 100 if term.percent else term.value, percent=False)
            for term in (one, other)
        )
    elif one.percent != other.percent:  # 1 - 6%
        one, other = (
            Term(
                term.value / 100 if term.percent else term.value,
                0 if term.percent else term.dimension,
                False,
                term.constant,
            )
            for term in (one, other)
        )
    return Term(
        one.value + sign * other.value,
        max(one.dimension, other.dimension),
        one.percent,
        one.constant and other.constant,
        one.parts + other.parts,
        one.summed + other.summed,
        one.less or other.less or sign < 0,
    )


def _multiply(one: Term, other: Term) -> Term:
    hundred = next((term for term in (one, other) if term.constant and term.value == 100), None)
    rest = other if hundred is one else one
    if hundred is not None and rest.dimension == 0 and not rest.percent and not rest.constant:
        return Term(rest.value * 100, 0, True)
    if one.constant or other.constant:
        return Term(
            one.value * other.value,
            one.dimension + other.dimension,
            one.percent or other.percent,
            one.constant and other.constant,
        )
    one, other = (Term(term.value / 100, 0) if term.percent else term for term in (one, other))
    return Term(one.value * other.value, min(1, one.dimension + other.dimension))


def _divide(one: Term, other: Term) -> Term:
    if other.value == 0:
        raise Incomputable("the formula divides by zero")
    if other.constant:
        if 1 < one.parts != other.value and other.value not in _DIVISORS:
            raise Incomputable(f"the formula divides {one.parts} figures by {other.value}")
        return Term(one.value / other.value, one.dimension, one.percent, one.constant)
    if one.percent != other.percent:
        one, other = (Term(term.value / 100, 0) if term.percent else term for term in (one, other))
    return Term(one.value / other.value, max(0, one.dimension - other.dimension))
