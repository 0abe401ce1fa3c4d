"""Find what stands behind each figure: a fact, a rounding or conversion of one, one operation on facts, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from functools import cached_property, lru_cache
from typing import Final, Literal, TypeAlias, get_args

from harness.frozen import frozen
from harness.quantities import Bound, Kind, Quantity, reach

from .carry import carried
from .claims import Claim
from .derive import Candidates, Licence, candidates
from .facts import Fact, Facts
from .formula import compute
from .index import Index
from .operations import Derived, when
from .place import contradicting, displaced
from .words import FALLS, FELL, ROSE

Status: TypeAlias = Literal[
    "verbatim", "rounded", "unit_converted", "derived", "declared", "derived_weak", "from_user", "contradicted", "ungrounded", "not_checkable",
]  # fmt: skip
STATUSES: Final[tuple[str, ...]] = get_args(Status)
"""What can become of a figure; docs/grounding.md says when."""

GROUNDED: Final = frozenset({"verbatim", "rounded", "unit_converted", "derived", "declared"})
"""The statuses that say where a figure comes from."""

WRONG: Final = frozenset({"contradicted", "ungrounded"})
"""The statuses that say that it comes from nowhere, or that a source says otherwise."""

Reading: TypeAlias = tuple[Quantity, frozenset[Kind], bool]
"""A figure in one unit, the kinds that a fact may then have, and whether the unit is not its own."""

_DIGITS = 3
_MOST = 50
_PEERS = 8
_LICENCES = 256
_BY_CHANCE = Decimal("0.05")
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS})
_UNITS = frozenset({Kind.CURRENCY, Kind.PERCENT, Kind.POINTS, Kind.BPS, Kind.MULTIPLE, Kind.SHARES})


@frozen
class Grounding:
    """What became of one figure."""

    claim: Claim
    """The figure."""

    status: Status
    """Where it comes from."""

    fact: Fact | None = None
    """The fact behind it; of a contradicted figure the fact that says otherwise."""

    derived: Derived | None = None
    """The operation that gives it."""

    operands: tuple[Fact, ...] = ()
    """The facts that were computed with."""

    note: str = ""
    """What else a reader must know."""

    @property
    def grounded(self) -> bool:
        """Whether the figure has a source."""
        return self.status in GROUNDED

    @property
    def wrong(self) -> bool:
        """Whether it comes from nowhere or a source says otherwise."""
        return self.status in WRONG


def ground(claims: Iterable[Claim], facts: Facts, *, user: Facts, context: str = "") -> tuple[Grounding, ...]:
    """Find what stands behind each claim; `context`, such as the question, adds names to every claim's own sentence.

    A figure that is not the very number counts as a rounding only within half a unit of its last digit, and only if it shows
    three significant digits: with fewer, some fact lies near by accident.
    """
    with localcontext(Context(prec=60)):
        search = _Search(facts, user, context)
        return _settled([search.ground(claim) for claim in claims])


def _settled(found: Sequence[Grounding]) -> tuple[Grounding, ...]:
    """What was found, with the figures that follow from others of their sentence or one beside it."""
    told: list[Grounding] = []
    for place, item in enumerate(found):
        open_ = item.status in ("ungrounded", "derived_weak") and not item.claim.formula
        near = [*told[max(0, place - _PEERS) :], *found[place : place + _PEERS]]
        told.append(_from_peers(item, near) if open_ else item)
    return tuple(told)


def _from_peers(item: Grounding, near: Sequence[Grounding]) -> Grounding:
    claim = item.claim
    peers = [
        (other.claim, other.fact)
        for other in near
        if other.grounded and other.fact and other.claim.path == claim.path
        if other.claim.sentence >= 0 and abs(claim.sentence - other.claim.sentence) <= 1
    ]
    made = carried(claim, peers) if claim.sentence >= 0 and digits(claim.figure) >= _DIGITS else None
    if made is None:
        return item
    derived, telling = made
    texts = [other.text for other, fact in peers if any(fact is operand for operand in derived.operands)]
    note = f"{derived.operation} of {', '.join(texts)} as the answer prints them"
    return Grounding(
        claim, "derived" if telling else "derived_weak", derived.operands[0], derived, derived.operands, note
    )


class _Search:
    """One answer's search; the index of rows and columns is made when first needed."""

    def __init__(self, facts: Facts, user: Facts, context: str) -> None:
        self._facts, self._user, self._context = facts, user, context
        self._candidates = lru_cache(_LICENCES)(lambda licence: candidates(licence, self._index))

    @cached_property
    def _index(self) -> Index:
        return Index(self._facts)

    def ground(self, claim: Claim) -> Grounding:
        if claim.formula:
            return self._declared(claim)
        readings = list(_readings(claim, self._facts.scales))
        elsewhere: Fact | None = None
        for find in (self._exact, self._from_user, self._near):
            for found in find(claim, readings):
                place = self._elsewhere(found)
                if place is None:
                    return found
                elsewhere = elsewhere or place
            if elsewhere is not None:
                break
        derived = self._derived(claim, readings)
        if derived is not None and (elsewhere is None or _outweighs(derived, elsewhere)):
            return derived
        if elsewhere is None:
            elsewhere = contradicting(claim, self._index)
        few = digits(claim.figure) < _DIGITS
        if elsewhere is not None and not (few and claim.figure.kind not in _UNITS):
            return Grounding(claim, "contradicted", elsewhere, note=f"the source says {elsewhere.value}")
        if few and claim.figure.kind not in _UNITS:
            return Grounding(claim, "not_checkable")  # two accounts, five years: mostly counted, not read
        return Grounding(claim, "ungrounded")

    def _elsewhere(self, found: Grounding) -> Fact | None:
        """The fact that the sentence is about, where the figure is that of another entity or period."""
        if found.fact is None or found.status == "from_user":
            return None
        return displaced(found.claim, found.operands or (found.fact,), self._index)

    def _exact(self, claim: Claim, readings: list[Reading]) -> Iterator[Grounding]:
        for figure, kinds, converted in readings:
            held = tuple(
                fact
                for fact in self._facts.between(figure.value, figure.value, most=_MOST)
                if _fits(fact, figure, kinds) and self._scaled(fact, figure, claim)
            )
            if held:
                yield Grounding(claim, "unit_converted" if converted else "verbatim", held[0], operands=held)

    def _scaled(self, fact: Fact, figure: Quantity, claim: Claim) -> bool:
        """Whether a figure without the claim's scale may be the fact's: of a printed table, or where sources state the scale."""
        stated = claim.figure.scale in self._facts.scales or figure.scale == claim.figure.scale
        return stated or (fact.origin == "text" and fact.row is not None and "@" not in fact.row.path)

    def _from_user(self, claim: Claim, readings: list[Reading]) -> Iterator[Grounding]:
        if any(self._user.between(figure.value, figure.value, most=1) for figure, _, _ in readings):
            yield Grounding(claim, "from_user")

    def _near(self, claim: Claim, readings: list[Reading]) -> Iterator[Grounding]:
        for figure, kinds, converted in readings:
            low, high = reach(figure) if figure.bound is Bound.ABOUT else (figure.low, figure.high)
            held = [fact for fact in self._facts.between(low, high, most=_MOST) if _fits(fact, figure, kinds)]
            if held:
                held.sort(key=_distance(figure.value))
                near: Status = "unit_converted" if converted else "rounded"
                status = near if digits(claim.figure) >= _DIGITS else "not_checkable"
                yield Grounding(claim, status, held[0], operands=tuple(held))
                return

    def _derived(self, claim: Claim, readings: list[Reading]) -> Grounding | None:
        context = f"{claim.context} {self._context}"
        for kind in dict.fromkeys(figure.kind for figure in (claim.figure, *claim.figure.alternatives)):
            own = [figure for figure, _, _ in readings if figure.kind is kind or kind not in _PERCENT]
            if claim.figure.scale > 1 and claim.figure.scale not in self._facts.scales:
                own.append(_times(claim.figure, 1 / claim.figure.scale, kind))  # a table seldom repeats `in millions`
            made = self._candidates(Licence.of(context, kind, self._index))
            for figure in own:
                hits = [derived for derived in made.between(figure.low, figure.high) if _goes_as_said(derived, claim)]
                if hits:
                    hit = min(hits, key=lambda derived: abs(derived.value - figure.value))
                    status = _strength(figure, made, claim)
                    return Grounding(claim, status, hit.operands[0], hit, hit.operands, hit.formula())
        return None

    def _declared(self, claim: Claim) -> Grounding:
        context = f"{claim.context} {self._context}".strip()
        computed = compute(claim.formula, self._facts, scale=claim.figure.scale, context=context)
        if computed.problem:
            return Grounding(claim, "ungrounded", note=f"its formula cannot be computed: {computed.problem}")
        if computed.missing:
            missing = ", ".join(computed.missing[:5])
            return Grounding(
                claim, "ungrounded", operands=computed.operands, note=f"no source holds {missing} of its formula"
            )
        first = computed.operands[0]
        if any(computed.agrees(figure) for figure in (claim.figure, *claim.figure.alternatives)):
            return Grounding(claim, "declared", first, operands=computed.operands, note=claim.formula)
        value = computed.term.value.normalize(Context(prec=12))
        return Grounding(claim, "contradicted", first, operands=computed.operands, note=f"its formula gives {value:f}")


