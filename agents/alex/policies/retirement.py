"""The offline policy of the Retirement agent: simulates three scenarios, solves for three levers, and writes what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.llm.request import ModelReply, ModelRequest, ToolCall

from .conversation import called, task
from .phrasing import Voice

_SCENARIOS: Final = ("pessimistic", "base", "optimistic")
_LEVERS: Final = ("saving", "years", "income")
_INPUTS: Final = ("years", "target_income", "contribution", "inflation", "assumptions_id", "volatility_scale")
_SUMMARY: Final = (
    "In {rate} of {n} simulated paths the money lasts for all {retired} years of retirement (95 % interval {low} to {high}).",
    "The money lasts through {retired} years of retirement in {rate} of {n} simulated paths; the 95 % interval runs from {low} to {high}.",
    "Of {n} simulated paths, {rate} still have money after {retired} years of retirement (95 % interval: {low} to {high}).",
    "{rate} of {n} simulated paths end with money left after {retired} years of retirement; with 95 % confidence between {low} and {high}.",
)  # fmt: skip
_VERDICT: Final = {
    "low": ("As things stand, the plan is more likely to fail than to hold.", "Most paths run out of money too early.",
            "The plan as it is needs a change.", "Without a change the money probably runs out."),
    "middle": ("The plan may hold, but the margin is thin.", "The plan holds in many paths and fails in many others.",
               "It is not yet a comfortable plan.", "The outcome is open."),
    "high": ("The plan holds in most simulated lives.", "Most simulated paths have money left at the end.",
             "The plan looks sound under these assumptions.", "Under these assumptions the plan has a good margin."),
}  # fmt: skip
_LIMITS: Final = (
    ("This is a model, not a forecast, and no result is guaranteed. Taxes, fees, health costs and other income are not in it. It is "
    "information and not individual investment advice."),
    ("Simulated paths are not the future and nothing here is guaranteed. Taxes, fees, health costs and other income are left out. This "
    "is information, not individual investment advice."),
)  # fmt: skip


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Simulate and project, then solve, then answer from the results alone; a pure function of what a model sees."""
    facts = {name: content for name, content in task(request).items() if name in _INPUTS and content is not None}
    paths = {"n": task(request)["n"]} if "n" in task(request) else {}
    found = called(request)
    if not found:
        runs = [ToolCall(f"call_{name}", "simulate", {**facts, **paths, "scenario": name}) for name in _SCENARIOS]
        return _calls([*runs, ToolCall("call_project", "project", facts)])
    if not any(call.name == "solve" for call in found):
        return _calls([ToolCall(f"call_{name}", "solve", {**facts, **paths, "lever": name}) for name in _LEVERS])
    runs_by = {call.args.get("scenario"): call.result for call in found if call.name == "simulate" and call.result}
    table = next((call.result for call in found if call.name == "project" and call.result), None)
    if table is None or set(runs_by) != set(_SCENARIOS):
        return ModelReply("The simulation failed, so there is nothing to say about this plan.", stop_reason="end")
    levers = [call.result for call in found if call.name == "solve" and call.result]
    answer = _answer(runs_by, table, levers, Voice(seed, noise, "retirement"))
    return ModelReply(json.dumps(answer, ensure_ascii=False), stop_reason="end")


def _calls(calls: Sequence[ToolCall]) -> ModelReply:
    return ModelReply("", tool_calls=tuple(calls), stop_reason="tool_use")


def _answer(
    runs: Mapping[Any, Mapping[str, Any]], table: Mapping[str, Any], levers: Sequence[Mapping[str, Any]], voice: Voice
) -> dict[str, Any]:
    base = runs["base"]
    keys = ("lever", "reachable", "amount", "success_rate")
    return {
        "markdown": _markdown(runs, table, levers, voice),
        **{name: base[name] for name in ("success_rate", "ci_low", "ci_high")},
        "scenarios": {
            name: {
                "success_rate": runs[name]["success_rate"],
                "expected_return_percent": runs[name]["inputs"]["expected_return_percent"],
                "median_at_retirement": runs[name]["at_retirement"]["p50"],
            }
            for name in _SCENARIOS
        },
        "levers": [{key: lever[key] for key in keys if key in lever} for lever in levers],
        "assumptions": base["inputs"],
    }


def _markdown(
    runs: Mapping[Any, Mapping[str, Any]], table: Mapping[str, Any], levers: Sequence[Mapping[str, Any]], voice: Voice
) -> str:
    base = runs["base"]
    parts = [
        "# Retirement Analysis",
        f"## Summary\n\n{_summary(base, table, voice)}",
        f"## Scenarios\n\n{_scenarios(runs)}",
        f"## Year by Year\n\n{_years(table)}",
        f"## Levers\n\n{_levers(levers, base['inputs'])}",
        f"## Assumptions\n\n{_assumptions(base)}",
        f"## Limits\n\n{voice.pick(_LIMITS)}",
    ]
    return "\n\n".join(parts) + "\n"


