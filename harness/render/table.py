"""A run as CSV, for spreadsheets: one row per trial, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.model import Result
from harness.summary import Summary
from harness.text import visible

from .data import reason_of

COLUMNS = (
    "suite", "case", "agent", "trial", "seed", "status", "score", "outcome", "reason", "failed_checks",
    "undecided_checks", "latency_s", "ttft_s", "input_tokens", "output_tokens", "cost_usd", "judge_cost_usd",
    "attempts", "tags", "answer",
)  # fmt: skip
"""Header; an empty cell is unknown."""

# What opens a formula in some spreadsheet, full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(_summary: Summary, results: Iterable[Result], _templates: Path | None = None) -> Iterator[str]:
    """Header and rows; text that begins like a formula gets an apostrophe, numbers stay numbers."""
    yield _line(COLUMNS)
    for result in results:
        yield _line([safe(cell) for cell in _row(result)])


def safe(cell: Any) -> Any:
    """Make text that a spreadsheet would compute into text that it shows."""
    if not isinstance(cell, str):
        return cell
    text = visible(cell)
    return f"'{text}" if cell.startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _row(result: Result) -> list[Any]:
    job, outcome = result.job, result.outcome
    trace = outcome.trace
    return [
        job.case.suite,
        job.case.id,
        job.variant,
        job.index,
        job.seed,
        result.status,
        result.score,
        outcome.status,
        reason_of(result),
        " ".join(verdict.check for verdict in result.verdicts if verdict.decided is False),
        " ".join(verdict.check for verdict in result.verdicts if verdict.decided is None),
        trace.duration_s,
        trace.ttft_s,
        trace.usage.input_tokens,
        trace.usage.output_tokens,
        trace.cost_usd,
        result.judge_cost_usd,
        outcome.attempts,
        " ".join(f"{name}={value}" if value else name for name, value in job.case.tags.items()),
        trace.answer,
    ]


def _line(cells: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
