"""The offline policy of the Planner: tags if needed, delegates side by side, finalises, sums up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from harness.llm.request import ModelReply, ModelRequest, ToolCall

from .conversation import Called, called, task
from .phrasing import Voice

_AGENTS: Final = ("reporter", "charter", "retirement")
_DELEGATE: Final = "delegate_to_agent"
_KNOWLEDGE: Final = "fetch_market_knowledge"
_TASKS: Final = {
    "reporter": "Write the report on this portfolio.",
    "charter": "Make the charts of this portfolio.",
    "retirement": "Project the retirement from this portfolio.",
}
_DONE: Final = (
    "The analysis is complete.",
    "Everything that was asked for is ready.",
    "All parts of the analysis are ready.",
    "The analysis is done, with nothing missing.",
)
_READY: Final = {"reporter": "the report", "charter": "the charts", "retirement": "the retirement projection"}


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Take the next step of the plan; a pure function of what a model sees."""
    facts, found = task(request), [_plain(call) for call in called(request)]
    made = {call.name for call in found}
    symbols = [*facts.get("without_price", ()), *facts.get("old_price", ())]
    if facts.get("unclassified") and "tag_instruments" not in made:
        first = [ToolCall("call_tag", "tag_instruments", {"symbols": facts["unclassified"]})]
        return _calls([*first, *_prices(symbols)])
    if symbols and "refresh_prices" not in made and not facts.get("unclassified"):
        return _calls(_prices(symbols))
    wanted = [name for name in _AGENTS if _reason(name, facts) is None]
    if wanted and not any(f"invoke_{name}" in made for name in wanted):
        guided = any(tool.name == _DELEGATE for tool in request.tools)
        return _calls(
            _guided(wanted, facts) if guided else [ToolCall(f"call_{name}", f"invoke_{name}") for name in wanted]
        )
    answer = _answer(facts, found, wanted, Voice(seed, noise, "planner"))
    if "finalise_job" not in made:
        return _calls([ToolCall("call_final", "finalise_job", {name: answer[name] for name in ("status", "summary")})])
    return ModelReply(json.dumps(answer, ensure_ascii=False), stop_reason="end")


def _plain(call: Called) -> Called:
    """A call of the guide's tool as the call of ours that it stands for."""
    return replace(call, name=f"invoke_{call.args.get('agent')}") if call.name == _DELEGATE else call


def _guided(wanted: Sequence[str], facts: Mapping[str, Any]) -> list[ToolCall]:
    calls = [ToolCall(f"call_{name}", _DELEGATE, {"agent": name, "task": _TASKS[name]}) for name in wanted]
    if facts.get("positions"):
        calls.append(ToolCall("call_knowledge", _KNOWLEDGE, {"query": "outlook for the holdings"}))
    return calls


def _calls(calls: Sequence[ToolCall]) -> ModelReply:
    return ModelReply("", tool_calls=tuple(calls), stop_reason="tool_use")


def _prices(symbols: Sequence[str]) -> list[ToolCall]:
    return [ToolCall("call_prices", "refresh_prices", {"symbols": list(symbols)})] if symbols else []


def _reason(name: str, facts: Mapping[str, Any]) -> str | None:
    """Why an agent is not needed, or None."""
    if not facts.get("options", {}).get(name, True):
        return "turned off by the options of the job"
    if name == "reporter":
        return None if facts.get("positions") else "there are no positions"
    if name == "charter":
        return None if facts.get("positions", 0) >= 2 else "there are fewer than two positions"
    if not facts.get("has_value"):
        return "the portfolio is empty"
    return None if facts.get("has_goals") else "the retirement goals are not known"


def _answer(facts: Mapping[str, Any], found: Sequence[Called], wanted: Sequence[str], voice: Voice) -> dict[str, Any]:
    results = {name: _result(found, f"invoke_{name}") for name in wanted}
    bad = {name: result for name, result in results.items() if result.get("status") != "completed"}
    status = "completed" if not bad else "failed" if len(bad) == len(results) else "partial"
    warnings = [f"{name}: {result.get('error') or 'no result'}" for name, result in bad.items()]
    warnings += [f"{symbol} has no price and is in none of the figures." for symbol in facts.get("without_price", ())]
    warnings += [f"The price of {symbol} is not current." for symbol in facts.get("old_price", ())]
    late = (_result(found, "refresh_prices")).get("over_quota", ())
    warnings += [
        f"The price of {symbol} could not be looked up again: the price feed's quota is used up." for symbol in late
    ]
    tagged = _result(found, "tag_instruments")
    if facts.get("unclassified") and (tagged.get("status") != "completed" or tagged.get("errors")):
        warnings.append("Some holdings could not be classified.")
    if any(call.name == _KNOWLEDGE and call.result is None for call in found):
        warnings.append("Market knowledge is unavailable at the moment.")
    return {
        "agents_run": list(wanted),
        "skipped": [{"agent": name, "reason": why} for name in _AGENTS if (why := _reason(name, facts)) is not None],
        "status": status,
        "warnings": warnings,
        "summary": _summary(results, bad, voice) + _caveat(facts),
    }


def _summary(results: Mapping[str, Mapping[str, Any]], bad: Mapping[str, Any], voice: Voice) -> str:
    if not results:
        return "There was nothing to analyse: no agent was needed."
    good = [_READY[name] for name in results if name not in bad]
    parts = [voice.pick(_DONE) if not bad else "The analysis is incomplete." if good else "The analysis failed."]
    if good:
        parts.append(f"Ready: {', '.join(good)}.")
    if bad:
        parts.append(f"Missing: {', '.join(_READY[name] for name in bad)}.")
    total = results.get("charter", {}).get("total")
    if total is not None:
        parts.append(f"The portfolio is worth ${total:,.2f}.")
    rate = results.get("retirement", {}).get("success_rate")
    if rate is not None:
        parts.append(f"The retirement plan held in {100 * rate:.1f} % of the simulated paths.")
    return " ".join(parts)


def _caveat(facts: Mapping[str, Any]) -> str:
    """What the summary's figures rest on, where that is not what a reader expects."""
    parts = [f"the prices of {', '.join(facts['old_price'])} are old"] if facts.get("old_price") else []
    parts += [f"{', '.join(facts['without_price'])} could not be valued"] if facts.get("without_price") else []
    return f" Mind that {' and that '.join(parts)}." if parts else ""


def _result(found: Sequence[Called], name: str) -> dict[str, Any]:
    return next((call.result for call in found if call.name == name and call.result is not None), {})