def _summary(base: Mapping[str, Any], table: Mapping[str, Any], voice: Voice) -> str:
    rate, inputs = base["success_rate"], base["inputs"]
    said = voice.pick(_SUMMARY).format(
        rate=_percent(rate), n=f"{inputs['n']:,}", retired=inputs["years_in_retirement"],
        low=_percent(base["ci_low"]), high=_percent(base["ci_high"]),
    )  # fmt: skip
    verdict = voice.pick(_VERDICT["low" if rate < 0.5 else "middle" if rate < 0.8 else "high"])
    value, income = _dollars(inputs["value"]), _dollars(inputs["target_income"])
    until = f"in {inputs['years']} years" if inputs["years"] else "now"
    lasts = table["money_runs_out_in_year"]
    steady = "does not run out" if lasts is None else f"runs out in year {lasts}"
    return (
        f"{said} {verdict} The portfolio is worth {value} today; retirement begins {until} with {income} a year. If every year "
        f"brought exactly the expected return, the money {steady}."
    )


def _scenarios(runs: Mapping[Any, Mapping[str, Any]]) -> str:
    lines = ["| Scenario | Expected return | Success rate | Median at retirement |", "|---|---:|---:|---:|"]
    for name in _SCENARIOS:
        one = runs[name]
        lines.append(
            f"| {name.title()} | {one['inputs']['expected_return_percent']:.2f} % | {_percent(one['success_rate'])} "
            f"| {_dollars(one['at_retirement']['p50'])} |"
        )
    return "\n".join(lines)


def _years(table: Mapping[str, Any]) -> str:
    """Today, every fifth year, the year of retirement and the last one."""
    retires, rows = table["inputs"]["years"], table["rows"]
    lines = ["| Year | Phase | Value |", "|---:|---|---:|"]
    for row in rows:
        if row["year"] % 5 == 0 or row["year"] == retires or row is rows[-1]:
            lines.append(f"| {row['year']} | {row['phase']} | {_dollars(row['value'])} |")
    return "\n".join(lines)


def _levers(levers: Sequence[Mapping[str, Any]], inputs: Mapping[str, Any]) -> str:
    says = {
        "saving": "saving {amount} a year instead of {contribution}",
        "years": "retiring in {years} years instead of {now}",
        "income": "an income of {amount} a year instead of {income}",
    }
    lines = []
    for lever in levers:
        goal = f"a success rate of {_percent(lever['target_success'])}"
        if not lever["reachable"]:
            why = lever.get("reason", f"no value of this lever alone reaches {goal}")
            lines.append(f"- {lever['lever'].title()}: {why}.")
            continue
        said = says[lever["lever"]].format(
            amount=_dollars(lever["amount"]), years=f"{lever['amount']:.0f}", now=inputs["years"],
            contribution=_dollars(inputs["contribution"]), income=_dollars(inputs["target_income"]),
        )  # fmt: skip
        lines.append(
            f"- {lever['lever'].title()}: {said} reaches {goal} ({_percent(lever['success_rate'])} simulated)."
        )
    return "\n".join(lines)


def _assumptions(base: Mapping[str, Any]) -> str:
    inputs = base["inputs"]
    since = "the first year of retirement" if inputs["income_rises_from"] == "retirement" else "today"
    lines = [
        (
            f"- Set `{inputs['assumptions_id']}`: {inputs['expected_return_percent']:.2f} % expected return and "
            f"{inputs['volatility_percent']:.2f} % volatility a year for today's mix, rebalanced every year."
        ),
        f"- {_dollars(inputs['contribution'])} saved at the end of each year until retirement.",
        (
            f"- {_dollars(inputs['target_income'])} a year taken out for {inputs['years_in_retirement']} years, rising by "
            f"{inputs['inflation_percent']:.2f} % a year from {since} on."
        ),
        f"- {inputs['n']:,} paths with the seed {inputs['seed']}; prices as of {base['as_of']}.",
    ]
    for item in inputs["excluded"]:
        lines.append(f"- {item['symbol']} is left out: {item['reason']}.")
    if inputs["unclassified"]:
        lines.append("- Holdings that are not classified yet are taken to behave like equity.")
    return "\n".join(lines)


def _percent(rate: float) -> str:
    """With one decimal, or more where that would make a rare event look impossible or a likely one certain."""
    shown = f"{100 * rate:.1f}"
    return f"{100 * rate:.2f} %" if shown in {"0.0", "100.0"} and rate not in {0.0, 1.0} else f"{shown} %"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
