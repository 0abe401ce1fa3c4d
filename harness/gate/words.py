"""Decisions in words: for the terminal, for a pull request, for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from harness.shape import plain
from harness.text import one_line

from .decision import CaseChange, Decision, DecisionValue, worst

FORMAT = 1
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
            yield f"  pass rate {rates} over {decision.compared} cases (p = {decision.p:.4f})"
        yield f"  run {decision.run}, baseline {decision.baseline_run}{_commit(decision)} blessed {decision.blessed_at}"
        for title, changes in (("lost", decision.lost), ("gained", decision.gained)):
            yield from _moved(title, changes)
        for title, names in _lists(decision):
            yield f"  {title} ({len(names)}): {one_line(', '.join(names[:_SHOWN]), 300)}"
        if decision.errored:
            yield f"  errored: {decision.errored} of {decision.trials} trials, in no rate"
        for note in decision.notes:
            yield f"  note: {one_line(note)}"


def markdown(decisions: Sequence[Decision]) -> str:
    """For a pull request: everything that came from cases or agents stands as code, so that it stays text."""
    overall = worst(item.value for item in decisions)
    parts = [f"## Gate: {_TITLES[overall].lower()}", ""]
    parts += ["| suite | decision | pass rate | cases | why |", "|---|---|---|---|---|"]
    for item in decisions:
        rate = "" if item.rate is None else f"{item.baseline_rate:.1%} → {item.rate:.1%}"
        why = " <br> ".join(code(reason, 300) for reason in item.reasons)
        parts.append(f"| {code(item.suite)} | **{_TITLES[item.value]}** | {rate} | {item.compared} | {why} |")
    for item in decisions:
        rows = [("lost", change) for change in item.lost[:_SHOWN]] + [
            ("gained", change) for change in item.gained[:_SHOWN]
        ]
        if rows:
            parts += ["", f"### {code(item.suite)}", "", "| | case | baseline | now | why |", "|---|---|---|---|---|"]
            parts += [_row(title, change) for title, change in rows]
        parts += [
            f"\n{title} ({len(names)}): {', '.join(code(name) for name in names[:_SHOWN])}"
            for title, names in _lists(item)
        ]
    return "\n".join(parts) + "\n"


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
        why = f"  {one_line(item.reason, 120)}" if item.reason and title == "lost" else ""
        yield f"  {title:<6} {one_line(item.case, 60)}  {before} -> {now}{why}"
    if len(changes) > _SHOWN:
        yield f"  {title:<6} and {len(changes) - _SHOWN} more"


def _row(title: str, item: CaseChange) -> str:
    before, now = f"{item.baseline_passed}/{item.baseline}", f"{item.passed}/{item.trials}"
    why = code(item.reason) if item.reason and title == "lost" else ""
    return f"| {title} | {code(item.case)} | {before} | {now} | {why} |"


def _lists(decision: Decision) -> tuple[tuple[str, tuple[str, ...]], ...]:
    named = (
        ("changed, not compared", decision.changed),
        ("new, not compared", decision.added),
        ("not run", decision.removed),
        ("undecided", decision.undecided),
    )
    return tuple((title, names) for title, names in named if names)


def _commit(decision: Decision) -> str:
    return f" ({decision.baseline_commit[:10]})" if decision.baseline_commit else ""


def _plain(content: Any) -> Any:
    if isinstance(content, tuple):
        return [_plain(item) for item in content]
    if isinstance(content, CaseChange):
        return {field.name: getattr(content, field.name) for field in fields(content)}
    return plain(content)
