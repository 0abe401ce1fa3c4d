"""Lines of a report: data folded to the reader's width, and a verdict told in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from harness.model import Verdict
from harness.text import one_line

from .picture import labels_of, place_of, written
from .terminal import Line, Style, Styled

VALUE_SHOWN = 300
"""Characters of one piece of data, unless all of it is asked for."""

_EVIDENCE_SHOWN = 3
_NOTE_SHOWN = 120
_NARROWEST = 20


def verdict_lines(verdict: Verdict, columns: int, *, limit: int = VALUE_SHOWN) -> Iterator[Line]:
    """Each check on its own lines: reason, expected, actual, evidence."""
    style: Style = (
        "good" if verdict.passed else "warn" if verdict.passed is None or verdict.severity == "minor" else "bad"
    )
    extra = "" if verdict.severity == "major" else f" ({verdict.severity})"
    turn = "" if verdict.turn is None else f" turn {verdict.turn + 1}"
    name = f"{one_line(verdict.check, 60)}{extra}{turn}"
    first, *rest = fold(verdict.reason, columns - 6 - len(name), columns - 8, limit)
    yield "    ", Styled(name, style), "  ", first
    for text in rest:
        yield "        ", text
    details = [] if verdict.passed is not False else [("expected", verdict.expected), ("actual", verdict.actual)]
    for label, value in details:
        if value is not None:
            yield from wrapped(f"        {label:<9} ", written(value), columns, limit=limit)
    for evidence in verdict.evidence[:_EVIDENCE_SHOWN]:
        yield from wrapped(
            "        evidence  ", place_of(evidence), columns, limit=_NOTE_SHOWN if limit == VALUE_SHOWN else limit
        )
    if len(verdict.evidence) > _EVIDENCE_SHOWN:
        yield (f"        evidence  and {len(verdict.evidence) - _EVIDENCE_SHOWN} more",)
    if verdict.labels:
        yield from wrapped("        by        ", labels_of(verdict), columns, limit=limit)
    if verdict.where:
        yield "        ", Styled(f"asked at  {one_line(verdict.where)}", "dim")


def wrapped(
    prefix: str, text: str, columns: int, *, style: Style | None = None, limit: int = VALUE_SHOWN
) -> Iterator[Line]:
    """Data after a prefix, folded below itself."""
    for number, piece in enumerate(fold(text, columns - len(prefix), columns - len(prefix), limit)):
        lead = prefix if number == 0 else " " * len(prefix)
        yield lead, piece if style is None else Styled(piece, style)


def fold(text: str, first: int, others: int, limit: int = VALUE_SHOWN) -> list[str]:
    """Fold data onto lines; the first one may have less room."""
    flat = one_line(text, limit)
    wide = max(_NARROWEST, others)
    gap = max(0, wide - first)
    folded = textwrap.wrap(" " * min(gap, wide - 1) + flat, wide, drop_whitespace=False) or [""]
    return [line.strip() for line in folded if line.strip()] or [""]
