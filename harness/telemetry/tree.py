"""Turn a finished trial into spans: a pure function of the stored result."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from harness.model import Result, RunManifest, Step, Usage, Verdict
from harness.shape import plain
from harness.text import shorten

from . import names
from .span import Attribute, Span, span_id, trace_id

CONTENT_LIMIT = 32_000
"""Most characters of one input or output; longer ones are cut and say so."""

_SHOWN_KINDS = ("llm", "tool")
_BAD_STATUS = {"failed", "errored"}


def spans(manifest: RunManifest, result: Result) -> tuple[Span, ...]:
    """Build the spans of one trial: its root, then agents, model calls, tools and checks.

    Args:
        manifest: The run it belongs to.
        result: The trial, executed and scored.
    """
    return tuple(_Tree(manifest, result).build())


def count(result: Result) -> int:
    """How many spans `spans` makes of a trial, without making them."""
    shown = sum(step.kind in _SHOWN_KINDS for step in result.outcome.trace.steps)
    return 1 + len(_agents(result)) + shown + len(result.verdicts)


class _Tree:
    """One trial on its way to spans."""

    def __init__(self, manifest: RunManifest, result: Result) -> None:
        self.manifest = manifest
        self.result = result
        self.trace = trace_id(manifest.id, result.job.key)
        self.start_ns = _epoch_ns(result.started_at) or _epoch_ns(manifest.started_at)
        self.seen: set[str] = set()

    def build(self) -> Iterator[Span]:
        yield self._root()
        yield from self._agent_spans()
        for index, step in enumerate(self.result.outcome.trace.steps):
            if step.kind in _SHOWN_KINDS:
                yield self._step(index, step)
        for index, verdict in enumerate(self.result.verdicts):
            yield self._evaluation(index, verdict)

    def _make(self, path: str, name: str, when: tuple[float, float], **known: Any) -> Span:
        begin = self.start_ns + _ns(when[0])
        attributes = {key: content for key, content in known.pop("attributes").items() if _worth_sending(content)}
        return Span(
            trace_id=self.trace,
            span_id=span_id(self.trace, path),
            name=name,
            start_ns=begin,
            end_ns=max(begin, self.start_ns + _ns(when[1])),
            attributes={names.SESSION: self.manifest.id, **attributes},
            **known,
        )

    def _root(self) -> Span:
        job, outcome = self.result.job, self.result.outcome
        case, error = job.case, outcome.error
        reason = f"{error.type}: {error.message}" if error else _first_failure(self.result)
        return self._make(
            "root",
            f"invoke_workflow {case.id}",
            (0.0, outcome.trace.duration_s),
            status="error" if self.result.status in _BAD_STATUS else "ok",
            message=reason if self.result.status in _BAD_STATUS else "",
            attributes={
                names.OPERATION: "invoke_workflow",
                names.WORKFLOW: f"{case.suite}::{case.id}",
                names.KIND: "CHAIN",
                names.RUN: self.manifest.id,
                names.SUITE: case.suite,
                names.CASE: case.id,
                names.TRIAL: job.index,
                names.STATUS: self.result.status,
                names.INPUT: _asked(self.result),
                names.OUTPUT: _content(outcome.trace.answer),
                names.COST: outcome.trace.cost_usd,
                names.ERROR_TYPE: error.type if error else None,
                names.METADATA: _metadata(self.manifest, self.result),
                names.TAGS: _tags(self.result),
            },
        )

    def _agent_spans(self) -> Iterator[Span]:
        trace = self.result.outcome.trace
        for name in _agents(self.result):
            main = name == ""
            own = trace.steps if main else [step for step in trace.steps if _actor(self.result, step) == name]
            shown = name or self.result.job.variant
            usage = sum((step.usage or Usage() for step in own if step.kind == "llm"), Usage(0, 0, 0))
            first = 0.0 if main else min(step.t0 for step in own)
            yield self._make(
                f"agent|{name}",
                f"invoke_agent {shown}",
                (first, trace.duration_s if main else max(step.t1 for step in own)),
                parent_id=span_id(self.trace, "root" if main else "agent|"),
                attributes={
                    names.OPERATION: "invoke_agent",
                    names.AGENT: shown,
                    names.AGENT_NAME: shown,
                    names.KIND: "AGENT",
                    names.INPUT: _asked(self.result) if main else None,
                    names.OUTPUT: _content(trace.answer) if main else None,
                    **_tokens(usage),
                },
            )

    def _step(self, index: int, step: Step) -> Span:
        model = step.kind == "llm"
        # Only earlier steps can be parents, and an id given twice names the first: agents' ids can form no cycle.
        parent = f"step|{step.parent}" if step.parent in self.seen else f"agent|{_actor(self.result, step)}"
        path = f"step|{step.id}" if step.id not in self.seen else f"step|{step.id}|{index}"
        self.seen.add(step.id)
        return self._make(
            path,
            f"{'chat' if model else 'execute_tool'} {step.name}".rstrip(),
            (step.t0, step.t1),
            parent_id=span_id(self.trace, parent),
            kind="client" if model else "internal",
            status={"ok": "ok"}.get(step.status, "error"),
            message=step.error or ("unfinished" if step.status == "unfinished" else ""),
            attributes={
                names.STEP: step.id,
                names.TURN: step.turn,
                names.OUTPUT: None if step.result is None else _content(step.result),
                names.ERROR_TYPE: {"ok": None, "error": "error"}.get(step.status, step.status),
                **(_model(step) if model else _tool(step)),
            },
        )

    def _evaluation(self, index: int, verdict: Verdict) -> Span:
        end = self.result.outcome.trace.duration_s
        return self._make(
            f"check|{index}",
            f"evaluate {verdict.check}",
            (end, end),
            parent_id=span_id(self.trace, "root"),
            status="error" if verdict.error else "unset",
            message=verdict.reason if verdict.error else "",
            attributes={
                names.OPERATION: "evaluate",
                names.KIND: "EVALUATOR",
                names.EVALUATION: verdict.metric or verdict.check,
                names.EVALUATION_SCORE: verdict.score,
                names.EVALUATION_LABEL: label(verdict),
                names.EVALUATION_REASON: _content(verdict.reason),
                names.INPUT: _content({"expected": verdict.expected}),
                names.OUTPUT: _content({"actual": verdict.actual}),
            },
        )


def label(verdict: Verdict) -> str:
    """Name what a verdict says."""
    return "undecided" if verdict.passed is None else "passed" if verdict.passed else "failed"


def _agents(result: Result) -> tuple[str, ...]:
    """The acting agents in order; '' is the one under test."""
    acting = (_actor(result, step) for step in result.outcome.trace.steps if step.kind in _SHOWN_KINDS)
    return tuple(dict.fromkeys(["", *acting]))


def _actor(result: Result, step: Step) -> str:
    """Who took a step; '' for the agent under test, whether or not it gives its name."""
    job = result.job
    return "" if step.agent in {job.case.agent, job.variant, job.variant.partition("+")[0].partition("@")[0]} else step.agent


def _model(step: Step) -> dict[str, Attribute | None]:
    stop, offline = step.args.get("stop_reason"), step.args.get("offline")
    return {
        names.OPERATION: "chat",
        names.KIND: "LLM",
        names.PROVIDER: str(step.args.get("provider") or "unknown"),
        names.REQUEST_MODEL: step.name,
        names.RESPONSE_MODEL: step.name,
        names.FINISH_REASONS: (str(stop),) if stop else None,
        names.COST: step.cost_usd,
        names.OFFLINE: bool(offline) if offline is not None else None,
        **_tokens(step.usage or Usage()),
    }


def _tool(step: Step) -> dict[str, Attribute | None]:
    return {
        names.OPERATION: "execute_tool",
        names.KIND: "TOOL",
        names.TOOL: step.name,
        names.TOOL_CALL: step.id,
        names.INPUT: _content(dict(step.args)),
    }


def _tokens(usage: Usage) -> dict[str, Attribute | None]:
    return {
        names.INPUT_TOKENS: usage.input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHED_TOKENS: usage.cached_tokens,
    }


def _asked(result: Result) -> str:
    case = result.job.case
    return _content([turn.input for turn in case.turns] if case.turns else case.input)


def _metadata(manifest: RunManifest, result: Result) -> str:
    facts = {
        "fingerprint": result.job.case.fingerprint,
        "seed": result.job.seed,
        "variant": result.job.variant,
        "outcome": result.outcome.status,
        "git_commit": manifest.git_commit,
        "git_dirty": manifest.git_dirty,
        "source": manifest.source,
    }
    return json.dumps(facts, sort_keys=True)


def _tags(result: Result) -> tuple[str, ...]:
    case = result.job.case
    own = (f"{key}={content}" if content else key for key, content in sorted(case.tags.items()))
    return (case.suite, result.job.variant, result.status, *own)


def _first_failure(result: Result) -> str:
    return next((f"{item.check}: {item.reason}" for item in result.verdicts if item.passed is False), "")


def _content(item: object) -> str:
    if isinstance(item, str):
        return shorten(item, CONTENT_LIMIT)
    return shorten(json.dumps(plain(item), ensure_ascii=False, sort_keys=True, default=str), CONTENT_LIMIT)


def _worth_sending(content: object) -> bool:
    return content is not None and not (isinstance(content, float) and not math.isfinite(content))


def _ns(seconds: float) -> int:
    return round(seconds * 1e9) if math.isfinite(seconds) else 0


def _epoch_ns(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = int(aware.timestamp())
    return whole * 1_000_000_000 + aware.microsecond * 1_000
