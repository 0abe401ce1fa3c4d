"""Agents of the harness that speak the original's Lambda contract: the input is the event, the answer `{statusCode, body}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .deployment import Deployment

if TYPE_CHECKING:
    from harness.adapters import Context, Request


async def planner_lambda(request: Request, context: Context) -> dict[str, Any]:
    """The Planner's function: `Records[].body` with a job id or JSON, or a direct `{job_id}`."""
    return await Deployment(context).serve("planner", request.input)
