"""Hold the amounts of charts to what the agent read: each has a source, is made of sourced ones, or is what is left of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from harness.grounding import Claim, Fact, Facts, Grounding, Index, figure_of, ground, words
from harness.quantities import Kind

from .parts import Part, half_units
from .report import ChartRules, Finding
from .truth import REST, Drawn, Known, fold

_MOST = 50
_NOTHING = Facts.of([])
_UNITS = {"USD": Kind.CURRENCY, "percent": Kind.PERCENT}


def figure_findings(
    charts: Sequence[Drawn], facts: Facts, reference: Known | None, rules: ChartRules
) -> Iterator[Finding]:
    """The amounts that no source gives (`ungrounded-figure`) and those that a source contradicts (`wrong-figure`)."""
    if not len(facts):
        if charts:
            yield Finding("no-sources", "warn", "$.charts", "there is no number to compare the charts' amounts with")
        return
    index = Index(facts)
    for drawn in charts:
        found = ground([_claim(part, drawn, rules) for part in drawn.parts], facts, user=_NOTHING)
        bad = [
            finding
            for part, item in zip(drawn.parts, found, strict=True)
            if (finding := _judged(part, item, facts, index))
            and not (fold(part.label) in REST and _is_rest(drawn, facts, reference))
        ]
        yield from bad
    if not facts.complete:
        yield Finding(
            "sources-cut", "warn", "$.charts", "the sources held too many numbers to look through all of them"
        )


def _claim(part: Part, drawn: Drawn, rules: ChartRules) -> Claim:
    """An amount as a sentence would state it: beside its label, under its series and title."""
    kind = _UNITS.get(drawn.chart.unit or rules.unit or "")
    figure = figure_of(part.value, "")
    if kind is not None:
        figure = replace(figure, kind=kind, alternatives=(figure,))
    near = f"{part.label} {part.series}"
    around = f"{near} {drawn.chart.title or ''} total share"  # a label may name a group of rows
    return Claim(figure, None, "", around, near)


def _is_rest(drawn: Drawn, facts: Facts, reference: Known | None) -> bool:
    """Whether the chart's sum is the whole, so that its one part without a source is what the others leave."""
    total, slack = drawn.total, max(half_units(drawn.parts), Decimal("0.005"))
    known = reference.total if reference else None
    if known is not None and abs(known - total) <= slack:
        return True
    return bool(facts.between(total - slack, total + slack, most=1))


def _judged(part: Part, item: Grounding, facts: Facts, index: Index) -> Finding | None:
    """What is wrong with an amount: no source gives it, or only one of something else than its label."""
    shown = f"{part.label[:80]} is drawn with {part.value:,f}"
    own = sorted(index.holding(words(part.label)))
    if item.status == "not_checkable":  # too short to look up, unless it is a neighbour's
        cells = [fact for row in own for fact in index.rows[row]]
        columns = {fact.column.path for fact in cells if fact.column is not None}
        same = facts.between(part.value, part.value, most=_MOST)
        taken = [fact for fact in same if fact.column is not None and fact.column.path in columns]
        if not taken or any(_row(fact) in own for fact in taken) or any(fact.value == part.value for fact in cells):
            return None
        return Finding(
            "wrong-figure", "block", part.path, f"{shown}; {cells[0].source} says {cells[0].value:f}", cells[0].path
        )
    if not item.wrong:
        strangers = own and not any(_row(fact) in own for fact in (item.operands or (item.fact,)))
        if not strangers or item.fact is None or item.fact.row is None or item.fact.origin == "total":
            return None
        message = f"{shown}; in {item.fact.source} that is {item.fact.row.text[:80] or item.fact.path}"
        return Finding("wrong-figure", "block", part.path, message, item.fact.path)
    said = [fact for row in own for fact in index.rows[row]] if len(own) == 1 else [item.fact] if item.fact else []
    if said:
        amounts = " or ".join(f"{fact.value:f}" for fact in said[:3])
        return Finding("wrong-figure", "block", part.path, f"{shown}; {said[0].source} says {amounts}", said[0].path)
    return Finding("ungrounded-figure", "block", part.path, f"{shown}, which no source holds or gives")


def _row(fact: Fact | None) -> str:
    return f"{fact.source}{fact.row.path}" if fact is not None and fact.row is not None else ""
