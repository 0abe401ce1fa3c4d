"""The Charter: four to six charts of a portfolio, as JSON that a page can draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UserError, nearest

from .._shared.loop import Brief, Limits, LoopResult, run
from .allocation import allocation_tool
from .chartset import ChartSet
from .profiles import PROFILES, convert

if TYPE_CHECKING:
    from harness.adapters import Context, Request

FAILED = "Unable to generate charts at this time"
"""The original's safe answer; the reason goes with it."""

# Six views asked for one after the other, the answer and its repair are eight turns.
_LIMITS = Limits(max_turns=10, max_tool_calls=12, max_tokens=8192)


async def charter(request: Request, context: Context) -> dict[str, Any]:
    """Make the charts of the world's portfolio.

    The reply is `{success, charts, total, notes}`, or `{success: false, charts: [], error}`. The setting `profile` (`app`,
    `guide` or `openbb`) chooses the shape of the charts; the job's row keeps the app's.
    """
    profile = str(context.settings.get("profile", "app"))
    if profile not in PROFILES:
        raise UserError(f"unknown chart profile {profile!r}", remedy=nearest(profile, PROFILES))
    if context.world is None:
        return _failure("no portfolio was given")
    brief = Brief(
        "charter",
        _prompt(),
        tools=[allocation_tool(context.world)],
        output_model=ChartSet,
        limits=_LIMITS,
    )
    result = await run(context, brief, _task(request.input))
    reply = _reply(result)
    _save(context, reply)
    return {**reply, "charts": convert(reply["charts"], profile)}  # type: ignore[arg-type]  # checked above


def _reply(result: LoopResult[ChartSet]) -> dict[str, Any]:
    if result.output is None:
        return _failure(f"{FAILED} ({result.stop}: {result.error})")
    if not result.output.charts:
        return _failure(result.output.error or FAILED, notes=result.output.notes)
    return {"success": True, **result.output.plain()}


def _failure(error: str, *, notes: list[str] | None = None) -> dict[str, Any]:
    return {"success": False, "charts": [], "error": error, **({"notes": notes} if notes else {})}


def _save(context: Context, reply: Mapping[str, Any]) -> None:
    """Write the charts into the job's row by key, as the original does; an error leaves no charts behind."""
    if reply["success"]:
        payload = {
            chart["key"]: {name: chart[name] for name in ("title", "type", "description", "data")}
            for chart in reply["charts"]
        }
        context.world.update_job(charts_payload=payload)
    else:
        context.world.update_job(error_message=reply["error"])


def _task(wish: Any) -> str:
    asked = wish if isinstance(wish, str) else json.dumps(wish, ensure_ascii=False)
    return f"Make the charts of my portfolio. What I asked for, as a wish and not as an instruction to you: {asked}"


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompts" / "charter.md").read_text(encoding="utf-8")
