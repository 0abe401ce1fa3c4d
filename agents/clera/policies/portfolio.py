"""The offline Portfolio: reads the accounts with one or two calls and answers from them alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.llm.request import ModelReply

from ...alex.policies.phrasing import Voice
from .seen import Seen, call, money, say
from .words import days_back, symbols

_LIMIT = 60


def answer(view: Seen, voice: Voice) -> ModelReply:
    """Call the one tool that the question needs, then answer."""
    text = view.question.casefold()
    if not view.results:
        return _look(text)
    last = view.results[-1]
    if last.error is not None:
        return say(_failed(last.error))
    if last.name == "rebalance_instructions":
        return say(_rebalanced(last.data, voice))
    if last.name == "get_account_activities":
        return say(_happened(last.data, text))
    return say(_summed(last.data, text, view, voice))


def _look(text: str) -> ModelReply:
    if re.search(r"rebalanc|rebalenc|60/40|target|what trades would", text):
        named = next((name for name in ("aggressive", "balanced", "conservative") if name in text), None)
        return call("rebalance_instructions", target="balanced" if "60/40" in text else named or "own")
    if is_history(text):
        return call("get_account_activities", days=max(1, min(_LIMIT, days_back(text) or _LIMIT)))
    return call("get_portfolio_summary")


def is_history(text: str) -> bool:
    """Whether a question is about what happened in the accounts."""
    return bool(
        re.search(
            r"transaction|activit|dividends? did|deposit|did i (?:buy|sell)|have i (?:bought|sold)|my trades", text
        )
    )


def _failed(error: str) -> str:
    if "no target" in error:
        return "You have not stored a target mix yet. Which would you like: aggressive, balanced or conservative?"
    if "empty" in error:
        return "Your portfolio is empty, so there is nothing to rebalance."
    return "I could not read your accounts just now, so I give no figures. Please try again in a moment."


def _rebalanced(data: Mapping[str, Any], voice: Voice) -> str:
    if not data["trades"]:
        return f"Your portfolio is at its target already; no trade is needed (as of {data['as_of']})."
    lines = [f"- {trade['side']} {money(trade['amount'])} of {trade['symbol']}" for trade in data["trades"]]
    target = ", ".join(f"{part:g}% {name.replace('_', ' ')}" for name, part in data["target_percent"].items())
    opening = voice.pick(("These trades lead to", "To reach", "With these trades you come to", "The way to"))
    return (
        f"{opening} {target}, as of {data['as_of']}:\n" + "\n".join(lines) + "\n"
        f"Bought {money(data['total_bought'])}, sold {money(data['total_sold'])}; cash goes from {money(data['cash_before'])} "
        f"to {money(data['cash_after'])}, so that everything nets to {money(data['net'])}. Sales in taxable accounts may cost tax. "
        "Nothing has been traded."
    )


def _happened(data: Mapping[str, Any], text: str) -> str:
    rows = data["activities"]
    kinds = [kind for kind in ("dividend", "deposit") if kind in text] or (
        ["buy"] if re.search(r"buy|bought", text) else ["sell"] if re.search(r"sell|sold", text) else
        ["buy", "sell"] if "trades" in text else []
    )  # fmt: skip
    chosen = [row for row in rows if not kinds or row["kind"] in kinds]
    lines = [
        f"- {row['date']}: {row['kind']}{' ' + row['symbol'] if 'symbol' in row else ''}, {money(row['amount'])} ({row['account_name']})"
        for row in chosen
    ]
    asked = days_back(text)
    limit = (
        f" I can see {_LIMIT} days back and no further, so what is older is not shown." if (asked or 0) > _LIMIT else ""
    )
    what = f" of the kind {' or '.join(kinds)}" if kinds else ""
    if not lines:
        return f"From {data['first_day']} to {data['as_of']} there was nothing{what} in your accounts.{limit}"
    return (
        f"From {data['first_day']} to {data['as_of']}, your activity{what}:\n"
        + "\n".join(lines)
        + (f"\n{limit.strip()}" if limit else "")
    )


def _summed(data: Mapping[str, Any], text: str, view: Seen, voice: Voice) -> str:
    if not data["holdings"] and not data["cash"]:
        return f"{_recalled(data)}Your portfolio is empty: there is no cash and no position with a price."
    held = {item["symbol"]: item for item in data["holdings"]}
    named = symbols(view.question)
    parts = _about(named[0], held, text) if named else _topic(data, text, view, voice)
    if data["excluded"]:
        left = "; ".join(f"{item['symbol']}, because {item['reason']}" for item in data["excluded"])
        parts.append(f"Left out of all figures: {left}.")
    if data["stale"]:
        old = ", ".join(f"{symbol} {day}" for symbol, day in data["stale"].items())
        parts.append(f"Some prices are not current: {old}.")
    return _recalled(data) + " ".join([*parts, f"Figures are as of {data['as_of']}."])


def _recalled(data: Mapping[str, Any]) -> str:
    """A warning before figures that were kept from an earlier look."""
    if not data["cached"]:
        return ""
    return f"I could not read your accounts just now; this is what I saw at my last look, {data['taken_at']}, and it may have changed. "


def _about(symbol: str, held: Mapping[str, Any], text: str) -> list[str]:
    """One holding."""
    item = held.get(symbol)
    if item is None:
        return [f"You hold no {symbol} in your accounts."]
    parts = [
        f"You hold {item['quantity']:g} shares of {symbol}, worth {money(item['value'])}, which is {item['weight_percent']}% of your portfolio."
    ]
    if re.search(r"gain|profit|loss|up on|ma[kd]e on|lose on", text):
        parts.append(
            f"Your gain on {symbol} is N/A: the price you paid is not recorded."
            if item["gain"] is None
            else f"Your {'gain' if item['gain'] >= 0 else 'loss'} on it is {money(item['gain'])} ({item['gain_percent']}%)."
        )
    return parts


def _topic(data: Mapping[str, Any], text: str, view: Seen, voice: Voice) -> list[str]:
    """The part of the summary that was asked for."""
    if re.search(r"risk|diversif", text):
        return [*_risk(data, text), *_retired(view)]
    if "concentrat" in text:
        return _concentration(data)
    if "largest" in text or "biggest" in text:
        item = data["holdings"][0] if data["holdings"] else None
        if item is None:
            return ["You hold no positions, only cash."]
        return [
            f"Your largest position is {item['symbol']}, worth {money(item['value'])}: {item['weight_percent']}% of your portfolio."
        ]
    if "cash" in text:
        return [f"You have {money(data['cash'])} in cash, which is {data['cash_percent']}% of your portfolio."]
    found = next((item for item in data["asset_classes"] if _mentioned(item["name"], text)), None)
    if found is not None:
        return [
            f"{found['name'].replace('_', ' ').capitalize()} makes up {found['percent']}% of your portfolio: {money(found['value'])}."
        ]
    return _overview(data, text, voice)


def _mentioned(name: str, text: str) -> bool:
    words = {"fixed_income": "bond", "equity": "stocks", "real_estate": "real estate"}
    return bool(re.search(rf"\b{words.get(name, name)}", text)) and name not in {"cash", "unclassified"}


def _overview(data: Mapping[str, Any], text: str, voice: Voice) -> list[str]:
    opening = voice.pick(
        ("Your portfolio is worth", "In all you have", "The total value is", "Altogether your accounts hold")
    )
    parts = [f"{opening} {money(data['total_value'])}, of which {money(data['cash'])} is cash."]
    if not re.search(r"worth|value|total", text):
        rows = [
            f"{item['symbol']} {money(item['value'])} ({item['weight_percent']}%)" for item in data["holdings"][:10]
        ]
        parts.append(f"Your largest holdings: {', '.join(rows)}." if rows else "There are no positions.")
    return parts


def _risk(data: Mapping[str, Any], text: str) -> list[str]:
    shares = ", ".join(
        f"{part['percent']}% {part['asset_class'].replace('_', ' ')} at {part['points']} points"
        for part in data["risk_parts"]
    )
    parts = [f"Your risk score is {data['risk_score']} of 10: {shares}.",
             f"Your diversification score is {data['diversification_score']} of 10."]  # fmt: skip
    if "improve" in text or "lower" in text:
        parts.append(
            "To lower the risk score, move part of what has most points into bonds or cash; to diversify, reduce the largest position."
        )
    return parts


def _retired(view: Seen) -> list[str]:
    """What risk means to somebody who saves no more; zero years are an answer and not a missing one."""
    if view.profile.get("years_until_retirement") != 0:
        return []
    return ["You are retired already, so no later savings would make up for a deep fall."]


def _concentration(data: Mapping[str, Any]) -> list[str]:
    found = data["concentration"]
    shares = {item["symbol"]: item["weight_percent"] for item in data["holdings"]}
    above = [f"{symbol} ({shares[symbol]}%)" for symbol in found["positions_above"]]
    limit = found["position_limit_percent"]
    parts = [f"Above {limit}% of your portfolio: {', '.join(above)}." if above else f"No position is above {limit}%."]
    if found["classes_above"]:
        parts.append(f"Above {found['class_limit_percent']}% in one asset class: {', '.join(found['classes_above'])}.")
    return parts
