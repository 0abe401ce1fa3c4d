"""A run as JSON and JSON lines, for programs: exact data, one row per trial."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.model import Result, Verdict
from harness.shape import plain
from harness.summary import Summary

VERSION = 1
"""Version of the format; it changes when a name does."""

# ASCII only: lone surrogates become escapes, and no reader can trip over an encoding.
_dump = json.JSONEncoder(allow_nan=False, default=plain).encode


def json_text(summary: Summary, results: Iterable[Result], _templates: Path | None = None) -> Iterator[str]:
    """One document: run, summary, results."""
    yield f'{{"version": {VERSION},\n"run": {_dump(plain(summary.run.manifest))},\n'
    yield f'"summary": {_dump(summary_row(summary))},\n"results": ['
    comma = "\n"
    for result in results:
        yield comma + _dump(result_row(result))
        comma = ",\n"
    yield "\n]}\n"


def jsonl_text(_summary: Summary, results: Iterable[Result], _templates: Path | None = None) -> Iterator[str]:
    """One line per trial."""
    for result in results:
        yield _dump(result_row(result)) + "\n"


def summary_row(summary: Summary) -> dict[str, Any]:
    """The figures of a run, every field present."""
    row = dataclasses.asdict(dataclasses.replace(summary, run=None))  # type: ignore[arg-type]  # asdict would copy it
    del row["run"]
    run = summary.run
    return {"status": run.status, "planned": run.planned, "done": run.done, "ended_at": run.ended_at, **row}


def result_row(result: Result) -> dict[str, Any]:
    """One trial, in the words that users of other harnesses know."""
    job, outcome = result.job, result.outcome
    trace = outcome.trace
    return {
        "key": job.key,
        "suite": job.case.suite,
        "case": job.case.id,
        "agent": job.variant,
        "trial": job.index,
        "seed": job.seed,
        "fingerprint": job.case.fingerprint,
        "tags": job.case.tags,
        "status": result.status,
        "pass": {"passed": True, "failed": False}.get(result.status),
        "score": result.score,
        "reason": reason_of(result),
        "outcome": outcome.status,
        "error": None if outcome.error is None else {"type": outcome.error.type, "message": outcome.error.message},
        "attempts": outcome.attempts,
        "started_at": result.started_at,
        "latency_ms": trace.duration_s * 1000,
        "ttft_ms": None if trace.ttft_s is None else trace.ttft_s * 1000,
        "token_usage": {
            "prompt": trace.usage.input_tokens,
            "completion": trace.usage.output_tokens,
            "cached": trace.usage.cached_tokens,
            "total": trace.usage.total,
        },
        "cost": trace.cost_usd,
        "judge_cost": result.judge_cost_usd,
        "steps": result.steps,
        "named_scores": {
            verdict.metric: verdict.score for verdict in result.verdicts if verdict.metric and verdict.score is not None
        },
        "component_results": [_component(verdict) for verdict in result.verdicts],
        "answer": trace.answer,
    }


def reason_of(result: Result) -> str:
    """Why a trial ended as it did, in one sentence; empty when it passed."""
    error = result.outcome.error
    if error is not None:
        return f"{result.outcome.status}: {error.message}"
    wanted = {"failed": False}.get(result.status)
    reasons = [f"{item.check}: {item.reason}" for item in result.verdicts if item.passed is wanted]
    return "; ".join(reasons) if result.status != "passed" else ""


def _component(verdict: Verdict) -> dict[str, Any]:
    return {
        "check": verdict.check,
        "pass": verdict.passed,
        "score": verdict.score,
        "severity": verdict.severity,
        "weight": verdict.weight,
        "metric": verdict.metric,
        "reason": verdict.reason,
        "expected": verdict.expected,
        "actual": verdict.actual,
        "evidence": [plain(item) for item in verdict.evidence],
        "turn": verdict.turn,
        "where": verdict.where,
        "labels": verdict.labels,
        "error": verdict.error,
    }
