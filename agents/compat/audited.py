"""The reference agents with an audit log of their own, as a production deployment keeps one."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from harness.adapters import AgentReply
from harness.audit import AuditLog, Pseudonyms
from harness.recorder import Recorder

from ..alex.planner import planner
from ..alex.reporter import reporter
from ..clera.trader import trader

if TYPE_CHECKING:
    from datetime import datetime

    from harness.adapters import Context, Request

ACTS: Final = frozenset({"submit_order", "cancel_order", "finalise_job"})
"""Tools that change something outside; previews and questions change nothing."""

POLICY: Final = "2026-11"
"""Version of the rules that these agents are held against."""

Agent = Callable[["Request", "Context"], Awaitable[AgentReply]]


async def planner_audited(request: Request, context: Context) -> AgentReply:
    """The Planner, with its log in the artifact `audit_trail`."""
    return await _audited(planner, "planner", request, context)


async def reporter_audited(request: Request, context: Context) -> AgentReply:
    """The Reporter, with its log."""
    return await _audited(reporter, "reporter", request, context)


async def trader_audited(request: Request, context: Context) -> AgentReply:
    """The Trader, with its log."""
    return await _audited(trader, "trader", request, context)


async def _audited(agent: Agent, name: str, request: Request, context: Context) -> AgentReply:
    """Run an agent and write down what it does while it does it."""
    log = AuditLog(
        service="reference", policy_version=POLICY, pseudonyms=Pseudonyms(b"of the tests"), clock=_passing(context)
    )
    world = context.world
    user = (world.user() or {}).get("clerk_user_id", "")
    scribe = Scribe(context.recorder, log, name)
    own = copy.copy(context)
    own.recorder = scribe
    began = time.perf_counter()
    with log.about(job_id=str(world.job()["id"]), user=str(user), agent=name):
        log.event("ANALYSIS_TRIGGERED", accounts=len(world.accounts()))
        log.event("PLANNER_STARTED" if name == "planner" else "AGENT_STARTED")
        reply = await agent(request, own)
        spent = time.perf_counter() - began
        scribe.usage()
        output = reply.text if reply.structured is None else reply.structured
        log.decide(
            input=request.input,
            output=output,
            model=scribe.model,
            duration_ms=round(1000 * spent, 3),
            checks=scribe.said,
        )
        done = "PLANNER_COMPLETED" if name == "planner" else "AGENT_COMPLETED"
        log.event(done, duration_seconds=round(spent, 6), status="success")
    context.recorder.artifact("audit_trail", [json.loads(line) for line in log.lines])
    return reply


def _passing(context: Context) -> Callable[[], datetime]:
    """The case's day, with the time that really passes."""
    began = time.perf_counter()
    return lambda: context.clock.now() + timedelta(seconds=time.perf_counter() - began)


class Scribe(Recorder):
    """Writes into the trial's record, and what an auditor wants to know into the log."""

    def __init__(self, main: Recorder, log: AuditLog, name: str) -> None:
        super().__init__(main.elapsed)
        self._main, self._log, self._name = main, log, name
        self._known = {name, ""}
        self._used: dict[str, list[int]] = {}
        self._cost: dict[str, float | None] = {}
        self.said: dict[str, bool | None] = {}
        self.model = ""

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Record one event, and log it where it matters."""
        self._main.record(kind, data)
        agent = str(data.get("agent") or self._name)
        self._meet(agent)
        if kind == "guardrail":
            self.said[str(data["name"])] = data.get("passed")
            self._log.event(
                "GUARDRAIL_RESULT", agent=agent, **{key: data.get(key) for key in ("name", "passed", "reason")}
            )
        elif kind == "llm_call":
            self._count(agent, data)

    def call(self, name: str, args: Any = None, *, agent: str = "", parent: str | None = None) -> str:
        """A tool starts."""
        self._meet(agent or self._name)
        if name in ACTS:
            told = {key: "[secret]" if "token" in key else item for key, item in (args or {}).items()}
            self._log.event("ACTION_TAKEN", agent=agent or self._name, tool=name, args=told)
        return self._main.call(name, args, agent=agent, parent=parent)

    def ask(self, question: str, *, details: Any = None) -> Any:
        """Ask a person."""
        self._log.event("HUMAN_ASKED", question=question)
        answer = self._main.ask(question, details=details)
        self._log.event("HUMAN_ANSWERED", answer=answer)
        return answer

    def elapsed(self) -> float:
        """Seconds since the trial started."""
        return self._main.elapsed()

    def usage(self) -> None:
        """What each agent's model calls used."""
        for agent, (read, written) in self._used.items():
            self._log.usage(
                input_tokens=read, output_tokens=written, cost_usd=self._cost[agent], model=self.model, agent=agent
            )

    def _meet(self, agent: str) -> None:
        if agent not in self._known:
            self._known.add(agent)
            self._log.event("AGENT_INVOKED", agent=agent, by=self._name)

    def _count(self, agent: str, data: Mapping[str, Any]) -> None:
        used = self._used.setdefault(agent, [0, 0])
        used[0] += int(data.get("input_tokens") or 0)
        used[1] += int(data.get("output_tokens") or 0)
        cost, known = data.get("cost_usd"), self._cost.get(agent, 0.0)
        self._cost[agent] = None if cost is None or known is None else known + float(cost)
        self.model = self.model or str(data.get("model") or "")
