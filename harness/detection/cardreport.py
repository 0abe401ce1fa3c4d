"""Write the scorecard of guardrails: for a terminal, as Markdown, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.render.terminal import Line, Styled
from harness.shape import plain

from .markdown import table
from .scorecard import Count, Row

_SOURCES = (
    "Measured now, by running each of them. The guide's chart, input, length, symbol and quality rules and the application's parser and "
    "confirmation rule are written after the source documents; charts, texts, phrases and reports are in harness/detection/cards, which says "
    "which of them come from the reference design and which are ours."
)


def ahead(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows in which a source's guardrail does better than ours."""
    return tuple(row for row in rows if row.ours is not None and any(_better(row, one) for one in (row.guide, row.app)))


def _better(row: Row, other: Count | None) -> bool:
    if other is None or row.ours is None:
        return False
    gain = other.found / other.of - row.ours.found / row.ours.of
    return gain > 0 if row.wanted == "all" else gain < 0


def good(row: Row) -> bool:
    """Whether ours does what is wanted, entirely."""
    return row.ours is not None and row.ours.found == (row.ours.of if row.wanted == "all" else 0)


def lines(rows: Sequence[Row]) -> Iterator[Line]:
    """The table on a terminal."""
    yield (Styled("guardrails of the source documents, and ours, on the same material", "strong"),)
    yield (f"  {'':<62} {'wanted':<7} {'guide':<9} {'app':<9} ours",)
    for row in rows:
        ours = Styled(_shown(row.ours), "good" if good(row) else "warn")
        yield (
            f"  {f'{row.subject}: {row.question}':<62} {row.wanted:<7} {_shown(row.guide):<9} {_shown(row.app):<9} ",
            ours,
        )
    for row in rows:
        if row.missed:
            yield (f"  ours is wrong on: {', '.join(row.missed)} ({row.subject})",)
    yield (Styled(_SOURCES, "dim"),)


def markdown(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    cells = [
        [row.subject, row.question, row.wanted, _shown(row.guide), _shown(row.app), _shown(row.ours)] for row in rows
    ]
    wrong = [f"- {row.subject}: {', '.join(row.missed)}" for row in rows if row.missed]
    missed = "\n\nOurs is wrong on:\n\n" + "\n".join(wrong) if wrong else ""
    head = ["subject", "counted", "wanted", "guide", "app", "ours"]
    return f"# Guardrail scorecard\n\n{_SOURCES}\n\n{table(head, cells)}{missed}\n"


def record(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The table as data."""
    return [plain(row) for row in rows]


def _shown(count: Count | None) -> str:
    return "–" if count is None else str(count)
