"""Faults of tools: before the call, instead of it, or in what it returned."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from collections.abc import Callable
from typing import Any, Final

from harness.model.fault import Fault

from .errors import InjectedReset, InjectedTimeout, InjectedToolError
from .market import CHANGES
from .models import SLOW_S
from .plan import FaultPlan

TOOL_S: Final = 30.0
"""How long a tool may take where nobody says otherwise."""

PAGE: Final = '<html><body><h1>502</h1>{"total_value": 123456.78, "price": 98.7'
"""Not JSON, though figures can be seen in it."""

_FAILURES: Final = {
    "rate_limit": "429: too many requests",
    "server_error": "500: internal server error",
    "overloaded": "529: overloaded",
    "error": "the tool failed",
    "reject": "rejected",
}
_BEFORE: Final = (*_FAILURES, "timeout", "reset", "slow", "malformed", "wrong_schema", "empty", "result", "duplicate")


async def through(plan: FaultPlan, name: str, call: Callable[[], Any], *, besides: tuple[str, ...] = ()) -> Any:
    """Call a tool, or have it fail as the case says.

    Args:
        plan: The trial's faults.
        name: The tool.
        call: Calls it; what it gives may have to be awaited.
        besides: Kinds that the tool's own world applies.
    """
    if not plan.minds("tool"):
        return await _awaited(call())
    fault = plan.next("tool", name, kinds=tuple(kind for kind in _BEFORE if kind not in besides))
    if fault is not None:
        seconds = _seconds(plan, fault)
        if seconds:
            await asyncio.sleep(seconds)
        replaced, result = _instead(fault)
        if replaced:
            return result
        if fault.kind == "duplicate":
            await _awaited(call())
    return _after(plan, name, await _awaited(call()), besides)


def through_now(plan: FaultPlan, name: str, call: Callable[[], Any]) -> Any:
    """The same for a tool that is a plain function."""
    if not plan.minds("tool"):
        return call()
    fault = plan.next("tool", name, kinds=_BEFORE)
    if fault is not None:
        seconds = _seconds(plan, fault)
        if seconds:
            time.sleep(seconds)
        replaced, result = _instead(fault)
        if replaced:
            return result
        if fault.kind == "duplicate":
            call()
    return _after(plan, name, call(), ())


async def _awaited(given: Any) -> Any:
    return await given if inspect.isawaitable(given) else given


def _seconds(plan: FaultPlan, fault: Fault) -> float:
    """Let the time of a slow tool pass; what is left to be really waited for is returned."""
    seconds = {"timeout": TOOL_S, "slow": fault.seconds or SLOW_S}.get(fault.kind, 0.0)
    if fault.real or not seconds:
        return seconds
    plan.pass_(seconds)
    return 0.0


def _instead(fault: Fault) -> tuple[bool, Any]:
    """Whether something comes instead of the tool's result, and what.

    Raises:
        InjectedToolError: where the tool fails.
    """
    if fault.kind in _FAILURES:
        asked = f" (retry after {fault.retry_after_s:g} seconds)" if fault.retry_after_s is not None else ""
        raise InjectedToolError(f"{fault.message or _FAILURES[fault.kind]}{asked}")
    if fault.kind == "timeout":
        raise InjectedTimeout(f"no answer within {TOOL_S:g} seconds")
    if fault.kind == "reset":
        raise InjectedReset("the connection was reset")
    instead = {"malformed": PAGE, "wrong_schema": {"unexpected": True}, "empty": {}, "result": fault.result}
    return fault.kind in instead, instead.get(fault.kind)


def _after(plan: FaultPlan, name: str, result: Any, besides: tuple[str, ...]) -> Any:
    """The result as it arrives: cut off, or with another state of the market in it."""
    kinds = [kind for kind in CHANGES if kind not in besides]
    changed = {kind: change for kind in kinds if (change := _changed(plan, kind, result)) is not None}
    if isinstance(result, dict | list) and result:
        changed["truncated"] = None
    fault = plan.next("tool", name, kinds=tuple(changed)) if changed else None
    if fault is None:
        return result
    if fault.kind == "truncated":
        text = json.dumps(result, ensure_ascii=False, default=str)
        return text[: len(text) // 2]
    return CHANGES[fault.kind](result, fault)


def _changed(plan: FaultPlan, kind: str, result: Any) -> Any:
    """What a change would make of the result; None where there is nothing for it to change, or nobody asks for it."""
    asked = next((fault for fault in plan.faults if fault.seam == "tool" and fault.kind == kind), None)
    if asked is None:
        return None
    made = CHANGES[kind](result, asked)
    return None if made == result else made
