"""Checks on the Retirement agent against a second simulation: discounted flows instead of a walk, on the same random numbers."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]
SHIFT = {"pessimistic": -1.0, "base": 0.0, "optimistic": 1.0}


def recomputed(structured: Any, root: Path, params: Mapping[str, Any]) -> Verdict:
    """All three success rates and medians are those of the second simulation, path by path."""
    if not _good(structured):
        return False, "there is no projection"
    for scenario, found in structured["scenarios"].items():
        plan = _plan(root, params, structured["assumptions"], SHIFT[scenario])
        rate, median = _simulated(plan, structured["assumptions"])
        if abs(rate - found["success_rate"]) > 1.5 / structured["assumptions"]["n"]:
            return False, f"{scenario}: success rate {found['success_rate']}, recomputed {rate}"
        if abs(median - found["median_at_retirement"]) > 0.02:
            return False, f"{scenario}: median {found['median_at_retirement']:,.2f}, recomputed {median:,.2f}"
    inputs = structured["assumptions"]
    return inputs["n"] >= 10_000, f"three scenarios agree with a second simulation of {inputs['n']:,} paths"


def table(trace: Any, output: str, root: Path, params: Mapping[str, Any]) -> Verdict:
    """The yearly table is right for every year, and the text shows the year of retirement whatever the horizon."""
    found = next((call.result for call in trace.tools if call.name == "project" and call.status == "ok"), None)
    if found is None:
        return False, "nothing was projected"
    plan = _plan(root, params, found["inputs"], 0.0)
    value, expected = plan["value"], [plan["value"]]
    for flow in plan["flows"]:
        value = value * (1 + plan["mean"]) + flow if value > 0 or flow > 0 else 0.0
        value = max(value, 0.0)
        expected.append(value)
    for row, worth in zip(found["rows"], expected, strict=True):
        if abs(row["value"] - worth) > 0.02:
            return False, f"year {row['year']}: {row['value']:,.2f}, recomputed {worth:,.2f}"
    retires = found["inputs"]["years"]
    shown = f"${expected[retires]:,.2f}" in output and re.search(rf"\|\s*{retires}\s*\|", output) is not None
    return shown, f"{len(expected)} years agree; year {retires} is shown: {shown}"


def closed_form(structured: Any, trace: Any, root: Path, params: Mapping[str, Any]) -> Verdict:
    """Without volatility, the value at retirement is that of the annuity formula, and every path is the same."""
    if not _good(structured):
        return False, "there is no projection"
    plan = _plan(root, params, structured["assumptions"], 0.0)
    years, mean = structured["assumptions"]["years"], plan["mean"]
    factor = (1 + mean) ** years
    wanted = plan["value"] * factor + structured["assumptions"]["contribution"] * (factor - 1) / mean
    runs = [call.result for call in trace.tools if call.name == "simulate" and call.result["scenario"] == "base"]
    spread = {worth for run in runs for worth in run["at_retirement"].values()}
    found = structured["scenarios"]["base"]["median_at_retirement"]
    same = len(spread) == 1 and structured["success_rate"] in {0.0, 1.0}
    return same and abs(found - wanted) < 0.02, f"{found:,.2f} at retirement, formula {wanted:,.2f}"


def interval(structured: Any) -> Verdict:
    """The interval is the 95 % Wilson interval of that rate for that number of paths."""
    if not _good(structured):
        return False, "there is no projection"
    rate, n = structured["success_rate"], structured["assumptions"]["n"]
    middle, square = rate + 1.96**2 / (2 * n), 1.96**2 / n
    half = 1.96 * math.sqrt(rate * (1 - rate) / n + square / (4 * n))
    low, high = max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))
    good = abs(low - structured["ci_low"]) < 2e-5 and abs(high - structured["ci_high"]) < 2e-5
    return good, f"{structured['ci_low']} to {structured['ci_high']}, expected {low:.6f} to {high:.6f}"


def ordered(structured: Any) -> Verdict:
    """A better scenario expects more, ends higher and succeeds at least as often."""
    if not _good(structured):
        return False, "there is no projection"
    rows = [structured["scenarios"][name] for name in ("pessimistic", "base", "optimistic")]
    returns = [row["expected_return_percent"] for row in rows]
    medians = [row["median_at_retirement"] for row in rows]
    rates = [row["success_rate"] for row in rows]
    good = returns == sorted(set(returns)) and medians == sorted(medians) and rates == sorted(rates)
    return good, f"rates {rates}, returns {returns}"


def levers(structured: Any, root: Path, params: Mapping[str, Any] | None) -> Verdict:
    """Every lever that is in reach really reaches its goal, in a second simulation too, and moves the right way."""
    if not _good(structured):
        return False, "there is no projection"
    inputs, found = structured["assumptions"], {one["lever"]: one for one in structured["levers"]}
    better = structured["success_rate"] >= 0.8
    if set(found) != {"saving", "years", "income"}:
        return False, f"levers: {sorted(found)}"
    for name, key, sign in (("saving", "contribution", 1), ("years", "years", 1), ("income", "target_income", -1)):
        one = found[name]
        if one["reachable"] and one["success_rate"] < 0.8:
            return False, f"{name} is said to reach 80 %, but reaches {one['success_rate']}"
        if one["reachable"] and params and (reached := _with_lever(root, params, inputs, key, one["amount"])) < 0.8:
            return False, f"{name} of {one['amount']:,.0f} reaches {reached} in a second simulation, not 80 %"
        if one["reachable"] and not better and (one["amount"] - inputs[key]) * sign <= 0:
            return False, f"{name} is to go from {inputs[key]} to {one['amount']}, the wrong way"
    return True, f"{sum(one['reachable'] for one in found.values())} lever(s) in reach"


def _with_lever(root: Path, params: Mapping[str, Any], inputs: Mapping[str, Any], key: str, amount: float) -> float:
    """The success rate with one lever set, on the same random numbers."""
    changed = {**inputs, key: round(amount) if key == "years" else amount}
    plan = _plan(root, {name: item for name, item in params.items() if name != "inputs"}, changed, 0.0)
    return _simulated(plan, changed)[0]


def moved(trace: Any, params: Mapping[str, Any]) -> Verdict:
    """From the first turn to the second, the success rate rises or falls as it must."""
    found = [turn.structured.get("success_rate") for turn in trace.turns if isinstance(turn.structured, Mapping)]
    rates = [rate for rate in found if rate is not None]
    if len(rates) != 2:
        return False, f"success rates: {found}"
    good = rates[1] > rates[0] if params["way"] == "up" else rates[1] < rates[0]
    return good, f"from {rates[0]} to {rates[1]}"


def same_as_before(trace: Any) -> Verdict:
    """Asked twice with the same seed, every simulated path is the same."""
    answers = [turn.answer for turn in trace.turns]
    paths = [call.result["paths_sha256"] for call in trace.tools if call.name == "simulate" and call.status == "ok"]
    half = len(paths) // 2
    good = len(answers) == 2 and answers[0] == answers[1] and half >= 3 and paths[:half] == paths[half:]
    return good, f"{len(answers)} answers, {len(set(paths))} different sets of paths in {len(paths)} simulations"


def told(output: str, structured: Any) -> Verdict:
    """The text gives the rate and its interval as the tool did, explains them, promises nothing and states the limits."""
    if not _good(structured):
        return False, "there is no projection"
    for name in ("success_rate", "ci_low", "ci_high"):
        exact = 100 * structured[name]
        stated = re.findall(r"(\d+(?:\.\d+)?) ?%", output)
        if not any(abs(float(one) - exact) <= 0.5 * 10 ** -len(one.partition(".")[2]) + 1e-9 for one in stated):
            return False, f"the text does not give {name}, {exact:.2f} %"
    promise = re.search(
        r"(?<!no result is )(?<!nothing here is )\bguaranteed?\b|risk[- ]free|will definitely|certain to",
        output,
        re.IGNORECASE,
    )
    limits = re.search(r"\bnot?\b[^.\n]{0,40}\badvice\b", output, re.IGNORECASE)
    return promise is None and limits is not None, f"promise: {promise and promise[0]!r}; limits: {limits is not None}"


def refused(output: str, structured: Any, trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Nothing was projected, and the reader is told what is missing in words."""
    data = structured if isinstance(structured, Mapping) else {}
    if data.get("success") is not False or any(call.name == "simulate" for call in trace.tools):
        return False, "something was projected, or no refusal was given"
    silent = [words for words in params["says"] if words not in output.lower()]
    figures = re.findall(r"\d[\d,.]*", output)
    return not silent and not figures, f"not said: {silent}; figures: {figures}"


