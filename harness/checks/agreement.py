"""Check that everybody in a trial speaks of the same figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Annotated, Any

from harness.bounds import Ge, Len
from harness.frozen import frozen
from harness.jsonpath import parse, written
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check
from harness.shape import value
from harness.steps.calls import named

from .numbers import path_of
from .portfolio import portfolio
from .wording import count, listed, refuse, shown

_TEXT = 200_000


@value
class Source:
    """One place where the figure stands."""

    artifact: str | None = None
    """Artifact that holds it, such as `jobs`."""

    tool: str | None = None
    """Tool whose results hold it; each successful call counts; `*` stands for any characters."""

    answer: bool = False
    """Whether the answer states it: in its JSON form at `path`, or in its text at `pattern`."""

    worth: bool = False
    """What the artifacts `ledger` and `instruments` are worth, computed from them."""

    path: str = "$"
    """JSON path of the figure, or of the figures."""

    sum: bool = False
    """Whether the figures at `path` are added up, per call; otherwise each of them counts."""

    pattern: str | None = None
    """Regular expression whose first group is the figure, where a text holds it."""

    where: dict[str, Any] = field(default_factory=dict)
    """Arguments that a call must have to count."""

    def __post_init__(self) -> None:
        given = [name for name in ("artifact", "tool", "answer", "worth") if getattr(self, name)]
        if len(given) != 1:
            raise refuse("artifact", f"{listed(given)} given", "give one of `artifact`, `tool`, `answer` and `worth`")
        path_of(self.path, "path")
        if self.pattern is not None:
            from .patterns import checked, compiled

            checked(self.pattern, "pattern")
            if compiled(self.pattern).groups < 1:
                raise refuse("pattern", "it has no group", "put the figure in parentheses: total of (\\S+)")

    @property
    def name(self) -> str:
        """How a reason calls it."""
        if self.worth:
            return "the ledger's worth"
        return f"{self.artifact or self.tool or 'the answer'}{'' if self.path == '$' else f' at {self.path}'}"


@frozen
class _Figure:
    """The figure, as one place has it."""

    name: str
    item: Any
    evidence: Evidence


@check("finance:agreement")
class Agreement(Check):
    """The same figure is the same everywhere: in what tools returned, what was stored, and what the answer says.

    Figures are compared as a reader compares them: `$99.4k` agrees with 99,437.50, as precisely as it is printed. A place that
    does not hold the figure fails the check, because silence is no agreement; `optional: true` lets such a place out.
    """

    places: Annotated[tuple[Source, ...], Len(1)]
    """Where the figure stands; two at least, or one that holds it several times."""

    tolerance: Annotated[float, Ge(0)] | None = None
    """Most by which two may differ; by default what their printed precision allows."""

    optional: bool = False
    """Whether places that do not hold the figure are left out; two figures are needed even so."""

    def conclude(self, subject: Subject) -> Finding:
        """Collect the figures, and compare each with the first."""
        from .patterns import SlowPattern

        found: list[_Figure] = []
        missing: list[str] = []
        for source in self.places:
            try:
                figures = list(_figures(source, subject))
            except SlowPattern as slow:
                return self.finding(None, str(slow))
            found += figures
            missing += [] if figures else [source.name]
        if missing and not self.optional:
            return self.finding(
                False,
                f"no figure in {listed(missing)}",
                evidence=tuple(one.evidence for one in found[:10]),
                negatable=False,
            )
        if len(found) < 2:
            return self.finding(None, f"{count(len(found), 'figure')} found; it takes two to agree")
        first = found[0]
        wrong = [(one, reason) for one in found[1:] if (reason := self._differs(first.item, one.item))]
        evidence = tuple(one.evidence for one in [first, *(one for one, _ in wrong), *found[1:]][:10])
        if not wrong:
            return self.finding(
                True,
                f"{count(len(found), 'figure')} agree on {shown(first.item)}",
                actual=shown(first.item),
                evidence=evidence,
            )
        one, reason = wrong[0]
        text = f"{first.name} says {shown(first.item)}, {one.name} says {shown(one.item)}: {reason}"
        return self.finding(False, text, expected=shown(first.item), actual=shown(one.item), evidence=evidence)

    def _differs(self, left: Any, right: Any) -> str:
        from harness.quantities import agrees

        try:
            agreement = agrees(left, right, absolute=self.tolerance)
        except ValueError:
            return "that is no figure"
        return "" if agreement else agreement.reason


def _figures(source: Source, subject: Subject) -> Iterator[_Figure]:
    for where, whole, evidence in _holders(source, subject):
        places = [one for one in parse(source.path).find(whole) if not isinstance(one.value, Mapping)]
        if source.pattern is not None:
            places = [one for one in places if isinstance(one.value, str)]
        items = [item for one in places for item in _items(source, one.value)]
        if source.sum and items:
            numbers = [
                Decimal(str(item)) for item in items if isinstance(item, int | float) and not isinstance(item, bool)
            ]
            items = [float(sum(numbers))] if len(numbers) == len(items) else []
        for item in items:
            at = written(()) if not places else places[0].path
            note = f"{shown(item)}"
            yield _Figure(where, item, Evidence(step=evidence.step, path=f"{evidence.path or ''}{at}", note=note))


def _holders(source: Source, subject: Subject) -> Iterator[tuple[str, Any, Evidence]]:
    """What may hold the figure, with the place to point at."""
    trace = subject.trace
    if source.worth:
        held = portfolio(trace.artifacts)
        if held is not None:
            yield source.name, float(held.worth), Evidence(path="ledger:")
    elif source.artifact is not None:
        if source.artifact in trace.artifacts:
            yield source.name, trace.artifacts[source.artifact], Evidence(path=f"{source.artifact}:")
    elif source.tool is not None:
        for call in trace.tools:
            fits = all(call.args.get(name) == item for name, item in source.where.items())
            if named(call.name, (source.tool,)) and call.status == "ok" and fits:
                yield f"{call.name} ({call.id})", call.result, Evidence(step=call.id)
    else:
        structured = subject.structured if source.pattern is None else None
        yield source.name, subject.text if structured is None else structured, Evidence()


def _items(source: Source, item: Any) -> Iterator[Any]:
    if source.pattern is not None:
        yield from _found(source.pattern, item[:_TEXT])
    elif isinstance(item, list | tuple):
        yield from (inner for inner in item if isinstance(inner, int | float | str) and not isinstance(inner, bool))
    elif isinstance(item, int | float | str) and not isinstance(item, bool):
        yield item


def _found(pattern: str, text: str) -> Iterator[str]:
    from .patterns import TIMEOUT_S, SlowPattern, compiled

    try:
        for match in compiled(pattern).finditer(text, timeout=TIMEOUT_S):
            if match[1] is not None:
                yield match[1]
    except TimeoutError:
        raise SlowPattern(pattern) from None
