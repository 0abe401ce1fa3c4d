"""Turn a trial's verdicts into scores, as observability tools keep them beside a trace."""

from __future__ import annotations

from typing import Literal, TypeAlias

from harness.frozen import frozen
from harness.model import Result, RunManifest, Verdict
from harness.model.verdict import HEURISTIC
from harness.text import shorten

from .span import span_id, trace_id

DataType: TypeAlias = Literal["BOOLEAN", "NUMERIC", "CATEGORICAL"]
COMMENT_LIMIT = 500
"""Most characters of a comment."""


@frozen
class Score:
    """One number or label about a trace."""

    id: str
    """Idempotency key: sending it again replaces the score instead of adding one."""

    name: str
    """Metric or check."""

    value: float | str
    """0 or 1 for BOOLEAN, a number for NUMERIC, a word for CATEGORICAL."""

    data_type: DataType
    """How the value is meant."""

    trace_id: str
    """Trace it belongs to."""

    observation_id: str
    """Span it belongs to: the check's own, or the root."""

    comment: str = ""
    """Why."""

    root_id: str = ""
    """Root span of what was evaluated."""


def scores(manifest: RunManifest, result: Result) -> tuple[Score, ...]:
    """Build the scores of one trial: its status, its score, then pass or fail per check and the metrics that suites name.

    An undecided check has no score, because no number would be true of it; the trial's status says so.
    """
    trace = trace_id(manifest.id, result.job.key)
    root = span_id(trace, "root")
    made = [_score(trace, root, "finharness.status", result.status, kind="CATEGORICAL", comment=_summary(result))]
    if result.score is not None:
        made.append(_score(trace, root, "finharness.score", float(result.score), kind="NUMERIC"))
    for index, verdict in enumerate(result.verdicts):
        span = span_id(trace, f"check|{index}")
        if verdict.passed is not None:
            made.append(
                _score(trace, span, _named(verdict), float(verdict.passed), kind="BOOLEAN", comment=verdict.reason)
            )
        if verdict.metric and verdict.score is not None and not verdict.heuristic:
            # One name must keep one type, so a metric named like its check gets its own name.
            name = verdict.metric if verdict.metric != verdict.check else f"{verdict.metric}.score"
            made.append(_score(trace, span, name, float(verdict.score), kind="NUMERIC", comment=verdict.reason))
    return tuple(made)


def _named(verdict: Verdict) -> str:
    """The check's name; a guess of the offline heuristic is never taken for a judge's verdict."""
    return f"{verdict.check}.{HEURISTIC}" if verdict.heuristic else verdict.check


def _score(trace: str, span: str, name: str, value: float | str, *, kind: DataType, comment: str = "") -> Score:
    identity = span_id(trace, f"score|{span}|{name}") + span_id(trace, f"{kind}|{span}|{name}")
    return Score(
        identity, name, value, kind, trace, span, shorten(comment, COMMENT_LIMIT), root_id=span_id(trace, "root")
    )


def _summary(result: Result) -> str:
    failed = [verdict.check for verdict in result.verdicts if verdict.decided is False]
    undecided = [verdict.check for verdict in result.verdicts if verdict.decided is None]
    parts = [
        f"failed: {', '.join(failed)}" if failed else "",
        f"undecided: {', '.join(undecided)}" if undecided else "",
    ]
    return "; ".join(part for part in parts if part)
