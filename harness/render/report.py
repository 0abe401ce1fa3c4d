"""A run in the terminal: what failed and why first, then the totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harness.model import Result
from harness.summary import Summary
from harness.text import one_line

from .figures import counted, figures, plural
from .paragraph import verdict_lines, wrapped
from .picture import Picture, Shown, picture, remedy_of, show_command, troubles
from .terminal import Line, Style, Styled, say_all, width

_SHOWN = 20
"""Cases told in full in each part."""

_PARTS_SHOWN = 12
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
            yield from wrapped("    ", text, columns, style="dim")


def _failed(item: Shown, columns: int) -> Iterator[Line]:
    outcome = item.result.outcome
    if outcome.status != "completed":
        message = outcome.error.message if outcome.error else "no reason is known"
        yield from wrapped("    ", f"{outcome.status}: {message}", columns, style="bad")
    for verdict in troubles(item.result):
        yield from verdict_lines(verdict, columns)


def _errored(item: Shown, columns: int, run: str) -> Iterator[Line]:
    error = item.result.outcome.error
    if error is not None:
        yield from wrapped("    ", f"{error.type}: {error.message}", columns, style="warn")
    for verdict in troubles(item.result):
        yield from verdict_lines(verdict, columns)
    words, command = remedy_of(item.result, run)
    yield from wrapped("    fix: ", words, columns)
    yield "         ", Styled(command, "dim")


def _undecided(item: Shown, columns: int) -> Iterator[Line]:
    for verdict in troubles(item.result):
        yield from verdict_lines(verdict, columns)


def _totals(summary: Summary, columns: int) -> Iterator[Line]:
    run = summary.run
    yield Styled(f"Run {run.id}", "strong"), f" ({run.manifest.source}, {run.status})"
    for label, text in figures(summary):
        yield from wrapped(f"  {one_line(label, 24):<11} ", text, columns)
    for by in ("agent", "suite", "tag"):
        yield from _slices(summary, by)
    if summary.counts.missing:
        yield ()
        missing = plural(summary.counts.missing, "planned trial")
        yield Styled(f"  {missing} did not run", "warn"), f": finharness eval --resume {run.id}"


def _slices(summary: Summary, by: str) -> Iterator[Line]:
    """The parts of a run, where there are several; of tags, which are many, those where something did not pass."""
    parts = [part for part in summary.slices if part.by == by]
    if len(parts) < 2:
        return
    parts.sort(key=lambda part: part.counts.passed - part.counts.planned)
    shown = [part for part in parts if by != "tag" or part.counts.passed < part.counts.planned]
    if shown:
        yield ()
        yield (f"  by {by}",)
    for part in shown[:_PARTS_SHOWN]:
        yield f"    {one_line(part.name, 40):<24} ", counted(part.counts)
    if len(shown) > _PARTS_SHOWN:
        yield (f"    … and {len(shown) - _PARTS_SHOWN} more: finharness report {summary.run.id} -o report.html",)