def _goes_as_said(derived: Derived, claim: Claim) -> bool:
    """Whether a change between two periods has the direction of the verb right before the figure."""
    if derived.operation not in ("percent change", "difference") or len(derived.operands) != 2:
        return True
    later, earlier = derived.operands
    if not when(later) or when(later) == when(earlier) or earlier.value < 0:  # a loss that falls: writers mean either
        return True
    rose = later.value >= earlier.value
    return not (FELL.search(claim.before) if rose else ROSE.search(claim.before))


def _outweighs(derived: Grounding, elsewhere: Fact) -> bool:
    """Whether an operation explains a figure better than the cell that its sentence is about contradicts it."""
    wanted = elsewhere.column.periods if elsewhere.column is not None else frozenset()
    of_period = any(fact.column is not None and fact.column.periods & wanted for fact in derived.operands)
    return derived.status == "derived" and (not wanted or of_period)


def _distance(value: Decimal) -> Callable[[Fact], Decimal]:
    return lambda fact: abs(fact.value - value)


def _strength(figure: Quantity, made: Candidates, claim: Claim) -> Status:
    """How much a hit says: nothing below three digits, little where some candidate would be hit by chance."""
    if digits(claim.figure) < _DIGITS:
        return "not_checkable"
    size = abs(figure.value)
    near = made.count(size / 3, size * 3)
    by_chance = near * 2 * figure.half_unit / (size * 8 / 3) if size else Decimal(1)
    return "derived" if by_chance < _BY_CHANCE else "derived_weak"


