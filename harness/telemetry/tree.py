"""Turn a finished trial into spans: a pure function of the stored result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model import Result, RunManifest, Step, Usage, Verdict

from . import names
from .about import about
from .facts import (
    asked,
    content,
    epoch_ns,
    first_failure,
    metadata,
    model_facts,
    moment,
    nanoseconds,
    provider,
    tags,
    token_facts,
    tool_facts,
    worth_sending,
)
from .span import Attribute, Span, span_id, trace_id

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
    return 1 + len(_agents(result)) + shown + len(result.outcome.trace.guardrails) + len(result.verdicts)


class _Tree:
    """One trial on its way to spans."""

    def __init__(self, manifest: RunManifest, result: Result) -> None:
        self.manifest = manifest
        self.result = result
        self.trace = trace_id(manifest.id, result.job.key)
        self.start_ns = epoch_ns(result.started_at) or epoch_ns(manifest.started_at)
        self.seen: set[str] = set()
        self.about = about(manifest, result)

    def build(self) -> Iterator[Span]:
        yield self._root()
        yield from self._agent_spans()
        for index, step in enumerate(self.result.outcome.trace.steps):
            if step.kind in _SHOWN_KINDS:
                yield self._step(index, step)
        for index, guardrail in enumerate(self.result.outcome.trace.guardrails):
            yield self._guardrail(index, guardrail)
        for index, verdict in enumerate(self.result.verdicts):
            yield self._evaluation(index, verdict)

    def _make(self, path: str, name: str, when: tuple[float, float], **known: Any) -> Span:
        begin = self.start_ns + nanoseconds(when[0])
        attributes = {key: item for key, item in known.pop("attributes").items() if worth_sending(item)}
        return Span(
            trace_id=self.trace,
            span_id=span_id(self.trace, path),
            name=name,
            start_ns=begin,
            end_ns=max(begin, self.start_ns + nanoseconds(when[1])),
            attributes={names.SESSION: self.about.session, **self._user(), **attributes},
            **known,
        )

    def _user(self) -> dict[str, Attribute]:
        return {names.USER: self.about.user} if self.about.user else {}

    def _root(self) -> Span:
        job, outcome = self.result.job, self.result.outcome
        case, error = job.case, outcome.error
        reason = f"{error.type}: {error.message}" if error else first_failure(self.result)
        return self._make(
            "root",
            f"invoke_workflow {case.id}",
            (0.0, outcome.trace.duration_s),
            status="error" if self.result.status in _BAD_STATUS else "ok",
            message=reason if self.result.status in _BAD_STATUS else "",
            attributes={
                names.OPERATION: "invoke_workflow",
                names.WORKFLOW: f"{case.suite}::{case.id}",
                names.CONVERSATION: self.about.session,
                names.GIT: self.manifest.git_commit,
                names.KIND: "CHAIN",
                names.RUN: self.manifest.id,
                names.SUITE: case.suite,
                names.CASE: case.id,
                names.TRIAL: job.index,
                names.STATUS: self.result.status,
                names.INPUT: asked(self.result),
                names.OUTPUT: content(outcome.trace.answer),
                names.COST: outcome.trace.cost_usd,
                names.ERROR_TYPE: error.type if error else None,
                names.METADATA: metadata(self.manifest, self.result, self.about),
                names.TAGS: tags(self.manifest, self.result, self.about),
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
                    names.AGENT_ID: f"{self.result.job.case.agent}/{shown}" if name else shown,
                    names.PROVIDER: provider(own),
                    names.REQUEST_MODEL: next((step.name for step in own if step.kind == "llm"), None),
                    names.AGENT_NAME: shown,
                    names.KIND: "AGENT",
                    names.INPUT: asked(self.result) if main else None,
                    names.OUTPUT: content(trace.answer) if main else None,
                    **token_facts(usage),
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
                names.OUTPUT: None if step.result is None else content(step.result),
                names.ERROR_TYPE: {"ok": None, "error": "error"}.get(step.status, step.status),
                **(model_facts(step) if model else tool_facts(step)),
            },
        )

    def _guardrail(self, index: int, guardrail: Mapping[str, Any]) -> Span:
        end, passed = self.result.outcome.trace.duration_s, guardrail.get("passed")
        name, when = str(guardrail.get("name") or "guardrail"), moment(guardrail, self.result.outcome.trace.duration_s)
        return self._make(
            f"guardrail|{index}",
            f"apply_guardrail {name}",
            (min(when, end), min(when, end)),
            parent_id=span_id(self.trace, f"agent|{self._known_agent(str(guardrail.get('agent') or ''))}"),
            status="error" if passed is False else "ok",
            message=str(guardrail.get("reason") or "") if passed is False else "",
            attributes={
                names.OPERATION: "apply_guardrail",
                names.KIND: "GUARDRAIL",
                names.GUARDRAIL: name,
                names.GUARDRAIL_RESULT: "undecided" if passed is None else "passed" if passed else "failed",
                names.GUARDRAIL_REASON: content(guardrail.get("reason") or "") or None,
            },
        )

    def _known_agent(self, name: str) -> str:
        return name if name in _agents(self.result) else ""

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
                names.EVALUATION_REASON: content(verdict.reason),
                names.INPUT: content({"expected": verdict.expected}),
                names.OUTPUT: content({"actual": verdict.actual}),
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
    return (
        ""
        if step.agent in {job.case.agent, job.variant, job.variant.partition("+")[0].partition("@")[0]}
        else step.agent
    )
