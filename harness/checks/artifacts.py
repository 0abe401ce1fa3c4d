"""Check what a trial left behind: a ledger, a job row, a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from harness.bounds import Ge, Len
from harness.jsonpath import Found, JsonPath, parse
from harness.model import Evidence
from harness.quantities import agrees
from harness.registry import Check, Finding, Subject, check

from .equality import Comparison, same
from .numbers import path_of
from .wording import count, listed, refuse, shown

_CONDITIONS = ("equals", "contains", "exists", "number", "count")
_UNSAID = "(not given)"
"""Stands where no value is given, because `equals: null` asks for null."""


@check("artifact")
class Artifact(Check):
    """An artifact of the trial, such as the ledger's end state, is as it must be.

    Give one condition; without any, the artifact (or the place in it) must exist. A place that is missing fails every
    condition but `exists: false`, under `not-` too. An artifact that the trial did not record at all leaves the check undecided,
    because nothing is known about it; only `exists` without a path decides that.
    """

    name: Annotated[str, Len(1)]
    """Name of the artifact, such as `ledger`."""

    path: str | None = None
    """JSON path inside it, such as `$.trades[0].status`; `[*]` asks that one of the places fits."""

    equals: Any = _UNSAID
    """What must be there, exactly; null is a value, too."""

    contains: Any = None
    """What a text, a list or a mapping's keys there must have in it; a mapping is found in a list by the keys it has."""

    exists: bool | None = None
    """Whether something must be there."""

    number: int | float | str | None = None
    """Figure that must be there, money-aware."""

    tolerance: Annotated[float, Ge(0)] | None = None
    """Most by which `number` may differ, or any number in `equals`."""

    count: Annotated[int, Ge(0)] | tuple[Annotated[int, Ge(0)], Annotated[int, Ge(0)]] | None = None
    """How many items must be there: a number, or `[least, most]`."""

    def __post_init__(self) -> None:
        given = [name for name in _CONDITIONS if self._says(name)]
        if len(given) > 1:
            raise refuse(given[1], f"`{given[0]}` and `{given[1]}` are two conditions", "write two artifact checks")
        if self.tolerance is not None and given not in (["number"], ["equals"]):
            raise refuse("tolerance", "there is no number to compare", "give `number` or `equals`")
        if self.contains in ("", [], {}):
            raise refuse("contains", "everything has nothing in it", "write what must be there")
        if isinstance(self.count, tuple) and self.count[0] > self.count[1]:
            raise refuse("count", f"{self.count[0]} is more than {self.count[1]}", "write [least, most]")
        if isinstance(self.number, str):
            from harness.quantities import parse as parse_figure

            if parse_figure(self.number) is None:
                raise refuse("number", f"{self.number!r} is not one figure", "write one such as 1200 or '$1,200'")
        if self.path is not None:
            path_of(self.path, "path")

    def _says(self, name: str) -> bool:
        return vars(self)[name] != _UNSAID if name == "equals" else vars(self)[name] is not None

    def conclude(self, subject: Subject) -> Finding:
        """Find the place, then apply the one condition."""
        artifacts = subject.trace.artifacts
        path = parse(self.path or "$")
        wanted = self._wanted()
        if self.name not in artifacts:
            reason = f"the trial recorded no artifact {self.name!r} (recorded: {listed(artifacts)})"
            known = self.path is None and (self.exists is not None or wanted == "it exists")
            return self.finding((self.exists is False) if known else None, reason, expected=wanted)
        found = path.find(artifacts[self.name])
        if self.count is not None and not path.single:
            return self._counted(len(found), self._place(path), found)
        if not found:
            reason = f"{self._place(path)} does not exist"
            return self.finding(self.exists is False, reason, expected=wanted, negatable=self.exists is not None)
        return self._first(found, path)

    def _first(self, found: Sequence[Found], path: JsonPath) -> Finding:
        findings = [self._at(item) for item in found]
        fitting = next((item for item in findings if item.passed), None)
        if fitting is not None or len(findings) == 1:
            return fitting or findings[0]
        reason = f"none of {count(len(found), 'place')} at {self._place(path)} fits: {findings[0].reason}"
        return self.finding(False, reason, expected=self._wanted(), actual=[item.value for item in found])

    def _at(self, found: Found) -> Finding:
        place = f"{self.name} at {found.path}"
        item = found.value
        if self.count is not None:
            if not isinstance(item, Mapping | list | tuple):
                return self.finding(
                    False, f"{place} is {shown(item)}, which has no items", actual=item, negatable=False
                )
            return self._counted(len(item), place, (found,))
        passed, relation = self._condition(item)
        evidence = (Evidence(path=f"{self.name}:{found.path}", note=shown(item)),)
        reason = f"{place} is {shown(item)}, {relation}"
        return self.finding(passed, reason, expected=self._wanted(), actual=item, evidence=evidence)

    def _condition(self, item: Any) -> tuple[bool, str]:
        if self._says("equals"):
            agreed = Comparison(self.tolerance or 0.0).agree(self.equals, item)
            return agreed, "as expected" if agreed else f"expected {shown(self.equals)}"
        if self.contains is not None:
            inside = _inside(self.contains, item)
            return inside, f"{'with' if inside else 'without'} {shown(self.contains)} in it"
        if self.number is not None:
            if isinstance(item, bool) or not isinstance(item, int | float | str):
                return False, "which is no figure"
            try:
                agreement = agrees(self.number, item, absolute=self.tolerance)
            except ValueError:
                return False, "which is no figure"
            return bool(agreement), agreement.reason
        return self.exists is not False, "so it exists"

    def _counted(self, number: int, place: str, found: Sequence[Found]) -> Finding:
        least, most = self.count if isinstance(self.count, tuple) else (self.count or 0, self.count or 0)
        reason = f"{place} has {count(number, 'item')}, expected {self._wanted()}"
        evidence = tuple(Evidence(path=f"{self.name}:{item.path}") for item in found[:5])
        return self.finding(least <= number <= most, reason, expected=self.count, actual=number, evidence=evidence)

    def _wanted(self) -> Any:
        match self.count:
            case int():
                return f"exactly {self.count}"
            case tuple():
                return f"{self.count[0]} to {self.count[1]}"
        for name in ("equals", "contains", "number"):
            if self._says(name):
                return vars(self)[name]
        return "it does not exist" if self.exists is False else "it exists"

    def _place(self, path: JsonPath) -> str:
        return f"{self.name} at {path}"


def _inside(wanted: Any, item: Any) -> bool:
    if isinstance(item, str):
        return isinstance(wanted, str) and wanted in item
    if isinstance(item, Mapping):
        return _partly(wanted, item) if isinstance(wanted, Mapping) else isinstance(wanted, str) and wanted in item
    if isinstance(item, list | tuple):
        return any(_partly(wanted, inner) for inner in item)
    return False


def _partly(wanted: Any, item: Any) -> bool:
    """Whether a mapping has all wanted members, or anything else is equal."""
    if isinstance(wanted, Mapping) and isinstance(item, Mapping):
        return all(key in item and _partly(inner, item[key]) for key, inner in wanted.items())
    return same(wanted, item)
