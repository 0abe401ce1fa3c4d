"""The offline policy of the Reporter: reads metrics, risk, gaps and notes, then writes a report from nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.llm.request import ModelReply, ModelRequest, ToolCall

from .advice import Advice, recommendations
from .context import market
from .conversation import Called, called
from .phrasing import Voice

_OPENING: Final = (
    "The portfolio is worth {total} as of {day}, in {accounts} and {positions}.",
    "As of {day} the portfolio stands at {total}, held in {accounts} with {positions}.",
    "{total}: that is the portfolio's value as of {day}, across {accounts} and {positions}.",
    "On {day} the portfolio came to {total}, spread over {accounts} and {positions}.",
)
_LIMITS: Final = (
    ("Nothing in this report is guaranteed, and past movements say little about coming ones. It is information and not individual "
    "investment advice; talk to an adviser before you act."),
    "This is information, not individual investment advice. No outcome is guaranteed, and the past is a poor guide to the future.",
    "Markets can fall, and nothing here is guaranteed. Take this as information, not as individual investment advice.",
    "None of this is guaranteed. It is information and no individual investment advice, and it looks back rather than ahead.",
)  # fmt: skip


_RISKS: Final = ("return_percent", "volatility_percent", "max_drawdown_percent", "money_weighted_percent")


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Read, look up notes, then report; a pure function of what a model sees."""
    found = called(request)
    if not found:
        calls = [ToolCall("call_metrics", "portfolio_metrics"), ToolCall("call_gap", "target_gap"),
                 ToolCall("call_risk", "risk_metrics", {"window_days": 252})]  # fmt: skip
        return ModelReply("", tool_calls=tuple(calls), stop_reason="tool_use")
    held = _result(found, "portfolio_metrics")
    if held is None:
        return ModelReply("I could not read the portfolio, so there is no report.", stop_reason="end")
    symbols = [row["symbol"] for row in held["top_holdings"][:5]]
    if symbols and not any(call.name == "market_insights" for call in found):
        groups = [symbols[:2], symbols[2:]] if len(symbols) > 2 else [symbols]
        lookups = [
            ToolCall(f"call_notes_{n}", "market_insights", {"symbols": group, "k": 5}) for n, group in enumerate(groups)
        ]
        return ModelReply("", tool_calls=tuple(lookups), stop_reason="tool_use")
    voice = Voice(seed, noise, "reporter")
    answer = _empty(held, voice) if not held["total"] else _report(held, found, voice)
    return ModelReply(json.dumps(answer, ensure_ascii=False), stop_reason="end")


def _result(found: Sequence[Called], name: str) -> dict[str, Any] | None:
    return next((call.result for call in found if call.name == name and call.result is not None), None)


def _report(held: Mapping[str, Any], found: Sequence[Called], voice: Voice) -> dict[str, Any]:
    gap = _result(found, "target_gap") or {"has_targets": False, "rows": [], "risk_profile": None, "goals": []}
    risk = _result(found, "risk_metrics")
    lookups = [call for call in found if call.name == "market_insights"]
    notes = [call.result for call in lookups if call.result is not None]
    errors = [call.error for call in lookups if call.error]
    context, cited = market(notes, errors, asked=bool(lookups))
    advice = recommendations(held, gap, risk, voice)
    sections = {
        "Executive Summary": _summary(held, gap, voice),
        "Portfolio Overview": _overview(held),
        "Risk": _risk(held, risk),
        "Market Context": context,
        "Recommendations": "\n\n".join(_block(one) for one in advice),
        "Assumptions and Limits": _limits(held, voice),
    }
    return {
        "markdown": _joined(sections),
        "claims": _claims(held, risk),
        "recommendations": advice,
        "citations": cited,
    }


