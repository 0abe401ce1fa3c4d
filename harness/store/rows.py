"""Results as rows of the store's tables, and back; written by hand because every trial passes here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.errors import StoreError
from harness.frozen import frozen
from harness.model import Failure, Job, Outcome, Result, Trace, Usage, Verdict
from harness.text import shorten

from .packing import Cell, cell_text, count_cell, number_cell, pack_anything, text_cell, unpack
from .records import Record, trace_of, trace_record, verdict_detail, verdict_of, verdict_record

ANSWER_SHOWN = 2_000
"""Characters of the answer that are at hand without its trace."""

Row = tuple[Cell, ...]


@frozen
class Rows:
    """One result, encoded; each row lacks the number of its planned trial, which comes first."""

    key: str
    """Identity inside the run."""

    result: Row
    """Row of `results`."""

    verdicts: tuple[Row, ...]
    """Rows of `verdicts`."""

    trace: str | bytes
    """Cell of `traces`."""

    earlier: tuple[Row, ...] = ()
    """Rows of `earlier`."""


def encode(result: Result) -> Rows:
    """Write a result as rows.

    Raises:
        StoreError: for a score, cost or time that is no number, and for data that holds itself.
    """
    try:
        return Rows(
            result.job.key,
            _result_row(result),
            tuple(_verdict_row(position, verdict) for position, verdict in enumerate(result.verdicts)),
            pack_anything(trace_record(result.outcome.trace)),
            tuple(earlier_row(encode(item)) for item in _earlier(result)) if result.outcome.earlier else (),
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"the result of {result.job.key} cannot be stored: {error}",
            remedy="report it with the check or adapter that made the value; scores must be finite, and data must not hold itself",
        ) from error


def decode(job: Job, row: Sequence[Any], verdicts: Iterable[Sequence[Any]], trace: str | bytes | None) -> Result:
    """Read a result; without its trace cell, the trace has totals and the beginning of the answer only."""
    (status, score, outcome, attempts, started_at, duration_s, ttft_s, *usage, cost, judge_cost, answer, detail) = row
    more = unpack(detail)
    light = Trace(
        answer=cell_text(answer),
        usage=Usage(*usage),
        cost_usd=cost,
        ttft_s=ttft_s,
        duration_s=duration_s,
    )
    return Result(
        job=job,
        outcome=Outcome(
            status=outcome,
            trace=light if trace is None else trace_of(unpack(trace)),
            error=Failure(*more["error"]) if "error" in more else None,
            attempts=attempts,
            stdout=more.get("stdout", ""),
        ),
        verdicts=tuple(verdict_from(item) for item in verdicts),
        status=status,
        score=score,
        steps=more.get("steps", {}),
        judge_cost_usd=judge_cost,
        started_at=cell_text(started_at),
    )


def earlier_row(rows: Rows) -> Row:
    """Make a row of `earlier` of a result's: it lacks the number of its planned trial, which comes first."""
    return *rows.result, pack_anything([verdict_record(verdict_from(row)) for row in rows.verdicts]), rows.trace


RESULT_COLUMNS = (
    "status, score, outcome, attempts, started_at, duration_s, ttft_s, input_tokens, output_tokens, cached_tokens,"
    " cost_usd, judge_cost_usd, answer, detail"
)
"""In the order of `encode` and `decode`."""

VERDICT_COLUMNS = "position, name, passed, score, severity, reason, error, detail"
"""In the order of `encode` and `decode`."""


def _earlier(result: Result) -> Iterable[Result]:
    """The executions that it took the place of, as results of their own: nothing was checked."""
    for attempt in result.outcome.earlier:
        at = datetime.fromtimestamp(attempt.started_at, UTC).isoformat(timespec="milliseconds")
        yield Result(result.job, attempt.outcome, verdicts=(), status="errored", score=None, started_at=at)


def _result_row(result: Result) -> Row:
    outcome = result.outcome
    trace = outcome.trace
    number: Callable[[float | None, str], float | None] = number_cell
    return (
        result.status,
        number(result.score, "the score"),
        outcome.status,
        outcome.attempts,
        text_cell(result.started_at),
        number(trace.duration_s, "the duration"),
        number(trace.ttft_s, "the time to first text"),
        count_cell(trace.usage.input_tokens),
        count_cell(trace.usage.output_tokens),
        count_cell(trace.usage.cached_tokens),
        number(trace.cost_usd, "the cost"),
        number(result.judge_cost_usd, "the judges' cost"),
        text_cell(shorten(trace.answer, ANSWER_SHOWN)),
        pack_anything(_detail(result)),
    )


def _detail(result: Result) -> Record:
    record: Record = {}
    error = result.outcome.error
    if error is not None:
        record["error"] = [error.type, error.message, error.traceback]
    if result.outcome.stdout:
        record["stdout"] = result.outcome.stdout
    if result.steps:
        record["steps"] = result.steps
    return record


def _verdict_row(position: int, verdict: Verdict) -> Row:
    detail = verdict_detail(verdict)
    return (
        position,
        text_cell(verdict.check),
        verdict.passed,
        number_cell(verdict.score, f"the score of {verdict.check}"),
        verdict.severity,
        text_cell(verdict.reason),
        verdict.error,
        pack_anything(detail) if detail else None,
    )


def verdict_from(row: Sequence[Any]) -> Verdict:
    """Read a row of `verdicts`, without the number of its trial."""
    _, name, passed, score, severity, reason, error, detail = row
    record = {
        "check": cell_text(name),
        "passed": None if passed is None else bool(passed),
        "score": score,
        "severity": severity,
        "reason": cell_text(reason),
        "error": bool(error),
    }
    return verdict_of(record if detail is None else record | unpack(detail))
