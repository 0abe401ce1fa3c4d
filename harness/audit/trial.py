"""The entries of one trial: a fold of its stored trace and verdicts, with the ids that its spans have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from harness.model import Result, RunManifest, Step, Usage
from harness.steps.facts import Tools
from harness.telemetry.about import about
from harness.telemetry.span import span_id, trace_id

from .anonymous import Pseudonyms
from .canonical import content_hash
from .catalogue import LOGS_OWN, is_event
from .complying import compliance
from .entry import entry, stamp
from .log import decision_details, usage_details

_STATUS: Final[Mapping[str, str]] = {"completed": "success", "timed_out": "timeout", "over_budget": "over_budget"}
_SECRET: Final = re.compile(r"token|secret|passw|api_?key|credential", re.IGNORECASE)
_UNSAID: Final = ("event", "timestamp", "time", "agent")


def trial_entries(
    manifest: RunManifest, result: Result, *, pseudonyms: Pseudonyms | None = None
) -> tuple[dict[str, Any], ...]:
    """Say what a finished trial did, in the order of time; a pure function of the stored result.

    Args:
        manifest: The run that it belongs to.
        result: The trial, executed and scored.
        pseudonyms: How users are named.
    """
    trial = _Trial(manifest, result, pseudonyms or Pseudonyms())
    made = sorted(trial.entries(), key=lambda pair: pair[0])  # stable: what has one time keeps its order
    return tuple(one for _, one in made)


class _Trial:
    """One trial on its way into the log."""

    def __init__(self, manifest: RunManifest, result: Result, pseudonyms: Pseudonyms) -> None:
        self.result, self.outcome, self.trace = result, result.outcome, result.outcome.trace
        self.agent = result.job.variant
        known = about(manifest, result)
        self.metadata = known.metadata
        self.trace_id = trace_id(manifest.id, result.job.key)
        self.known = {
            "trace_id": self.trace_id,
            "run": manifest.id,
            "job_id": known.session,
            "user": pseudonyms.user(known.user),
        }
        self.began = _moment(result.started_at) or _moment(manifest.started_at) or datetime(1970, 1, 1, tzinfo=UTC)
        self.version = "+".join(
            part for part in (manifest.packages.get("finharness", ""), (manifest.git_commit or "")[:12]) if part
        )
        self.input = [turn.input for turn in result.job.case.turns] or result.job.case.input

    def entries(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Every entry with its second, in no order."""
        yield from self._begin()
        yield from self._invoked()
        yield from self._actions()
        yield from self._people()
        yield from self._guardrails()
        yield from self._own()
        yield from self._usage()
        yield from self._end()

    def _made(
        self, event: str, at_s: float, path: str, agent: str = "", /, **details: Any
    ) -> tuple[float, dict[str, Any]]:
        when = stamp(self.began + timedelta(seconds=max(0.0, at_s)))
        known = {**self.known, "span_id": span_id(self.trace_id, path), "agent": agent or self.agent}
        return at_s, entry(
            event, time=when, details={key: item for key, item in details.items() if item is not None}, **known
        )

    # ---- begin and end

    def _begin(self) -> Iterator[tuple[float, dict[str, Any]]]:
        case = self.result.job.case
        asked = {
            "suite": case.suite,
            "case": case.id,
            "trial": self.result.job.index,
            "input_hash": self._input_hash,
        }
        accounts = {"accounts": self.metadata.get("account_count"), "total_value": self.metadata.get("total_value")}
        yield self._made("ANALYSIS_TRIGGERED", -1e-6, "root", **asked, **accounts)
        yield self._made(f"{self._kind()}_STARTED", 0.0, "agent|")

    def _end(self) -> Iterator[tuple[float, dict[str, Any]]]:
        end, error = self.trace.duration_s, self.outcome.error
        seconds = round(end, 6)
        status = _STATUS.get(self.outcome.status, self.outcome.status)
        if error is not None:
            yield self._made("AGENT_FAILED", end, "agent|", status=status, error=error.type, duration_seconds=seconds)
        yield self._decision(end)
        yield self._made(f"{self._kind()}_COMPLETED", end, "agent|", status=status, duration_seconds=seconds)

    @cached_property
    def _input_hash(self) -> str:
        return content_hash(self.input)

    def _kind(self) -> str:
        delegates = any(step.kind == "handoff" for step in self.trace.steps) or bool(self._children)
        return "PLANNER" if delegates else "AGENT"

    def _decision(self, end: float) -> tuple[float, dict[str, Any]]:
        output = self.trace.answer if self.trace.structured is None else self.trace.structured
        models = [step.name for step in self.trace.models]
        details = decision_details(
            self.input,
            output,
            model=", ".join(dict.fromkeys(models)),
            duration_ms=round(end * 1000, 3),
            policy_version=self.version,
            input_hash=self._input_hash,
        )
        policy = {"case": self.result.job.case.fingerprint[:16]}
        return self._made("AI_DECISION", end, "root", **details, policy=policy, compliance=self._compliance())

    def _compliance(self) -> dict[str, Any]:
        verdicts = [(item.check, item.decided, item.severity) for item in self.result.verdicts]
        agent = [] if self.outcome.status in {"completed", "infrastructure_failed"} else [(self.outcome.status, False)]
        return compliance(
            [*agent, *((name, said) for name, said, severity in verdicts if severity != "minor")],
            guardrails=[
                (str(item.get("name") or "guardrail"), _truth(item.get("passed"))) for item in self.trace.guardrails
            ],
            minor=[(name, said) for name, said, severity in verdicts if severity == "minor"],
        ).plain()

    # ---- what happened in between

    @cached_property
    def _children(self) -> dict[str, list[Step]]:
        """Steps by the tool call that they belong to, where another agent took them."""
        by_id = {step.id: step for step in self.trace.steps}
        found: dict[str, list[Step]] = {}
        for step in self.trace.steps:
            caller = by_id.get(step.parent or "")
            if caller is not None and caller.kind == "tool" and step.agent and step.agent != caller.agent:
                found.setdefault(caller.id, []).append(step)
        return found

    def _invoked(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for step in self.trace.steps:
            if step.kind == "handoff":
                yield self._made("AGENT_INVOKED", step.t0, f"step|{step.id}", step.name, by=step.agent or self.agent)
            elif step.id in self._children:
                for agent in dict.fromkeys(child.agent for child in self._children[step.id]):
                    told = {"by": step.agent or self.agent, "tool": step.name, "status": step.status}
                    yield self._made("AGENT_INVOKED", step.t0, f"step|{step.id}", agent, **told)

    def _actions(self) -> Iterator[tuple[float, dict[str, Any]]]:
        tools = Tools.of(self.result.job.case)
        for step in self.trace.tools:
            if tools.changes(step.name):
                told = {
                    "tool": step.name,
                    "status": step.status,
                    "args": _without_secrets(step.args),
                    "error": step.error,
                }
                hashed = {"result_hash": content_hash(step.result)}
                yield self._made("ACTION_TAKEN", step.t0, f"step|{step.id}", step.agent, **told, **hashed)

    def _people(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for item in self.trace.interrupts:
            asked, answered = _seconds(item.get("asked_s")), _seconds(item.get("answered_s"))
            name = {"id": item.get("id")}
            yield self._made("HUMAN_ASKED", asked, "agent|", question_hash=content_hash(item.get("question")), **name)
            if "answer" in item:
                yield self._made("HUMAN_ANSWERED", max(asked, answered), "agent|", answer=item["answer"], **name)

    def _guardrails(self) -> Iterator[tuple[float, dict[str, Any]]]:
        for index, item in enumerate(self.trace.guardrails):
            told = {
                "name": str(item.get("name") or "guardrail"),
                "passed": _truth(item.get("passed")),
                "reason": item.get("reason"),
            }
            at_s = _seconds(item.get("at_s"), self.trace.duration_s)
            yield self._made("GUARDRAIL_RESULT", at_s, f"guardrail|{index}", str(item.get("agent") or ""), **told)

    def _own(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """What the agent itself has put into its artifact `audit`."""
        items = self.trace.artifacts.get("audit")
        for item in items if isinstance(items, list | tuple) else ():
            name = item.get("event") if isinstance(item, Mapping) else None
            if is_event(name) and name not in LOGS_OWN:
                told = {str(key): content for key, content in item.items() if key not in _UNSAID}
                said = item.get("timestamp") or item.get("time")
                yield self._made(
                    str(name), self.trace.duration_s, "agent|", str(item.get("agent") or ""), said_time=said, **told
                )

    def _usage(self) -> Iterator[tuple[float, dict[str, Any]]]:
        agents: dict[str, list[Step]] = {}
        for step in self.trace.models:
            agents.setdefault(step.agent, []).append(step)
        for agent, steps in agents.items():
            usage = sum((step.usage or Usage() for step in steps), Usage(0, 0, 0))
            costs = [step.cost_usd for step in steps]
            cost = None if None in costs else round(sum(cost or 0.0 for cost in costs), 9)
            told = {"model": ", ".join(dict.fromkeys(step.name for step in steps)), "calls": len(steps)}
            details = usage_details(usage.input_tokens, usage.output_tokens, usage.total, cost)
            at_s, made = self._made("TOKEN_USAGE", max(step.t1 for step in steps), f"agent|{agent}", agent, **told)
            made["details"].update(details)  # an unknown figure is said to be unknown
            yield at_s, made


def _without_secrets(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without what their names call a secret, such as the token of a confirmation."""
    return {str(name): "[secret]" if _SECRET.search(str(name)) else content for name, content in args.items()}


def _truth(item: object) -> bool | None:
    return item if isinstance(item, bool) else None


def _seconds(item: object, otherwise: float = 0.0) -> float:
    return float(item) if isinstance(item, int | float) and not isinstance(item, bool) else otherwise


def _moment(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
