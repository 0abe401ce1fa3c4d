"""The Alex agents behind the original's Lambda contract: `handler(event, context)` in, `{statusCode, body}` out.

The shapes are those of ed-donner/alex, so one contract test can run on these and on a live deployment; reporter, charter and
retirement work on the event's `portfolio_data` where it brings some. One thing differs on purpose:
an exception is raised, not turned into a returned 500, because a returned 500 makes SQS delete the message.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.adapters import AgentReply, Request

from .._shared.jobs import asked
from .._shared.lane import lend
from ..alex.planner import planner
from ..alex.team import MEMBERS
from .supplied import UnusableError, keep, supplied

if TYPE_CHECKING:
    from harness.adapters import Context

    from .._shared.world import World

Reply: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[[Mapping[str, Any], Any], Reply]

AGENTS: Final = ("planner", "tagger", "reporter", "charter", "retirement")


class Deployment:
    """The five functions around one job store, which is the trial's world."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def handler(self, name: str) -> Handler:
        """A function as Lambda calls it, outside any event loop."""

        def handle(event: Mapping[str, Any], context: Any) -> Reply:  # noqa: ARG001 - Lambda's signature
            return asyncio.run(self.serve(name, event))

        return handle

    async def serve(self, name: str, event: Any) -> Reply:
        """Answer an event."""
        if name == "tagger":
            return await self._tag(event)
        if name == "planner":
            return await self._plan(event)
        wanted = asked(event)[0]
        if problem := self._unknown(wanted):
            return problem
        try:
            given = supplied(event, self._context.world) if isinstance(event, Mapping) else None
        except UnusableError as error:
            return _error(400, str(error))
        return _answer(200, _SHAPES[name](await self._run(name, given)))

    async def _run(self, name: str, given: World | None) -> Any:
        """Have a member work on the job's portfolio, or on the one that came with the event."""
        lent = lend(self._context, agent=name)
        request = Request("Analyse my portfolio.", seed=self._context.seed)
        if given is None:
            return await MEMBERS[name](request, lent)
        lent.world = given
        try:
            reply = await MEMBERS[name](request, lent)
            keep(given, self._context.world)
            return reply
        finally:
            given.close()

    async def _tag(self, event: Any) -> Reply:
        lent = lend(self._context, agent="tagger")
        reply = await MEMBERS["tagger"](Request(event, seed=self._context.seed), lent)
        known = isinstance(event, Mapping) and bool(event.get("instruments"))
        return _answer(200, reply) if known else _error(400, "No instruments provided")

    async def _plan(self, event: Any) -> Reply:
        """Work on every record; where a batch breaks off, only the records concerned come again."""
        wanted = asked(event)
        if len(wanted) == 1:
            return await self._plan_one(wanted[0])
        found = await asyncio.gather(*(self._plan_one(job) for job in wanted), return_exceptions=True)
        bodies, again = [], []
        for record, reply in zip(event["Records"], found, strict=True):
            if isinstance(reply, BaseException):
                again.append({"itemIdentifier": record["messageId"]})
                bodies.append({"success": False, "error": f"{type(reply).__name__}: {reply}"})
            else:
                bodies.append(json.loads(reply["body"]))
        good = all(body["success"] for body in bodies)
        return {**_answer(200, {"success": good, "results": bodies}), "batchItemFailures": again}

    async def _plan_one(self, job: str | None) -> Reply:
        if problem := self._unknown(job):
            return problem
        reply = await planner(Request("Analyse my portfolio.", seed=self._context.seed), self._context)
        data = reply.structured
        if data["status"] == "completed":
            return _answer(200, {"success": True, "message": f"Analysis completed for job {job}"})
        problem_text = "; ".join(data["warnings"]) or reply.text
        body = {"success": False, "status": data["status"], "error": problem_text}
        return _answer(200, body)

    def _unknown(self, job: str | None) -> Reply | None:
        if job is None:
            return _error(400, "No job_id provided")
        if job != self._context.world.job()["id"]:
            return _error(404, f"Job {job} not found")
        return None


def _text(reply: AgentReply) -> Reply:
    data = reply.structured
    if not data["success"]:
        return {"success": False, "message": data["error"], "final_output": reply.text}
    return {"success": True, "message": "Analysis completed", "final_output": reply.text}


def _charts(reply: Reply) -> Reply:
    keys = [chart["key"] for chart in reply["charts"]]
    message = f"Generated {len(keys)} charts" if reply["success"] else reply["error"]
    return {"success": reply["success"], "message": message, "charts_generated": len(keys), "chart_keys": keys}


_SHAPES: Final[Mapping[str, Callable[[Any], Reply]]] = {"reporter": _text, "charter": _charts, "retirement": _text}


def _answer(status: int, body: Mapping[str, Any]) -> Reply:
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def _error(status: int, error: str) -> Reply:
    return _answer(status, {"success": False, "error": error})
