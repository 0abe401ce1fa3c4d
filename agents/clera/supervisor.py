"""Clera, the supervisor: decides who answers, and answers in one voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters import AgentReply

from .._shared.loop import Brief, Limits, run
from .._shared.memory import MemoryFull, recent
from .._shared.tools import AgentTool, ToolError, sourced
from .profile import asked_of, prompt
from .team import Team
from .wording import clear

if TYPE_CHECKING:
    from harness.adapters import Context, Request

    from .._shared.loop import LoopResult
    from .._shared.world import World

_LIMITS = Limits(max_turns=8, max_tool_calls=10, max_tokens=2048)


class RememberArguments(BaseModel):
    """A fact about the client."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern="^[a-z][a-z_]{0,39}$", description="Such as goal, risk_profile or detail.")
    value: str = Field(min_length=1, max_length=300, description="In the client's own words.")


async def clera(request: Request, context: Context) -> AgentReply:
    """Answer one message of a client. The JSON form says which way the answer came."""
    if context.world is None:
        return AgentReply("No client is connected, so I cannot answer personal questions.", {"route": []})
    if request.turn:
        context.world.clock.advance(float(context.world.client.get("pace_s", 0)))
    team = Team(context)
    aliases = bool(context.settings.get("aliases"))
    brief: Brief[Any] = Brief(
        "supervisor",
        prompt("supervisor", context.world),
        tools=[*team.tools(aliases=aliases), _remember(context.world)],
        limits=_LIMITS,
    )
    task, history = asked_of(request.input), recent(request.history)
    # Not streamed: nothing is shown before it was looked at.
    result: LoopResult[Any] = await run(context, brief, task, history=history, stream=False)
    text = result.text if result.stop in {"answer", "cut"} else ""
    cleared = clear(text, team.disclosures)
    context.recorder.guardrail("wording", cleared.dropped == 0, f"{cleared.dropped} sentence(s) left out")
    return AgentReply(cleared.text, _structured(cleared.text, team))


def _structured(answer: str, team: Team) -> dict[str, Any]:
    return {
        "answer": answer,
        "route": team.route or ["direct"],
        "used_fallback": bool(team.disclosures),
        "disclosures": team.disclosures,
        "order": team.desk.outcome,
    }


def _remember(world: World) -> AgentTool[RememberArguments]:
    memory = world.memory

    def remember(arguments: RememberArguments) -> dict[str, Any]:
        try:
            memory.note(arguments.key, arguments.value)
        except MemoryFull as error:
            raise ToolError(str(error)) from None
        return sourced({"remembered": memory.facts()}, as_of=world.clock.stamp(), source="the client's own words")

    return AgentTool("remember", "Keep a fact that the client stated about themselves.", RememberArguments, remember)
