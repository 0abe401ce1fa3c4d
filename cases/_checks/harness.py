"""Checks that examine the harness: what it made of a trial whose events are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]


def error_kept(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The error that the agent reported is among those of the trace."""
    return params["says"] in trace.errors, f"errors: {list(trace.errors)}"


def unfinished(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The call is there, and is called unfinished."""
    found = [call.status for call in trace.tools if call.name == params["tool"]]
    return found == ["unfinished"], f"{params['tool']}: {found}"


def first_words_first(trace: Any) -> Verdict:
    """The first text came after the trial's start and before its end."""
    first, whole = trace.ttft_s, trace.duration_s
    return first is not None and 0 < first < whole, f"first text after {first} s of {whole} s"


def cost_is_usage_times_price(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Each call costs its tokens times the price of its model; the trial costs their sum; a flat rate would say something else."""
    if not trace.models or trace.cost_usd is None or not trace.usage.total:
        return False, f"{len(trace.models)} call(s), cost {trace.cost_usd}"
    for call in trace.models:
        usage = call.usage
        price = (usage.input_tokens * params["input"] + usage.output_tokens * params["output"]) / 1e6
        if not math.isclose(price, call.cost_usd, rel_tol=1e-9):
            return False, f"a call of {usage} cost {call.cost_usd}, expected {price}"
    total = math.fsum(call.cost_usd for call in trace.models)
    flat = trace.usage.total * params["flat"]
    good = math.isclose(total, trace.cost_usd, rel_tol=1e-9) and not math.isclose(total, flat, rel_tol=0.2)
    return good, f"cost {trace.cost_usd:.6f}, calls {total:.6f}, flat rate {flat:.6f}"


def guarded(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The guardrail inside the agent concluded this, once."""
    found = [item["passed"] for item in trace.guardrails if item["name"] == params["name"]]
    return found == [params["passed"]], f"{params['name']}: {found}"


def model_failures(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """So many model calls failed: the fault that the case plays really happened."""
    found = sum(call.status == "error" for call in trace.models)
    return found == params["count"], f"{found} of {len(trace.models)} model calls failed, expected {params['count']}"


def empty_replies(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The model said nothing so often, and the agent said something nevertheless."""
    found = sum(call.status == "ok" and not call.result for call in trace.models)
    return found == params["count"] and bool(trace.answer.strip()), f"{found} empty replies, expected {params['count']}"
