"""Check how an agent divides an instrument into classes, regions and sectors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias

from harness.bounds import Ge, Len
from harness.frozen import frozen
from harness.jsonpath import parse, written
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check

from .document import document
from .numbers import path_of
from .wording import count, listed, refuse, shown

Dimension: TypeAlias = Literal["asset_class", "regions", "sectors"]

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "asset_class": ("allocation_asset_class", "asset_classes", "asset_class"),
    "regions": ("allocation_regions", "regions"),
    "sectors": ("allocation_sectors", "sectors"),
}
"""Keys under which answers hold the three divisions."""

KEYS: Final[Mapping[str, frozenset[str]]] = {
    "asset_class": frozenset({"equity", "fixed_income", "real_estate", "commodities", "cash", "alternatives"}),
    "regions": frozenset({
        "north_america", "europe", "asia", "latin_america", "africa", "middle_east", "oceania", "global", "international",
    }),
    "sectors": frozenset({
        "technology", "healthcare", "financials", "consumer_discretionary", "consumer_staples", "communication",
        "industrials", "energy", "materials", "utilities", "real_estate", "treasury", "corporate", "mortgage",
        "government_related", "commodities", "diversified", "other",
    }),
}  # fmt: skip
"""Parts that each division may have."""


@frozen
class _Division:
    """One division found in an answer."""

    kind: str
    place: tuple[str | int, ...]
    parts: Any

    @property
    def path(self) -> str:
        """Where it is."""
        return written(self.place)


@check("finance:allocation")
class Allocation(Check):
    """The answer divides its instruments into parts that add up to 100.

    Every division in the structured answer (`allocation_asset_class`, `allocation_regions`, `allocation_sectors`, at any depth)
    must be a mapping of known parts to percentages from 0 to 100 whose sum is 100 within `tolerance`; with `expected`, each
    part must be as given. An answer without any fails, under `not-` too.
    """

    spelled = {"kind": "division"}

    division: Dimension | Literal["all"] = "all"
    """Which division; `all` asks for all three of every instrument."""

    expected: Annotated[dict[str, Annotated[float, Ge(0)]], Len(1)] | None = None
    """Reference weights in percent; parts that are left out must be 0."""

    within: Annotated[float, Ge(0)] = 0.05
    """Most percentage points by which a part may differ from `expected`."""

    tolerance: Annotated[float, Ge(0)] = 0.05
    """Most percentage points by which a sum may differ from 100."""

    symbol: str | None = None
    """The instrument that is meant, where the answer has several."""

    keys: Annotated[tuple[str, ...], Len(1)] | None = None
    """Parts that are allowed, instead of the usual ones."""

    path: str | None = None
    """JSON path of the part of the answer that is looked at."""

    def __post_init__(self) -> None:
        if self.path is not None:
            path_of(self.path, "path")
        if self.expected is None:
            return
        if self.division == "all":
            raise refuse("kind", "reference weights belong to one division", f"give kind: {', '.join(NAMES)}")
        if abs(math.fsum(self.expected.values()) - 100) > max(self.tolerance, self.within) + 1e-9:
            total = math.fsum(self.expected.values())
            raise refuse("expected", f"the weights add up to {total:g}, not to 100", "correct them")
        if unknown := [key for key in self.expected if key not in self._allowed(self.division)]:
            allowed = listed(sorted(self._allowed(self.division)), 20)
            raise refuse(
                ("expected", unknown[0]), f"{unknown[0]!r} is no part of {self.division}", f"use one of: {allowed}"
            )

    def conclude(self, subject: Subject) -> Finding:
        """Look at every division."""
        found = document(subject)
        roots = () if found.problem else parse(self.path or "$").find(found.value)
        divisions = [item for root in roots for item in self._divisions(root.value, ())]
        missing = sorted(set(NAMES if self.division == "all" else (self.division,)) - {item.kind for item in divisions})
        if missing:
            of = f" of {self.symbol}" if self.symbol else ""
            reason = found.problem or f"the answer has no division{of} into {listed(missing)}"
            return self.finding(False, reason, expected=self.expected, negatable=False)
        problems = [(item, problem) for item in divisions for problem in self._problems(item)]
        if not problems:
            parts = count(len(divisions), "division")
            as_expected = ", as expected" if self.expected else ""
            return self.finding(True, f"{parts} add up to 100{as_expected}", expected=self.expected)
        item, problem = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        evidence = tuple(Evidence(path=wrong.path, note=why) for wrong, why in problems[:5])
        return self.finding(
            False, f"{item.path} {problem}{more}", expected=self.expected, actual=item.parts, evidence=evidence
        )

    def _divisions(self, item: Any, place: tuple[str | int, ...], *, meant: bool = False) -> Iterator[_Division]:
        """Every division below a value, of the instrument that is meant."""
        if isinstance(item, Mapping):
            symbol = item.get("symbol")
            meant = meant if symbol is None else symbol == self.symbol
            for key, inner in item.items():
                kind = next((kind for kind, names in NAMES.items() if key in names), None)
                if kind is None or (key == kind and isinstance(inner, str)):  # `asset_class` also names the main class
                    yield from self._divisions(inner, (*place, key), meant=meant)
                elif self.division in (kind, "all") and (meant or self.symbol is None):
                    yield _Division(kind, (*place, key), inner)
        elif isinstance(item, list | tuple):
            for index, inner in enumerate(item):
                yield from self._divisions(inner, (*place, index), meant=meant)

    def _problems(self, division: _Division) -> Iterator[str]:
        parts = division.parts
        if not isinstance(parts, Mapping):
            yield f"is {shown(parts)}, expected parts with percentages"
            return
        odd = [key for key, share in parts.items() if not _is_share(share)]
        if odd:
            yield f"has {shown(parts[odd[0]])} for {odd[0]}, expected a percentage from 0 to 100"
            return
        unknown = [key for key in parts if key not in self._allowed(division.kind)]
        if unknown:
            yield f"has the unknown part{'s' if len(unknown) > 1 else ''} {listed(unknown)}"
        total = sum((Decimal(str(share)) for share in parts.values()), Decimal(0))
        if abs(total - 100) > Decimal(str(self.tolerance)):
            yield f"adds up to {total.normalize():f}, not to 100"
        for key in dict.fromkeys([*(self.expected or ()), *(parts if self.expected else ())]):
            wanted, given = Decimal(str((self.expected or {}).get(key, 0))), Decimal(str(parts.get(key, 0)))
            if abs(wanted - given) > Decimal(str(self.within)):
                yield f"has {given} for {key}, expected {wanted}"

    def _allowed(self, kind: str) -> frozenset[str]:
        return KEYS[kind] if self.keys is None else frozenset(self.keys)


def _is_share(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item) and 0 <= item <= 100
