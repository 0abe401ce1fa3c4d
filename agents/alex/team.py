"""The agents that the Planner delegates to: run inside its trial, retried once, and honest about what they returned."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.adapters import AgentReply, Context, Request

from .._shared.lane import lend
from .._shared.loop import STEP
from .._shared.queue import FUNCTION_TIMEOUT_S, VirtualClock
from .charter import charter
from .reporter import reporter
from .retirement import retirement
from .tagger import tagger

if TYPE_CHECKING:
    from .._shared.conditions import Conditions

Member: TypeAlias = Callable[[Request, Context], Awaitable[Any]]

MEMBERS: Final[Mapping[str, Member]] = {
    "tagger": tagger,
    "reporter": reporter,
    "charter": charter,
    "retirement": retirement,
}
BACK_OFF_S: Final = 2.0
ATTEMPTS: Final = 2


class DownError(Exception):
    """An agent that could not be reached."""


@dataclass(slots=True)
class Team:
    """Runs members for one job, on a virtual clock."""

    context: Context
    """The Planner's."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    """What slow members take up; nothing waits."""

    deadline_s: float = FUNCTION_TIMEOUT_S
    """When the job must be over."""

    _failures: dict[str, int] = field(default_factory=dict)

    async def invoke(self, name: str, given: Any) -> dict[str, Any]:
        """Run a member: `{status, attempts, seconds, bytes, error?}`; a member out of reach is tried once more."""
        started = moment = self.clock.now
        await asyncio.sleep(0)  # members asked for in one turn start together, then take turns
        error, attempt = "", 0
        for attempt in range(1, ATTEMPTS + 1):
            moment += self._conditions.slow.get(name, 0.0)
            if moment > self.deadline_s:
                moment, error = self.deadline_s, f"no answer within {self.deadline_s:g} seconds"
                break
            try:
                reply = await self._run(name, given)
            except DownError as down:
                error = str(down)
                moment += BACK_OFF_S
                continue
            self.clock.reach(moment)
            return {**reply, "attempts": attempt, "seconds": moment - started}
        self.clock.reach(moment)
        return {"status": "failed", "error": error, "bytes": 0, "attempts": attempt, "seconds": moment - started}

    async def _run(self, name: str, given: Any) -> dict[str, Any]:
        conditions = self._conditions
        if self._failures.get(name, 0) < conditions.down.get(name, 0):
            self._failures[name] = self._failures.get(name, 0) + 1
            raise DownError(f"the {name} cannot be reached")
        if name in conditions.mocked:
            return {
                "status": "mocked",
                "error": f"the {name} was answered by a stand-in; nothing was analysed",
                "bytes": 0,
            }
        if name in conditions.refusing:
            return {"status": "failed", "error": f"the {name} answered that it failed", "bytes": 0}
        lent = lend(self.context, agent=name, parent=STEP.get())
        request = Request(given, 0, {}, None, self.context.seed)
        return _told(await MEMBERS[name](request, lent))

    @property
    def _conditions(self) -> Conditions:
        return self.context.world.conditions  # type: ignore[no-any-return]


def _told(reply: Any) -> dict[str, Any]:
    """A member's reply, as the Planner needs it: whether it worked, how much there is, and the figures worth a headline."""
    data: Mapping[str, Any] = reply.structured if isinstance(reply, AgentReply) else reply
    text = reply.text if isinstance(reply, AgentReply) else json.dumps(reply, ensure_ascii=False)
    if "success" in data and not data["success"]:
        return {"status": "failed", "error": str(data.get("error")), "bytes": 0}
    figures = {name: data[name] for name in ("total", "success_rate", "ci_low", "ci_high", "tagged") if name in data}
    errors = {"errors": data["errors"]} if data.get("errors") else {}
    return {"status": "completed", "bytes": len(text.encode()), **figures, **errors}