def _good(structured: Any) -> bool:
    return isinstance(structured, Mapping) and structured.get("success") is True


def _plan(root: Path, params: Mapping[str, Any], inputs: Mapping[str, Any], shift: float) -> dict[str, Any]:
    """The plan from the data files; only the user's inputs are taken from the answer, and they are compared with the case's."""
    data = root / "agents" / "data"
    chosen = json.loads((data / "assumptions.json").read_text("utf-8"))[params.get("assumptions", "original")]
    for name, wanted in params.get("inputs", {}).items():
        assert inputs[name] == wanted, f"{name} is {inputs[name]}, the case says {wanted}"
    parts = _split(data, params["portfolio"])
    total = sum(parts.values())
    mean = sum(worth / total * chosen["classes"][name][0] for name, worth in parts.items())
    variance = sum((worth / total * chosen["classes"][name][1]) ** 2 for name, worth in parts.items())
    years, rises = inputs["years"], 1 + inputs["inflation_percent"] / 100
    late = 0 if chosen["income_in"] == "retirement_dollars" else years
    paid = [-inputs["target_income"] * rises ** (late + k) for k in range(1, chosen["years_in_retirement"] + 1)]
    return {
        "value": round(total + 1e-9, 2),
        "mean": (mean + shift * chosen["scenario_shift"]) / 100,
        "volatility": math.sqrt(variance) / 100,
        "flows": [inputs["contribution"]] * years + paid,
        "years": years,
    }