def _empty(held: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    missing = ", ".join(item["symbol"] for item in held["excluded"])
    why = f" No price is known for {missing}." if missing else ""
    nothing = "There is nothing to show."
    sections = {
        "Executive Summary": f"The portfolio is empty: it has no cash and no position that could be valued.{why}",
        "Portfolio Overview": nothing,
        "Risk": "Without holdings there is no risk to measure.",
        "Market Context": "There is no holding to look up.",
        "Recommendations": "None: recommendations need a portfolio. Once it is funded, ask again.",
        "Assumptions and Limits": voice.pick(_LIMITS),
    }
    return {"markdown": _joined(sections), "claims": [], "recommendations": [], "citations": []}


def _joined(sections: Mapping[str, str]) -> str:
    return "# Portfolio Report\n\n" + "\n\n".join(f"## {name}\n\n{text}" for name, text in sections.items()) + "\n"


def _summary(held: Mapping[str, Any], gap: Mapping[str, Any], voice: Voice) -> str:
    accounts, positions = len(held["accounts"]), held["positions"]
    opening = voice.pick(_OPENING).format(
        total=_dollars(held["total"]), day=held["as_of"],
        accounts=f"{accounts} account{'s' * (accounts != 1)}", positions=f"{positions} position{'s' * (positions != 1)}",
    )  # fmt: skip
    main = held["asset_classes"][0]
    said = [opening, f"The largest part is {main['name'].lower()} with {main['weight']:.2f} %."]
    if gap["rows"]:
        worst = gap["rows"][0]
        said.append(
            f"Furthest from its target is {worst['name'].lower()}, {_dollars(worst['gap_dollars'])} {worst['lies']} it."
        )
    if gap["risk_profile"]:
        said.append(f"All of this is read with a {gap['risk_profile']} risk profile in mind.")
    if gap["goals"]:
        said.append(f"Goals on file: {'; '.join(_quoted(goal) for goal in gap['goals'])}.")
    return " ".join(said)


def _overview(held: Mapping[str, Any]) -> str:
    parts = ["All amounts are in US dollars."]
    rows = [f"| {_quoted(row['name'])} | {row['tax']} | {_dollars(row['cash'])} | {_dollars(row['value'])} | {row['weight']:.2f} % |"
            for row in held["accounts"]]  # fmt: skip
    parts.append("\n".join(["| Account | Tax | Cash | Value | Share |", "|---|---|---:|---:|---:|", *rows]))
    classes = [f"| {row['name']} | {_dollars(row['value'])} | {row['weight']:.2f} % |" for row in held["asset_classes"]]
    parts.append("\n".join(["| Asset class | Value | Share |", "|---|---:|---:|", *classes]))
    if held["top_holdings"]:
        tops = [f"| {row['symbol']} | {_quoted(row['name'])} | {_dollars(row['value'])} | {row['weight']:.2f} % |"
                for row in held["top_holdings"]]  # fmt: skip
        parts.append("\n".join(["| Holding | Name | Value | Share |", "|---|---|---:|---:|", *tops]))
    parts += [f"{item['symbol']} is left out of every figure: {item['reason']}." for item in held["excluded"]]
    for item in held["stale"]:
        parts.append(f"The price of {item['symbol']} is not current: it is from {item['price_date']}.")
    return "\n\n".join(parts)


def _risk(held: Mapping[str, Any], risk: Mapping[str, Any] | None) -> str:
    lines = []
    if risk is None:
        lines.append("No holding has a price history, so there is no market risk to measure.")
    else:
        beta = "" if risk["beta"] is None else f" Its beta to {risk['market']} was {risk['beta']:.3f}."
        lines.append(
            f"Over {risk['window_days']} trading days through {risk['through']}, today's holdings would have returned "
            f"{risk['return_percent']:.2f} % with a volatility of {risk['volatility_percent']:.2f} % a year; the deepest drawdown was "
            f"{risk['max_drawdown_percent']:.2f} %.{beta}"
        )
        if risk["money_weighted_percent"] is not None:
            lines.append(
                f"Since {risk['money_weighted_from']} the money in the accounts earned {risk['money_weighted_percent']:.2f} % "
                "(money-weighted: deposits count from the day they came)."
            )
    if held["top_holdings"]:
        top = held["top_holdings"][0]
        lines.append(
            f"The largest holding, {top['symbol']}, is {top['weight']:.2f} % of the portfolio; the index of concentration (HHI) is "
            f"{held['hhi']:.4f}, where a single holding would have 1."
        )
        if top["weight"] > 25:
            lines.append(f"That is a concentration: what happens to {top['symbol']} happens to the whole.")
    lines.append(
        f"Cash of {_dollars(held['cash'])} is {held['cash_weight']:.2f} % of the portfolio. It softens falls, and in good years it is a "
        "drag on the return."
    )
    return " ".join(lines)


def _block(advice: Advice) -> str:
    return "\n".join(
        f"**{key.title()}:** {advice[key]}" for key in ("recommendation", "reasoning", "impact", "priority")
    )


def _limits(held: Mapping[str, Any], voice: Voice) -> str:
    return (
        f"Values are quantities times the last known closing prices as of {held['as_of']}; a holding without a price is never "
        "counted. Figures of risk take today's quantities back in time and hold cash constant. Taxes, fees and dividends are not in "
        f"them. Research notes are quoted as they were found and are not verified. {voice.pick(_LIMITS)}"
    )


def _claims(held: Mapping[str, Any], risk: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    claims = [
        _claim(_dollars(held["total"]), held["total"], "USD", "portfolio_metrics:$.total"),
        _claim(_dollars(held["cash"]), held["cash"], "USD", "portfolio_metrics:$.cash"),
        _claim(f"{held['cash_weight']:.2f} %", held["cash_weight"], "percent", "portfolio_metrics:$.cash_weight"),
    ]
    for n, row in enumerate(held["asset_classes"]):
        claims.append(
            _claim(_dollars(row["value"]), row["value"], "USD", f"portfolio_metrics:$.asset_classes[{n}].value")
        )
    for n, row in enumerate(held["top_holdings"]):
        claims.append(
            _claim(_dollars(row["value"]), row["value"], "USD", f"portfolio_metrics:$.top_holdings[{n}].value")
        )
    for name in _RISKS if risk else ():
        if risk[name] is not None:  # type: ignore[index]
            claims.append(_claim(f"{risk[name]:.2f} %", risk[name], "percent", f"risk_metrics:$.{name}"))  # type: ignore[index]
    return claims


def _claim(text: str, worth: float, unit: str, place: str) -> dict[str, Any]:
    return {"text": text, "value": worth, "unit": unit, "source_path": place}


def _quoted(name: str) -> str:
    """A name as data: in quotes, on one line, unable to break a table."""
    return '"' + " ".join(name.split()).replace("|", "\\|") + '"'


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
