"""Whether a figure stands in its place: beside the entity and the period that its sentence names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.lazy import pattern
from harness.quantities import Kind

from .claims import Claim
from .facts import Fact
from .index import Index
from .words import AVERAGE, CHANGE, SHARE, TOTAL, periods, words, years

_WORTH = frozenset({"value", "amount", "market_value"})
_IS_WORTH = pattern(r"\b(?:worth|value[ds]?|amounts?)\b", re.IGNORECASE)
_PERCENT = frozenset({Kind.PERCENT, Kind.POINTS, Kind.BPS})
_RATES = frozenset(
    {"weight", "percent", "pct", "yield", "return", "rat", "allocation", "shar", "change", "growth", "margin", "%"}
)


def displaced(claim: Claim, held: Sequence[Fact], index: Index) -> Fact | None:
    """The cell that the sentence is about, where all facts with the figure's value belong to others of its table."""
    near = words(claim.near)
    if not near or any(fact.row is None or fact.origin == "total" or "@" in fact.row.path for fact in held):
        return None
    rows = index.full(near)
    if rows and not any(fact.row is not None and (_row(fact) in rows or fact.row.words & near) for fact in held):
        beside = {
            _column(cell): cell
            for row in sorted(rows, reverse=True)
            for cell in index.rows[row]
            if cell.column is not None
        }
        if all(_column(fact) in beside for fact in held):
            return beside[_column(held[0])]
    return _other_period(claim, held, index)


def _other_period(claim: Claim, held: Sequence[Fact], index: Index) -> Fact | None:
    named = set(years(periods(claim.near)))
    if len(named) != 1:
        return None
    theirs = [set(years(fact.column.periods)) for fact in held if fact.column is not None]
    dated = [spans for spans in theirs if spans]  # an undated fact with the same value is that of the dated one
    if not dated or any(spans & named for spans in dated):
        return None
    for fact in held:
        cells = [cell for cell in index.rows[_row(fact)] if cell.column is not None and named & cell.column.periods]
        if len(cells) == 1:
            return cells[0]
    return None


def contradicting(claim: Claim, index: Index) -> Fact | None:
    """The one fact with the claim's entity, attribute and period, where there is exactly one; it says otherwise."""
    near = words(claim.near)
    computed = any(cue.search(claim.near) for cue in (AVERAGE, CHANGE, TOTAL)) or (
        SHARE.search(claim.near) and claim.figure.kind not in _PERCENT
    )
    rows = index.full(near) if near and not computed else set()
    spans = set(years(periods(claim.near)))
    worth = bool(_IS_WORTH.search(claim.near))
    found = [
        cell
        for row in sorted(rows)
        for cell in index.rows[row]
        if _attribute(cell, near, spans, len(index.rows[row]), worth=worth)
        and _comparable(claim, cell)
        and (claim.path is None or cell.column is None or not cell.column.text or bool(cell.column.words & near))
    ]
    return found[0] if len(found) == 1 else None


def _attribute(cell: Fact, near: frozenset[str], spans: set[str], siblings: int, *, worth: bool) -> bool:
    if cell.origin == "total":
        return False
    column = cell.column
    if column is None or (not column.words and not column.periods):
        return siblings == 1 or (column is not None and column.text.lower() in _WORTH and worth)
    if column.periods and not spans & column.periods:
        return False
    if siblings == 1:
        return True
    return not column.words or bool(column.words & near) or bool(column.periods)


def _comparable(claim: Claim, cell: Fact) -> bool:
    kind = claim.figure.kind
    if kind in _PERCENT:
        return cell.kind in _PERCENT or (cell.column is not None and bool(cell.column.words & _RATES))
    if kind in (Kind.DURATION, Kind.MULTIPLE):
        return cell.kind is kind
    return cell.kind not in _PERCENT and not (cell.column is not None and cell.column.words & _RATES)


def _row(fact: Fact) -> str:
    return f"{fact.source}{fact.row.path}" if fact.row else ""


def _column(fact: Fact) -> str:
    return f"{fact.source}{fact.column.path}" if fact.column else ""
