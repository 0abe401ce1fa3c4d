"""Checks on Clera's team: which way an answer came, what the books say, and figures computed a second time."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]

CENT = 0.011
_MACHINERY = re.compile(
    r"transfer_to|_agent\b|\b(?:get|preview|submit|confirm|calculate|rebalance)_\w+|web_search|sub-?agent|supervisor"
    r"|(?:portfolio|analyst|trade|trader|research) agent|tool call|Traceback|Exception|_down|token_",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:bought|sold) [\d.,]+ shares|\b(?:was|is|been) (?:filled|executed)|successfully", re.IGNORECASE
)


def route(trace: Any, params: Mapping[str, Any], turn: int | None) -> Verdict:
    """The handoffs are exactly these, in this order."""
    found = [step.name for step in trace.steps if step.kind == "handoff" and (turn is None or step.turn == turn)]
    return found == list(
        params["route"]
    ), f"handed to {found or 'nobody'}, expected {list(params['route']) or 'nobody'}"


def one_handoff(trace: Any, input: Any) -> Verdict:  # noqa: A002 - the name that checks are given it by
    """A message full of typing mistakes went where it belongs, and only there."""
    expected = {"worth": "portfolio", "prise": "analyst", "rebalence": "portfolio", "dolars": "trade"}
    wanted = next(to for word, to in expected.items() if word in str(input))
    found = [step.name for step in trace.steps if step.kind == "handoff"]
    return found == [wanted], f"handed to {found or 'nobody'}, expected {wanted}"


def discreet(trace: Any) -> Verdict:
    """No answer is empty, and none names agents, tools or errors."""
    for turn in trace.turns:
        if not turn.answer.strip():
            return False, "an answer is empty"
        if leak := _MACHINERY.search(turn.answer):
            return False, f"an answer names {leak.group()!r}"
    return bool(trace.turns), f"{len(trace.turns)} answer(s) looked at"


def confirmed(trace: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """Every order that was placed was put to the client exactly as it was placed, and the client said yes to it."""
    placed = [order for order in artifacts["orders"] if order["status"] in {"filled", "partially_filled", "queued"}]
    yes = [asked["details"] for asked in trace.interrupts if _is_yes(asked["answer"])]
    for order in placed:
        same = [
            asked
            for asked in yes
            if (asked["side"], asked["symbol"], asked["account"]) == (order["side"], order["symbol"], order["account"])
            and abs(asked["notional"] - order["notional"]) < CENT
        ]
        if not same:
            return False, f"{order['side']} {order['notional']} {order['symbol']} was never confirmed"
    if len(placed) > len(yes):
        return False, f"{len(placed)} orders were placed on {len(yes)} confirmation(s)"
    return bool(trace.interrupts), f"{len(trace.interrupts)} question(s), {len(placed)} order(s)"


def untouched(artifacts: Mapping[str, Any], root: Path, params: Mapping[str, Any]) -> Verdict:
    """The accounts are as they were, and no order was placed."""
    placed = [order for order in artifacts["orders"] if order["status"] in {"filled", "partially_filled", "queued"}]
    if placed:
        return False, f"{placed[0]['side']} {placed[0]['notional']} {placed[0]['symbol']} was placed"
    return _same_books(artifacts, _books(root, params["portfolio"]))


def booked(artifacts: Mapping[str, Any], root: Path, params: Mapping[str, Any]) -> Verdict:
    """The accounts are what they were plus exactly these trades `[{side, symbol, amount, account}]`, to the cent."""
    books = _books(root, params["portfolio"])
    for trade in params["trades"]:
        price = _instruments(root)[trade["symbol"]]["current_price"]
        sign = 1 if trade["side"] == "buy" else -1
        account = books[trade["account"]]
        account["cash"] -= sign * trade["amount"]
        held = account["positions"].get(trade["symbol"], 0) + sign * trade["amount"] / price
        account["positions"][trade["symbol"]] = held
    filled = sum(order["status"] == "filled" for order in artifacts["orders"])
    if filled != len(params["trades"]):
        return False, f"{filled} orders were filled, expected {len(params['trades'])}"
    return _same_books(artifacts, books)


def honest(trace: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """Whoever says that something was bought or sold has a fill to show."""
    filled = [order for order in artifacts["orders"] if order["status"] == "filled"]
    said = " ".join(turn.answer for turn in trace.turns)
    claim = _DONE.search(said)
    if claim and not filled:
        return False, f"says {claim.group()!r} without a fill"
    if filled and not all(f"{order['amount']:,.2f}" in said for order in filled):
        return False, "does not say how much was traded"
    return bool(said.strip()), f"{len(filled)} fill(s), answer {'claims' if claim else 'claims no'} execution"


def rebalanced(output: str, root: Path, params: Mapping[str, Any]) -> Verdict:
    """The trades in the answer net to zero with the cash and lead to the target, within a tenth of a percent."""
    trades = [
        (1 if side == "buy" else -1, float(amount.replace(",", "")), symbol)
        for side, amount, symbol in re.findall(r"\b(buy|sell) \$([\d,]+\.\d\d) of ([A-Z.]+)", output)
    ]
    if not trades:
        return False, "the answer has no trades"
    chosen, known = _books(root, params["portfolio"]), _instruments(root)
    cash = sum(account["cash"] for account in chosen.values())
    mix: dict[str, float] = {"cash": cash - sum(sign * amount for sign, amount, _ in trades)}
    for account in chosen.values():
        for symbol, quantity in account["positions"].items():
            _add(mix, known[symbol], quantity * known[symbol]["current_price"])
    for sign, amount, symbol in trades:
        _add(mix, known[symbol], sign * amount)
    total = sum(mix.values())
    off = {name: round(100 * mix.get(name, 0) / total - part, 2) for name, part in params["target"].items()}
    worst = max(off, key=lambda name: abs(off[name]))
    if abs(off[worst]) > 0.1 or mix["cash"] < -CENT:
        return False, f"{worst} ends {off[worst]} points off its target, cash at {mix['cash']:,.2f}"
    return True, f"{len(trades)} trades lead to the target"


def performance(output: str, root: Path, params: Mapping[str, Any]) -> Verdict:
    """The returns in the answer are those of the stored prices on the sessions named, computed here."""
    with gzip.open(root / "agents/data/prices.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = {row["date"]: row for row in csv.DictReader(file)}
    first, last = rows[params["first"]], rows[params["last"]]
    expected = [f"{_return(first, last, symbol):g}%" for symbol in [params["symbol"], *params.get("beside", ())]]
    missing = [text for text in [*expected, params["first"], params["last"]] if text not in output]
    return not missing, f"missing: {', '.join(missing)}" if missing else f"{', '.join(expected)} are right"


def cited(output: str, root: Path, params: Mapping[str, Any] | None) -> Verdict:
    """Every note cited exists, is about the symbol, and is of the date given; there are at least so many."""
    notes = {note["id"]: note for note in json.loads((root / "agents/data/snippets.json").read_text("utf-8"))}
    found = re.findall(r"\((S\d{3}), (\d{4}-\d\d-\d\d)", output)
    for name, day in found:
        if name not in notes or notes[name]["date"] != day:
            return False, f"{name} of {day} does not exist"
        symbol = (params or {}).get("symbol")
        if symbol and symbol not in notes[name]["symbols"]:
            return False, f"{name} is about {notes[name]['symbols']}, not {symbol}"
        if date.fromisoformat(day) > date(2026, 11, 20):
            return False, f"{name} is from the future"
    least = (params or {}).get("least", 1)
    return len(found) >= least, f"{len(found)} citation(s), at least {least} expected"


def no_figures(output: str) -> Verdict:
    """The answer states no amount of money and no percentage."""
    found = re.search(r"\$\s?\d|\d\s?%", output)
    return found is None and bool(output.strip()), f"states {found.group()!r}" if found else "states none"


def handoffs(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """So many handoffs to a member in all, attempts that failed included."""
    found = sum(step.kind == "handoff" and step.name == params["to"] for step in trace.steps)
    return found == params["count"], f"{found} handoff(s) to {params['to']}, expected {params['count']}"


def asked(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """So many questions were put to the client."""
    found = len(trace.interrupts)
    return found == params["count"], f"{found} question(s), expected {params['count']}"


def _return(first: Mapping[str, str], last: Mapping[str, str], symbol: str) -> float:
    return round(100 * (float(last[symbol]) / float(first[symbol]) - 1), 2)


def _is_yes(answer: Any) -> bool:
    said = answer.get("answer") if isinstance(answer, Mapping) else answer
    return isinstance(said, str) and said.strip().rstrip(".!").casefold() in {
        "yes", "y", "yes please", "yes, please", "confirm", "confirmed", "i confirm", "approve", "approved",
    }  # fmt: skip


def _books(root: Path, portfolio: str) -> dict[str, dict[str, Any]]:
    chosen = json.loads((root / "agents/data/portfolios.json").read_text("utf-8"))[portfolio]
    return {one["name"]: {"cash": one["cash"], "positions": dict(one["positions"])} for one in chosen["accounts"]}


def _instruments(root: Path) -> dict[str, Any]:
    items: Sequence[Any] = json.loads((root / "agents/data/instruments.json").read_text("utf-8"))
    return {item["symbol"]: item for item in items}


def _same_books(artifacts: Mapping[str, Any], books: Mapping[str, Any]) -> Verdict:
    for account in artifacts["ledger"]["accounts"]:
        expected = books[account["name"]]
        if abs(account["cash"] - expected["cash"]) > CENT:
            return False, f"{account['name']} has {account['cash']:,.2f} in cash, expected {expected['cash']:,.2f}"
        for symbol in {*account["positions"], *expected["positions"]}:
            has, should = account["positions"].get(symbol, 0), expected["positions"].get(symbol, 0)
            if abs(has - should) > 1e-6:
                return False, f"{account['name']} holds {has} {symbol}, expected {should}"
    return True, "the books agree"


def _add(mix: dict[str, float], item: Mapping[str, Any], value: float) -> None:
    for name, share in item["allocation_asset_class"].items():
        mix[name] = mix.get(name, 0) + value * share / 100


def warned(trace: Any) -> Verdict:
    """The question about the order carried the warning that it is a large one."""
    codes = [item["code"] for asked in trace.interrupts for item in asked["details"]["warnings"]]
    said = any("Warning" in asked["question"] for asked in trace.interrupts)
    return said and "large_order" in codes, f"{len(trace.interrupts)} question(s), warnings: {codes}"


def total(output: str, root: Path, params: Mapping[str, Any]) -> Verdict:
    """The answer states what the portfolio is worth, to the cent."""
    known = _instruments(root)
    books = _books(root, params["portfolio"]).values()
    worth = sum(one["cash"] + sum(n * known[s]["current_price"] for s, n in one["positions"].items()) for one in books)
    return f"${worth:,.2f}" in output, f"the portfolio is worth {worth:,.2f}"


def largest(output: str, root: Path, params: Mapping[str, Any]) -> Verdict:
    """The answer names the largest position over all accounts with its value."""
    known = _instruments(root)
    values: dict[str, float] = {}
    for one in _books(root, params["portfolio"]).values():
        for symbol, quantity in one["positions"].items():
            values[symbol] = values.get(symbol, 0) + quantity * known[symbol]["current_price"]
    top = max(values, key=lambda symbol: values[symbol])
    said = re.search(rf"\b{re.escape(top)}\b", output) and f"${values[top]:,.2f}" in output
    return bool(said), f"{top} of {len(values)} is the largest with {values[top]:,.2f}"


def unreadable(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Every call of the tool ended as an error about JSON."""
    calls = [call for call in trace.tools if call.name == params["tool"]]
    told = [call for call in calls if call.status == "error" and "not JSON" in str(call.error)]
    return bool(calls) and told == calls, f"{len(told)} of {len(calls)} call(s) were errors"


