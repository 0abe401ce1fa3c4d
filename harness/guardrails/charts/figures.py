"""Hold the amounts of charts to what the agent read: each has a source, is made of sourced ones, or is what is left of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from harness.grounding import Claim, Facts, Grounding, figure_of, ground
from harness.quantities import Kind

from .parts import Part, half_units
from .report import ChartRules, Finding
from .truth import REST, Drawn, Known, fold

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
    for drawn in charts:
        found = ground([_claim(part, drawn, rules) for part in drawn.parts], facts, user=_NOTHING)
        bad = [(part, item) for part, item in zip(drawn.parts, found, strict=True) if item.wrong]
        for part, item in bad:
            if not (fold(part.label) in REST and len(bad) == 1 and _is_rest(drawn, facts, reference)):
                yield _finding(part, item)
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


def _finding(part: Part, item: Grounding) -> Finding:
    shown = f"{part.value:,f}"
    if item.status == "contradicted" and item.fact is not None:
        message = f"{part.label[:80]} is drawn with {shown}; {item.fact.source} says {item.fact.value:f}"
        return Finding("wrong-figure", "block", part.path, message, item.fact.path)
    message = f"{part.label[:80]} is drawn with {shown}, which no source holds or gives"
    return Finding("ungrounded-figure", "block", part.path, message)
