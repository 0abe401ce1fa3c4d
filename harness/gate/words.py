"""Decisions in words: for the terminal, for a pull request, for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from harness.shape import plain
from harness.text import one_line

from .decision import CaseChange, Decision, DecisionValue, Metric, shown_p, worst

FORMAT = 1
MARKER = "<!-- finharness-gate -->"
"""First line of a comment: the next run finds its own comment by it and updates that one."""

MOST_CHARACTERS = 60_000
"""GitHub refuses comments above 65,536."""

_SHOWN = 20
_TITLES: dict[DecisionValue, str] = {
    "pass": "PASS",
    "regress": "REGRESSED",
    "inconclusive": "INCONCLUSIVE",
    "invalid": "INVALID",
}
_MEANINGS: dict[DecisionValue, str] = {
    "pass": "no worse than the baseline",
    "regress": "worse than the baseline",
    "inconclusive": "neither a regression nor its absence is shown",
    "invalid": "this run cannot be compared",
}


def lines(decisions: Sequence[Decision]) -> Iterator[str]:
    """For a terminal: the conclusion, why, and the cases that moved."""
    for decision in decisions:
        yield f"{_TITLES[decision.value]}  {decision.suite}: {_MEANINGS[decision.value]}"
        for reason in decision.reasons:
            yield f"  {one_line(reason, 300)}"
        if decision.rate is not None and decision.baseline_rate is not None:
            rates = f"{decision.baseline_rate:.1%} -> {decision.rate:.1%}"
            sure = "" if decision.p is None else f" ({shown_p(decision.p)}, {decision.plan})"
            yield f"  pass rate {rates} over {decision.compared} cases{sure}"
        for metric in decision.metrics:
            if metric.name != "pass_rate":
                yield f"  {metric.name} {metric.loss:+.1%} over {metric.cases} cases ({shown_p(metric.p_adjusted)})"
        yield f"  run {decision.run}, baseline {decision.baseline_run}{_commit(decision)} blessed {decision.blessed_at}"
        told = {item.case for item in (*decision.confirmed, *decision.suspected)}
        yield from _moved("confirmed", decision.confirmed)
        yield from _moved("suspect", decision.suspected)
        yield from _moved("lost", [item for item in decision.lost if item.case not in told])
        yield from _moved("gained", decision.gained)
        for title, names in _lists(decision):
            yield f"  {title} ({len(names)}): {one_line(', '.join(names[:_SHOWN]), 300)}"
        if decision.errored:
            yield f"  errored: {decision.errored} of {decision.trials} trials, in no rate"
        if decision.cost_usd:
            yield f"  cost: {_price(decision)}"
        for note in decision.notes:
            yield f"  note: {one_line(note)}"


def markdown(decisions: Sequence[Decision]) -> str:
    """For a pull request: everything that came from cases or agents stands as code, so that it stays text."""
    overall = worst(item.value for item in decisions)
    parts = [MARKER, f"## Gate: {_TITLES[overall].lower()}", ""]
    parts += ["| suite | decision | pass rate | cases | why |", "|---|---|---|---|---|"]
    for item in decisions:
        rate = "" if item.rate is None else f"{item.baseline_rate:.1%} → {item.rate:.1%}"
        why = " <br> ".join(code(reason, 300) for reason in item.reasons)
        parts.append(f"| {code(item.suite)} | **{_TITLES[item.value]}** | {rate} | {item.compared} | {why} |")
    for item in decisions:
        parts += _details(item)
    return _cut(parts)


def _details(item: Decision) -> Iterator[str]:
    told = {change.case for change in (*item.confirmed, *item.suspected)}
    groups = (
        ("**confirmed**", item.confirmed),
        ("suspected", item.suspected),
        ("lost", tuple(change for change in item.lost if change.case not in told)),
        ("improved", item.gained),
    )
    rows = [_row(title, change) for title, changes in groups for change in changes[:_SHOWN]]
    more = sum(max(0, len(changes) - _SHOWN) for _, changes in groups)
    yield f"\n### {code(item.suite)}\n"
    if rows:
        yield "| | case | baseline | now | why |\n|---|---|---|---|---|"
        yield from rows
        if more:
            yield f"\n… and {more} more cases; the JSON artifact has them all."
    for title, names in _lists(item):
        shown = ", ".join(code(name) for name in names[:_SHOWN])
        yield f"\n{title} ({len(names)}): {shown}" + (" …" if len(names) > _SHOWN else "")
    for metric in item.metrics:
        yield f"\n{_metric(metric)}"
    yield f"\n{_how(item)}"
    for note in item.notes:
        yield f"\nnote: {code(note, 300)}"


def _metric(metric: Metric) -> str:
    loss, limit, unit = 100 * metric.loss, 100 * metric.limit, "points" if metric.name == "pass_rate" else "%"
    word = "lost" if metric.name == "pass_rate" else "more"
    return (
        f"{metric.name.replace('_', ' ')}: {loss:+.1f} {unit} {word}, at most {limit:.1f} (95 %), tolerated"
        f" {100 * metric.margin:g}; {shown_p(metric.p_adjusted)} adjusted"
    )


def _how(item: Decision) -> str:
    parts = [f"{item.trials} trials, {item.plan}"]
    if item.fresh_trials:
        parts.append(f"{item.fresh_trials} fresh trials")
    if item.errored:
        parts.append(f"{item.errored} errored, in no rate")
    if item.detectable is not None:
        parts.append(f"could have seen a drop of {100 * item.detectable:.0f} points")
    if item.cost_usd:
        parts.append(_price(item))
    parts.append(f"run {code(item.run)} against {code(item.baseline_run)}, alpha {item.alpha:g}")
    return "; ".join(parts)


def _price(item: Decision) -> str:
    usual = (
        ""
        if item.baseline_cost_usd is None
        else f" (one pass over the baseline's cases: ${item.baseline_cost_usd:.4f})"
    )
    return f"${item.cost_usd:.4f}{usual}"


def _cut(parts: Sequence[str]) -> str:
    """All of it, or whole lines up to what GitHub takes."""
    text = "\n".join(parts) + "\n"
    if len(text) <= MOST_CHARACTERS:
        return text
    return (
        text[:MOST_CHARACTERS].rpartition("\n")[0]
        + "\n\nThis is longer than a comment may be; the rest is in the artifact.\n"
    )


def document(decisions: Sequence[Decision], exit_code: int) -> dict[str, Any]:
    """For programs: every field of every decision."""
    return {
        "format": FORMAT,
        "value": worst(item.value for item in decisions),
        "exit_code": exit_code,
        "suites": [{field.name: _plain(getattr(item, field.name)) for field in fields(Decision)} for item in decisions],
    }


def code(text: str, limit: int = 120) -> str:
    """Text as Markdown code that nothing inside can end, in a table too."""
    shown = one_line(text, limit).replace("|", "¦")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _moved(title: str, changes: Sequence[CaseChange]) -> Iterator[str]:
    for item in changes[:_SHOWN]:
        before, now = f"{item.baseline_passed}/{item.baseline}", f"{item.passed}/{item.trials}"
        why = f"  {one_line(item.reason, 120)}" if item.reason and title != "gained" else ""
        alone = "" if item.p is None else f" in fresh trials ({shown_p(item.p)})"
        yield f"  {title:<6} {one_line(item.case, 60)}  {before} -> {now}{alone}{why}"
    if len(changes) > _SHOWN:
        yield f"  {title:<6} and {len(changes) - _SHOWN} more"


def _row(title: str, item: CaseChange) -> str:
    before, now = f"{item.baseline_passed}/{item.baseline}", f"{item.passed}/{item.trials}"
    why = code(item.reason) if item.reason and title != "improved" else ""
    return f"| {title} | {code(item.case)} | {before} | {now} | {why} |"


def _lists(decision: Decision) -> tuple[tuple[str, tuple[str, ...]], ...]:
    named = (
        ("weakened", decision.weakened),
        ("changed, not compared", decision.changed),
        ("renamed", decision.renamed),
        ("new, not compared", decision.added),
        ("not run", decision.removed),
        ("undecided", decision.undecided),
        ("quarantined, not decisive", decision.quarantined),
        ("flaky", decision.flaky),
    )
    return tuple((title, names) for title, names in named if names)


def _commit(decision: Decision) -> str:
    return f" ({decision.baseline_commit[:10]})" if decision.baseline_commit else ""


def _plain(content: Any) -> Any:
    if isinstance(content, tuple):
        return [_plain(item) for item in content]
    if isinstance(content, CaseChange | Metric):
        return {field.name: getattr(content, field.name) for field in fields(content)}
    return plain(content)
