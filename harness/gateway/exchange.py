"""One request from its arrival to its entry in the log: authenticate, plan, limit, model, count."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.cassettes import ReplayMiss
from harness.errors import HarnessError
from harness.limits.governed import ending_of
from harness.limits.values import Used, micro
from harness.llm.errors import ModelError
from harness.llm.request import ModelReply
from harness.model import Usage
from harness.recorder import StoppedError
from harness.text import one_line

from .budgets import Held
from .counters import Leave
from .directory import Target
from .office import Office, Says
from .ordering import ask_of, order_of
from .record import facts_of
from .refusal import Refusal, refused
from .relay import SaidError
from .routing import Route
from .struck import CutError, Struck
from .taped import Taped
from .trials import Trial
from .upstream import Answer, Order, Upstream
from .usage import Entry
from .values import Plan

_NOTHING = Used("lost", 0, 0, 0)


@dataclass(slots=True)
class _Attempt:
    """The one request that is made of the model, and what it turned out to take."""

    leave: Leave
    held: Held | None
    number: int | None = None
    used: Used = _NOTHING
    answer: Answer | None = None
    reply: ModelReply | None = None
    problem: str = "cancelled: the client went away"

    def fail(self, error: ModelError) -> None:
        self.used = ending_of(error)
        self.problem = f"{error.kind}: {error.problem}"

    @property
    def usage(self) -> Usage:
        return Usage() if self.answer is None else self.answer.usage

    def settled(self) -> Used:
        """What it took; of a reply that was cut short what is known, and the rest counts as it was asked for."""
        used, usage = self.used, self.usage
        if used.ending == "ok" or used.input_tokens is not None:
            return used
        return Used(used.ending, usage.input_tokens, usage.output_tokens, None, used.retry_after_s, used.problem)


@dataclass(slots=True)
class Exchange:
    """One request."""

    office: Office
    """What it shares with the others."""

    route: Route
    """What its path asks for."""

    entry: Entry
    """Its entry in the log."""

    plan: Plan
    """The plan of whoever asks."""

    says: Says
    """How the client is answered."""

    headers: Mapping[str, str]
    """The client's headers."""

    _trial: Trial | None = None
    _target: Target = field(init=False)
    _since: float = 0.0
    _first_s: float = 0.0
    _last_s: float = 0.0
    _pieces: int = 0
    _begun: bool = False
    _held: bytes = b""
    _content_type: str = ""
    _headers: Mapping[str, str] = field(default_factory=dict)

    async def run(self, raw: bytes, body: Mapping[str, Any]) -> None:
        """Serve it; whatever happens, the client is told and the log has it.

        Raises:
            CancelledError: when the client went away.
        """
        refusal: Refusal | None = None
        try:
            async with asyncio.timeout(self.office.total_s):
                await self._serve(raw, body)
        except Refusal as found:
            refusal = found
        except TimeoutError:
            refusal = Refusal("timeout", f"no complete reply within {self.office.total_s:g} s")
        except asyncio.CancelledError:
            self.entry.outcome, self.entry.reason = "cancelled", "client_gone"
            self._log(None)
            raise
        self._log(refusal)
        await self._last(refusal)

    async def _serve(self, raw: bytes, body: Mapping[str, Any]) -> None:
        entry, office = self.entry, self.office
        if not is_served(self.plan):
            raise Refusal("permission", f"the plan of {self.plan.entity!r} is not active")
        self._trial = office.trials.of(self.plan.entity, self.route.trial)
        if self._trial is not None and self._trial.is_ours and (stopped := self._trial.recorder.stopped) is not None:
            raise Refusal("budget", f"the trial is over: {stopped}")
        self._target = self._permitted(self.route.model or str(body.get("model") or ""))
        order = order_of(
            self.route, raw, body, target=self._target, plan=self.plan, request_id=entry.id, headers=self.headers
        )
        entry.stream = order.streaming
        entry.flow.append("plan")
        if self._trial is not None:
            trajectory = self._trial.trajectory
            self._noted(lambda: trajectory.asked(order.request))
        ask = ask_of(order, self._target)
        leave = office.counters.admit(self.plan, self._target, ask)
        try:
            held = office.budgets.reserve(self.plan.budget, ask)
        except Refusal:
            leave.settle(_NOTHING)
            raise
        entry.flow.append("limit")
        await self._asked(order, _Attempt(leave, held))

    def _permitted(self, asked: str) -> Target:
        """The model, where the plan allows it."""
        target = self._trial.target if self._trial is not None else None
        self.entry.asked = one_line(asked, 200)
        if target is None:
            target = self.office.directory.find(asked)
        self.entry.model, self.entry.provider = target.name, target.settings.provider
        if not may_ask(self.plan, target):
            raise Refusal("permission", f"{self.plan.entity!r} may not ask the model {asked or target.name!r}")
        return target

    async def _asked(self, order: Order, attempt: _Attempt) -> None:
        """Make the request; what it took is settled, whatever becomes of it."""
        try:
            await self._made(order, attempt)
        except SaidError as said:
            if isinstance(said, CutError):
                self.says.cut()
            attempt.fail(said.error)
            self.entry.reason, self.entry.message = said.error.kind, said.error.problem
        except ModelError as error:
            attempt.fail(error)
            self._excuse(error, attempt)
        except ReplayMiss as error:
            attempt.problem = error.problem
            raise Refusal("internal", error.problem, final=True) from error
        except (HarnessError, StoppedError) as error:  # the run's own limits and budget
            attempt.problem = str(getattr(error, "problem", error))
            raise Refusal("budget", attempt.problem) from error
        finally:
            if attempt.answer is not None:
                await attempt.answer.close()
            self._settle(attempt)

    async def _made(self, order: Order, attempt: _Attempt) -> None:
        office, trial, leave = self.office, self._trial, attempt.leave
        self._since = trial.recorder.elapsed() if trial is not None else 0.0
        if office.waits is not None and trial is not None:
            attempt.number = await office.waits.enter(trial, leave.ask)
        attempt.used = Used("lost")
        self.entry.flow.append("model")
        leave.sent()
        if office.waits is not None:
            office.waits.sent(attempt.number)
        attempt.answer = await (await self._upstream(order)).open(order)
        leave.arrived()
        if office.waits is not None:
            office.waits.arrived(attempt.number)
        await self._pass(attempt.answer)
        attempt.reply = attempt.answer.reply()
        attempt.used, attempt.problem = self._used(attempt.reply), ""
        self.entry.outcome = "ok"

    async def _upstream(self, order: Order) -> Upstream:
        """Who answers: the model itself, or a recording, with what is to go wrong on the way."""
        office, trial, target = self.office, self._trial, self._target
        reach = office.reach if trial is None or trial.reach is None else trial.reach
        tape = None if trial is None else trial.tape
        if tape is None and office.tape is not None:
            tape = office.tape(self.route.trial)
        faults = office.faults if trial is None or trial.faults is None else trial.faults

        async def model() -> Upstream:
            return await reach(order.wire, target)

        async def taped() -> Upstream:
            return await model() if tape is None else Taped(model, tape, target.name)

        return Struck(taped, faults, target.name) if faults.minds("gateway", "model") else await taped()

    def _excuse(self, error: ModelError, attempt: _Attempt) -> None:
        """Refuse, unless the reply is out and what is wrong with it is the model's doing: the agent has to see that."""
        if not self._first_s or error.fault != "agent":
            raise refused(error) from error
        self.entry.outcome, self.entry.reason = "ok", error.kind
        attempt.used = self._used(ModelReply("", usage=attempt.usage))

    async def _pass(self, answer: Answer) -> None:
        """Hand on what comes, but for the end, which waits until the reply is on record: then nobody is ahead of it."""
        self._headers = {**answer.headers, "x-finharness-request": self.entry.id}
        self._content_type = answer.content_type
        async for piece in answer.pieces():
            self._last_s = time.perf_counter()
            self._first_s = self._first_s or self._last_s
            self._pieces += 1
            if answer.done:
                self._held += piece
            else:
                await self._say(piece)

    async def _say(self, piece: bytes) -> None:
        if not self._begun:
            self._begun = True
            self.entry.status = 200
            await self.says.begin(200, self._content_type, self._headers)
        if piece:
            await self.says.piece(piece)

    def _used(self, reply: ModelReply) -> Used:
        if reply.cache_hit:
            self.entry.replayed = True
            return Used("ok", 0, 0, 0)
        usage, price = reply.usage, self._target.price
        usd = None if price is None else price.of(usage, cache_write_tokens=reply.cache_write_tokens)
        return Used("ok", usage.input_tokens, usage.output_tokens, micro(usd))

    def _settle(self, attempt: _Attempt) -> None:
        entry, ask, used = self.entry, attempt.leave.ask, attempt.settled()
        entry.flow.append("count")
        attempt.leave.settle(used)
        self.office.budgets.settle(attempt.held, used)
        if self.office.waits is not None:
            self.office.waits.settle(attempt.number, used)
        entry.input_tokens, entry.output_tokens, entry.micro_usd = used.input_tokens, used.output_tokens, used.micro_usd
        if attempt.held is not None:
            entry.budget = attempt.held.budget
            entry.counted_micro_usd = (ask.micro_usd or 0) if used.micro_usd is None else used.micro_usd
            taken = ((used.input_tokens, ask.input_tokens), (used.output_tokens, ask.output_tokens))
            entry.counted_tokens = sum(asked if known is None else known for known, asked in taken)
        if "model" in entry.flow:
            self._write(attempt, used)

    def _write(self, attempt: _Attempt, used: Used) -> None:
        """Add the call to the trial's record, and tell whoever observes."""
        entry, reply, usage = self.entry, attempt.reply, attempt.usage
        entry.cached_tokens = usage.cached_tokens
        if reply is not None:
            entry.took(reply)
        facts = facts_of(self._target, reply, used, usage, attempt.problem) | self._times()
        if self._trial is not None:
            trial = self._trial
            self._noted(lambda: trial.recorder.emit("llm_call", started_s=self._since, **facts))
            if reply is not None:
                self._noted(lambda: trial.trajectory.answered(reply))
        if self.office.observes is not None:
            self.office.observes(entry, self._trial, facts)

    def _times(self) -> dict[str, float]:
        if not self._first_s or not self.entry.stream:
            return {}
        times = {"first_chunk_s": round(self._first_s - self.entry.begun_s, 6)}
        if self._pieces > 1:
            times["chunk_s"] = round((self._last_s - self._first_s) / (self._pieces - 1), 6)
        return times

    def _noted(self, note: Callable[[], object]) -> None:
        """Write into the trial's record; a budget that is used up, or a trial that has ended, refuses what comes."""
        assert self._trial is not None
        try:
            note()
        except StoppedError as error:
            if self._trial.is_ours and "limit" not in self.entry.flow:
                raise Refusal("budget", f"the trial is over: {error}") from error

    def _log(self, refusal: Refusal | None) -> None:
        """Write the entry."""
        entry = self.entry
        if refusal is not None:
            entry.reason, entry.message = refusal.kind, refusal.message
            entry.outcome = "failed" if "model" in entry.flow else "refused"
            entry.status = 200 if self._begun else self.route.wire.failure(refusal, entry.id).status
        elif entry.outcome == "ok":
            entry.status = 200
        entry.ms = round((time.perf_counter() - self.entry.begun_s) * 1000, 3)
        if self._first_s:
            entry.first_ms = round((self._first_s - self.entry.begun_s) * 1000, 3)
        self.office.log.write(entry)

    async def _last(self, refusal: Refusal | None) -> None:
        """Say the end of the reply, or why there is none."""
        wire = self.route.wire
        if refusal is None:
            if self.entry.stream or self._begun:
                await self._say(self._held)
            elif self._held:
                await self.says.whole(200, self._content_type, self._headers, self._held)
        elif self._begun:
            await self.says.piece(wire.broken(refusal))
        else:
            failure = wire.failure(refusal, self.entry.id)
            await self.says.whole(failure.status, "application/json", failure.headers, failure.body)


def is_served(plan: Plan) -> bool:
    """Whether an entity is served at all."""
    return plan.active


def may_ask(plan: Plan, target: Target) -> bool:
    """Whether an entity may ask a model, by any of the model's names."""
    return any(plan.allows(name) for name in target.names)