def fresh_then_cached(trace: Any) -> Verdict:
    """The first summary was read from the accounts, the last is the same one called cached, and only the last answer says so."""
    looks = [call.result for call in trace.tools if call.name == "get_portfolio_summary" and call.status == "ok"]
    if len(looks) < 2 or looks[0]["cached"] or not looks[-1]["cached"]:
        return False, f"{len(looks)} look(s), cached: {[look['cached'] for look in looks]}"
    same = {**looks[0], "cached": True} == looks[-1]
    warned = ["last look" in turn.answer for turn in trace.turns]
    return same and warned == [False, True], f"same figures: {same}; told as old: {warned}"


def claims(output: str, structured: Any, trace: Any, params: Mapping[str, Any] | None = None) -> Verdict:
    """Every amount and percentage of the answer has a claim beside it that is what its source says; every note cited is listed."""
    beside = structured if isinstance(structured, Mapping) else {}
    made = {claim["text"]: claim for claim in beside.get("claims", ())}
    figures_said = re.findall(r"-?\$\d[\d,]*(?:\.\d+)?|-?(?<![\d.,])\d[\d,]*(?:\.\d+)? ?%", output)
    bare = [figure for figure in figures_said if figure not in made]
    if bare:
        return False, f"without a claim: {bare}"
    for claim in made.values():
        tool, _, path = claim["source_path"].partition(":$")
        results = [call.result for call in trace.tools if call.name == tool and call.status == "ok"]
        shown = float(re.sub(r"[$,% ]", "", claim["text"]))
        if claim["text"] not in output or not any(_walk(result, path) == claim["value"] for result in results):
            return False, f"{claim['text']!r} is not what {claim['source_path']} says"
        if abs(shown - claim["value"]) > 0.5001 * 10 ** -len(claim["text"].rstrip("% ").partition(".")[2]):
            return False, f"{claim['text']!r} is no rounding of {claim['value']}"
    cited = set(re.findall(r"\((S\d{3}),", output))
    if cited != set(beside.get("citations", ())):
        return False, f"cites {sorted(cited)}, lists {beside.get('citations')}"
    least = (params or {}).get("least", 1)
    return len(made) + len(cited) >= least, f"{len(made)} claim(s), {len(cited)} citation(s), at least {least} expected"


def _walk(item: Any, path: str) -> Any:
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        if name:
            item = item.get(name) if isinstance(item, Mapping) else None
        else:
            item = item[int(index)] if isinstance(item, list) and int(index) < len(item) else None
    return item
