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


def within_limits(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """In no 60 seconds, wherever they begin, more was served than the limit; and not much less, for refusing all is no art."""
    answers = trace.artifacts.get("answers") or []
    served = [item for item in answers if item["status"] == 200]
    most = 0
    for first in served:
        window = [item for item in served if first["at"] <= item["at"] < first["at"] + 60]
        most = max(most, sum(1 if params["of"] == "requests" else item[params["of"]] for item in window))
    good = params.get("least", 1) <= most <= params["limit"]
    return good, f"at most {most} {params['of']} in 60 seconds, the limit is {params['limit']}"


def statuses(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The requests were answered with these statuses, in their order; `[200, 10]` stands for ten of them."""
    expected: list[int] = []
    for item in params["are"]:
        expected += [item[0]] * item[1] if isinstance(item, list) else [item]
    found = [item["status"] for item in trace.artifacts.get("answers") or []]
    return found == expected, f"found {found}"


def log_adds_up(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The usage log has one line for each request, and its tokens and money are those of the requests that were served."""
    answers, log = trace.artifacts.get("answers") or [], trace.artifacts.get("log") or []
    lines = [line for line in log if line["event"] == "request"]
    served = [item for item in answers if item["status"] == 200]
    written = sum(line.get("output_tokens") or 0 for line in lines)
    money = sum(line.get("micro_usd") or 0 for line in lines)
    read = sum(line.get("input_tokens") or 0 for line in lines)
    expected = round(read * params["input"] + written * params["output"])
    good = (
        len(lines) == len(answers) > 0
        and written == sum(item["writes"] for item in served)
        and abs(money - expected) <= len(lines)
    )
    return (
        good,
        f"{len(lines)} lines of {len(answers)} requests; {written} tokens written, {money} micro-dollars of {expected}",
    )


def stations(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Each request passed these stations, in this order, and none after the one that stopped it."""
    found = [line.get("flow", []) for line in trace.artifacts.get("log") or [] if line["event"] == "request"]
    return found == params["are"], f"found {found}"


def alerts_once(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """The budget's alerts are these, each once, each when at least so much was used."""
    log = trace.artifacts.get("log") or []
    found = [line["level"] for line in log if line["event"] == "budget"]
    return found == params["levels"], f"alerts at {found} per cent"