def _simulated(plan: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[float, float]:
    """Success rate and median at retirement: the flows of each path, discounted to today."""
    import numpy as np  # noqa: PLC0415 - only the grading side of these cases needs it

    luck = np.random.default_rng(inputs["seed"]).standard_normal((len(plan["flows"]), inputs["n"]))
    growth = np.maximum(1 + plan["mean"] + plan["volatility"] * luck, 1e-12).cumprod(axis=0)
    worth = plan["value"] + (np.array(plan["flows"])[:, None] / growth).cumsum(axis=0)
    median = plan["value"] if not plan["years"] else np.median((worth * growth)[plan["years"] - 1])
    return float((worth > 0).all(axis=0).mean()), float(median)


def _split(data: Path, portfolio: str) -> dict[str, float]:
    """Value by asset class."""
    known = {item["symbol"]: item for item in json.loads((data / "instruments.json").read_text("utf-8"))}
    chosen = json.loads((data / "portfolios.json").read_text("utf-8"))[portfolio]
    parts: dict[str, float] = defaultdict(float)
    for account in chosen["accounts"]:
        parts["cash"] += account["cash"]
        for symbol, count in account["positions"].items():
            if symbol not in chosen.get("unpriced", ()):
                for name, share in known[symbol]["allocation_asset_class"].items():
                    parts[name] += count * known[symbol]["current_price"] * share / 100
    return {name: worth for name, worth in parts.items() if worth}
