"""A run in the terminal: what failed and why first, then the totals."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

from harness.model import Result, Verdict
from harness.summary import Summary
from harness.text import one_line, shorten

from .figures import counted, figures, plural
from .picture import Picture, Shown, picture, place_of, remedy_of, show_command, troubles, written
from .terminal import Line, Style, Styled, say_all, width

_SHOWN = 20
"""Cases told in full in each part."""

_VALUE_SHOWN = 300
_EVIDENCE_SHOWN = 3
_MARKS: dict[str, tuple[str, Style]] = {"failed": ("✗", "bad"), "errored": ("!", "warn"), "undecided": ("?", "warn")}


def report(summary: Summary, results: Iterable[Result], *, latest: bool = True) -> None:
    """Write a run to the terminal.

    Args:
        summary: The figures.
        results: The run's results; totals are enough.
        latest: Whether it is the newest run, which commands mean when no run is named.
    """
    say_all(lines(picture(summary, results), columns=width(), latest=latest))


def lines(shown: Picture, *, columns: int = 80, latest: bool = True) -> Iterator[Line]:
    """The report, line by line."""
    run = shown.summary.run
    named = None if latest else run.id
    parts: tuple[tuple[str, str, tuple[Shown, ...], Callable[[Shown], Iterator[Line]]], ...] = (
        ("failed", "Failed", shown.failed, lambda item: _failed(item, columns)),
        ("errored", "Errored: outside the pass rate", shown.errored, lambda item: _errored(item, columns, run.id)),
        ("undecided", "Undecided: outside the pass rate", shown.undecided, lambda item: _undecided(item, columns)),
    )
    for kind, title, items, tell in parts:
        if items:
            mark, style = _MARKS[kind]
            yield (Styled(title, "strong"),)
            for item in items[:_SHOWN]:
                yield ()
                yield from _heading(item, mark, style, columns)
                yield from tell(item)
                yield "    ", Styled(show_command(item.result, run=named), "dim")
            if len(items) > _SHOWN:
                yield ()
                yield (
                    f"  … and {plural(len(items) - _SHOWN, 'more case')}: finharness report {run.id} -o report.html",
                )
            yield ()
    yield from _totals(shown.summary, columns)


def _heading(item: Shown, mark: str, style: Style, columns: int) -> Iterator[Line]:
    yield "  ", Styled(mark, style), " ", Styled(one_line(item.title, columns - 4), "strong")
    description = item.result.job.case.description
    for text in (description, item.share):
        if text:
            yield from _wrapped("    ", text, columns, style="dim")


def _failed(item: Shown, columns: int) -> Iterator[Line]:
    outcome = item.result.outcome
    if outcome.status != "completed":
        message = outcome.error.message if outcome.error else "no reason is known"
        yield from _wrapped("    ", f"{outcome.status}: {message}", columns, style="bad")
    for verdict in troubles(item.result):
        yield from _verdict(verdict, columns)


def _errored(item: Shown, columns: int, run: str) -> Iterator[Line]:
    error = item.result.outcome.error
    if error is not None:
        yield from _wrapped("    ", f"{error.type}: {error.message}", columns, style="warn")
    for verdict in troubles(item.result):
        yield from _verdict(verdict, columns)
    yield from _wrapped("    fix: ", remedy_of(item.result, run), columns)


def _undecided(item: Shown, columns: int) -> Iterator[Line]:
    for verdict in troubles(item.result):
        yield from _verdict(verdict, columns)


def _verdict(verdict: Verdict, columns: int) -> Iterator[Line]:
    """Each check on its own lines: reason, expected, actual, evidence."""
    style: Style = "warn" if verdict.passed is None or verdict.severity == "minor" else "bad"
    extra = "" if verdict.severity == "major" else f" ({verdict.severity})"
    turn = "" if verdict.turn is None else f" turn {verdict.turn + 1}"
    name = f"{one_line(verdict.check, 60)}{extra}{turn}"
    first, *rest = _fold(verdict.reason, columns - 6 - len(name), columns - 8)
    yield "    ", Styled(name, style), "  ", first
    for text in rest:
        yield "        ", text
    details = [] if verdict.passed is None else [("expected", verdict.expected), ("actual", verdict.actual)]
    for label, value in details:
        if value is not None:
            yield from _wrapped(f"        {label:<9} ", written(value), columns)
    for evidence in verdict.evidence[:_EVIDENCE_SHOWN]:
        yield from _wrapped("        evidence  ", place_of(evidence), columns)
    if len(verdict.evidence) > _EVIDENCE_SHOWN:
        yield (f"        evidence  and {len(verdict.evidence) - _EVIDENCE_SHOWN} more",)
    if verdict.where:
        yield "        ", Styled(f"asked at  {one_line(verdict.where)}", "dim")


def _totals(summary: Summary, columns: int) -> Iterator[Line]:
    run = summary.run
    yield Styled(f"Run {run.id}", "strong"), f" ({run.manifest.source}, {run.status})"
    for label, text in figures(summary):
        yield from _wrapped(f"  {one_line(label, 24):<11} ", text, columns)
    for by in ("agent", "suite", "tag"):
        parts = [part for part in summary.slices if part.by == by]
        if len(parts) > 1:
            yield ()
            yield (f"  by {by}",)
            for part in parts:
                yield f"    {one_line(part.name, 40):<24} ", counted(part.counts)
    if summary.counts.missing:
        yield ()
        missing = plural(summary.counts.missing, "planned trial")
        yield Styled(f"  {missing} did not run", "warn"), f": finharness eval --resume {run.id}"


def _wrapped(prefix: str, text: str, columns: int, *, style: Style | None = None) -> Iterator[Line]:
    for number, piece in enumerate(_fold(text, columns - len(prefix), columns - len(prefix))):
        lead = prefix if number == 0 else " " * len(prefix)
        yield lead, piece if style is None else Styled(piece, style)


def _fold(text: str, first: int, others: int) -> list[str]:
    """Fold data onto lines; the first one may have less room."""
    flat = shorten(one_line(text, 10 * _VALUE_SHOWN), _VALUE_SHOWN)
    wide = max(20, others)
    gap = max(0, wide - first)
    folded = textwrap.wrap(" " * min(gap, wide - 1) + flat, wide, drop_whitespace=False) or [""]
    return [line.strip() for line in folded if line.strip()] or [""]