def _readings(claim: Claim, scales: frozenset[Decimal]) -> Iterator[Reading]:
    """The figure in every unit in which a source may hold it, with the kinds that a fact may then have."""
    falls = FALLS.search(f"{claim.before} {claim.near}") is not None
    for figure in (claim.figure, *claim.figure.alternatives):
        for shape, kinds, converted in _shapes(figure, scales):
            yield shape, kinds, converted
            if falls and figure.value > 0:
                yield replace(shape, value=-shape.value), kinds, converted


def _shapes(figure: Quantity, scales: frozenset[Decimal]) -> Iterator[Reading]:
    kinds = frozenset({figure.kind, Kind.NUMBER})
    factors: dict[Kind, Decimal] = {}
    if figure.kind in _PERCENT:
        kinds = frozenset({Kind.PERCENT, Kind.POINTS, Kind.NUMBER})
        factors = {Kind.NUMBER: Decimal("0.01"), Kind.BPS: Decimal(100)}
    elif figure.kind is Kind.BPS:
        factors = {Kind.PERCENT: Decimal("0.01"), Kind.NUMBER: Decimal("0.0001")}
    elif figure.kind in (Kind.NUMBER, Kind.COUNT):
        kinds = frozenset(Kind)
    yield figure, kinds, False
    for kind, factor in factors.items():
        yield _times(figure, factor, kind), frozenset({kind}), True
    if figure.scale in scales or (figure.scale > 1 and not scales):  # what prints tables may leave their scale unsaid
        yield replace(_times(figure, 1 / figure.scale, figure.kind), scale=Decimal(1)), kinds, True


def _times(figure: Quantity, factor: Decimal, kind: Kind) -> Quantity:
    return replace(figure, value=figure.value * factor, step=figure.step * factor, kind=kind)


def _fits(fact: Fact, figure: Quantity, kinds: frozenset[Kind]) -> bool:
    """Whether a fact may be the figure's: of such a kind, and of the same currency or unit where both say."""
    same = (
        figure.kind is not fact.kind
        or None in (fact.unit, figure.currency or figure.unit)
        or fact.unit == (figure.currency or figure.unit)
    )
    return fact.kind in kinds and same


def digits(figure: Quantity) -> int:
    """Significant digits shown."""
    shown = "".join(character for character in figure.text.split("e")[0] if character.isdigit())
    return len(shown.lstrip("0"))
