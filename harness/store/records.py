"""Traces and verdicts as plain records, the form that the store and the run bundle share: defaults are left out.

`harness.shape.read` accepts the same records; what is here is the fast way, for records that we wrote ourselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.model import Evidence, Step, Trace, TurnTrace, Usage, Verdict

Record = dict[str, Any]
_NO_USAGE = Usage(0, 0, 0)


def trace_record(trace: Trace) -> Record:
    """Write a trace."""
    record: Record = {
        name: content
        for name in ("answer", "duration_s", "artifacts", "errors", "guardrails", "interrupts", "faults")
        if (content := getattr(trace, name))
    }
    if trace.steps:
        record["steps"] = [_step_record(step) for step in trace.steps]
    if trace.turns:
        record["turns"] = [_turn_record(turn) for turn in trace.turns]
    if trace.usage != _NO_USAGE:
        record["usage"] = _usage_record(trace.usage)
    if trace.cost_usd != 0.0:
        record["cost_usd"] = trace.cost_usd
    for name in ("structured", "ttft_s"):
        content = getattr(trace, name)
        if content is not None:
            record[name] = content
    return record


def trace_of(record: Mapping[str, Any]) -> Trace:
    """Read a trace that `trace_record` wrote."""
    fields = dict(record)
    fields["steps"] = tuple(_step_of(step) for step in fields.get("steps", ()))
    fields["turns"] = tuple(TurnTrace(**turn) for turn in fields.get("turns", ()))
    if "usage" in fields:
        fields["usage"] = Usage(**fields["usage"])
    for name in ("errors", "guardrails", "interrupts", "faults"):
        fields[name] = tuple(fields.get(name, ()))
    return Trace(**fields)


def verdict_detail(verdict: Verdict) -> Record:
    """Write the part of a verdict that has no column of its own."""
    record: Record = {}
    if verdict.weight != 1.0:
        record["weight"] = verdict.weight
    if verdict.evidence:
        record["evidence"] = [_evidence_record(item) for item in verdict.evidence]
    if verdict.where:
        record["where"] = verdict.where
    if verdict.labels:
        record["labels"] = verdict.labels
    for name in ("metric", "expected", "actual", "turn"):
        content = getattr(verdict, name)
        if content is not None:
            record[name] = content
    return record


def verdict_record(verdict: Verdict) -> Record:
    """Write a verdict."""
    record: Record = {"check": verdict.check, "passed": verdict.passed, "reason": verdict.reason}
    if verdict.score is not None:
        record["score"] = verdict.score
    if verdict.severity != "major":
        record["severity"] = verdict.severity
    if verdict.error:
        record["error"] = True
    return record | verdict_detail(verdict)


def verdict_of(record: Mapping[str, Any]) -> Verdict:
    """Read a verdict that `verdict_record` wrote."""
    fields = dict(record)
    if "evidence" in fields:
        fields["evidence"] = tuple(_evidence_of(item) for item in fields["evidence"])
    return Verdict(**fields)


def _step_record(step: Step) -> Record:
    record: Record = {"id": step.id, "kind": step.kind, "name": step.name}
    if step.agent:
        record["agent"] = step.agent
    if step.args:
        record["args"] = step.args
    if step.status != "ok":
        record["status"] = step.status
    if step.t0:
        record["t0"] = step.t0
    if step.t1:
        record["t1"] = step.t1
    if step.turn:
        record["turn"] = step.turn
    if step.usage is not None:
        record["usage"] = _usage_record(step.usage)
    for name in ("parent", "result", "error", "cost_usd", "first_chunk_s", "chunk_s"):
        content = getattr(step, name)
        if content is not None:
            record[name] = content
    return record


def _step_of(record: Mapping[str, Any]) -> Step:
    if "usage" in record:
        return Step(**{**record, "usage": Usage(**record["usage"])})
    return Step(**record)


def _turn_record(turn: TurnTrace) -> Record:
    record: Record = {"answer": turn.answer}
    if turn.structured is not None:
        record["structured"] = turn.structured
    if turn.ttft_s is not None:
        record["ttft_s"] = turn.ttft_s
    if turn.useful_ttft_s is not None:
        record["useful_ttft_s"] = turn.useful_ttft_s
    if turn.t0:
        record["t0"] = turn.t0
    if turn.t1:
        record["t1"] = turn.t1
    return record


def _usage_record(usage: Usage) -> Record:
    record: Record = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    if usage.cached_tokens is not None:
        record["cached_tokens"] = usage.cached_tokens
    return record


def _evidence_record(evidence: Evidence) -> Record:
    record: Record = {}
    if evidence.note:
        record["note"] = evidence.note
    for name in ("step", "path", "span"):
        content = getattr(evidence, name)
        if content is not None:
            record[name] = content
    return record


def _evidence_of(record: Mapping[str, Any]) -> Evidence:
    span = record.get("span")
    return Evidence(**{**record, "span": None if span is None else (span[0], span[1])})
