"""Checks on the Charter against a second computation of the portfolio, made from the data files alone."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]

DIMENSIONS = {
    "asset_class_distribution": "allocation_asset_class",
    "geographic_exposure": "allocation_regions",
    "sector_breakdown": "allocation_sectors",
    "account_distribution": "account",
    "tax_treatment": "tax",
    "top_holdings": "holding",
}
CENT = 0.011


def figures(structured: Any, root: Path, params: Mapping[str, Any]) -> Verdict:
    """Every row of every chart is what the portfolio's data say, to the cent, and every chart is the whole portfolio."""
    charts = _charts(structured)
    if not charts:
        return False, "there are no charts"
    for chart in charts:
        dimension = DIMENSIONS.get(str(chart.get("key")))
        if dimension is None:
            return False, f"a chart has the unknown key {chart.get('key')!r}"
        expected = _split(root, params["portfolio"], dimension)
        if problem := _differs(chart, expected):
            return False, f"{chart['key']}: {problem}"
    total = sum(_split(root, params["portfolio"], "holding").values())
    if abs(structured.get("total", 0) - total) > CENT:
        return False, f"total is {structured.get('total')}, the portfolio is worth {total:,.2f}"
    return True, f"{len(charts)} chart(s) agree with a portfolio of {total:,.2f}"


def colours(structured: Any) -> Verdict:
    """All colours are #RRGGBB and differ within a chart."""
    charts = _charts(structured)
    for chart in charts:
        found = [str(point.get("color")).upper() for point in chart["data"]]
        if wrong := [color for color in found if not re.fullmatch(r"#[0-9A-F]{6}", color)]:
            return False, f"{chart['key']}: {wrong[0]!r} is no hexadecimal colour"
        if len(set(found)) < len(found):
            return False, f"{chart['key']}: a colour is used twice"
    return bool(charts), f"colours of {len(charts)} chart(s) looked at"


def sorted_rows(structured: Any) -> Verdict:
    """Rows are sorted, the largest first, with Other last; no chart has two rows of one name, or fewer than two."""
    charts = _charts(structured)
    for chart in charts:
        names = [point["name"] for point in chart["data"]]
        values = [point["value"] for point in chart["data"] if point["name"] != "Other"]
        if values != sorted(values, reverse=True):
            return False, f"{chart['key']} is not sorted"
        if "Other" in names[:-1]:
            return False, f"{chart['key']}: Other is not last"
        if len(set(names)) < len(names) or len(names) < 2:
            return False, f"{chart['key']} has rows {names}"
    return bool(charts), f"rows of {len(charts)} chart(s) looked at"


def json_only(trace: Any) -> Verdict:
    """The model's last answer is one JSON object, without prose or a fence around it."""
    last = str(trace.models[-1].result or "") if trace.models else ""
    # The recorded text may be shortened at its end; its beginning is always whole.
    ends = last.rstrip().endswith("}") or "… (+" in last[-30:]
    return last.startswith("{") and ends, f"the model's answer begins with {last[:20]!r} and ends with {last[-20:]!r}"


def unique_keys(structured: Any) -> Verdict:
    """No two charts have the same key or title."""
    charts = _charts(structured)
    for name in ("key", "title"):
        found = [chart.get(name) for chart in charts]
        if len(set(found)) < len(found):
            return False, f"{name}s are {found}"
    return bool(charts), f"keys of {len(charts)} chart(s) looked at"


def stored(structured: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """The job's row holds exactly the charts of the answer, by key."""
    charts = _charts(structured)
    payload = artifacts["jobs"][0]["charts_payload"] or {}
    if not charts or list(payload) != [chart["key"] for chart in charts]:
        return False, f"the job holds {list(payload)}"
    same = all(payload[chart["key"]]["data"] == chart["data"] for chart in charts)
    return same, f"the job holds {len(payload)} chart(s)"


def same_as_before(trace: Any) -> Verdict:
    """Asked twice with the same seed, the answer is the same, byte for byte."""
    answers = [turn.answer for turn in trace.turns]
    if len(answers) < 2 or '"charts": [{' not in answers[0]:
        return False, f"{len(answers)} answer(s), the first without charts"
    return len(set(answers)) == 1, f"{len(set(answers))} different answer(s) in {len(answers)} turns"


def openbb(structured: Any) -> Verdict:
    """Every chart is an artifact that OpenBB Workspace can draw: its parameters name keys that every row has."""
    charts = structured.get("charts") if isinstance(structured, Mapping) else None
    for chart in charts or []:
        parameters = chart["chart_params"]
        kind = parameters["chartType"]
        keys = (
            [parameters["angleKey"], parameters["calloutLabelKey"]]
            if kind in {"pie", "donut"}
            else [parameters["xKey"], *parameters["yKey"]]
        )
        if kind not in {"pie", "donut", "bar", "line", "scatter"}:
            return False, f"OpenBB draws no {kind!r}"
        if chart["type"] != "chart" or not all(set(keys) <= set(row) for row in chart["content"]):
            return False, f"{chart['name']}: a row lacks one of {keys}"
    return bool(charts), f"{len(charts or [])} artifact(s) looked at"


def guide(structured: Any) -> Verdict:
    """Every chart satisfies the guide's validator: pies have name and value, bars have category."""
    charts = structured.get("charts") if isinstance(structured, Mapping) else None
    for chart in charts or []:
        wanted = {"pie": {"name", "value"}, "bar": {"category"}}.get(chart["type"], set())
        if not all(wanted <= set(point) for point in chart["data"]):
            return False, f"{chart['key']}: a {chart['type']} row lacks one of {sorted(wanted)}"
    bars = [chart for chart in charts or [] if chart["type"] == "bar"]
    return bool(bars), f"{len(charts or [])} chart(s) looked at, {len(bars)} of them bars"


def _charts(structured: Any) -> list[Mapping[str, Any]]:
    found = structured.get("charts") if isinstance(structured, Mapping) else None
    return [chart for chart in found or [] if isinstance(chart, Mapping)]


def _differs(chart: Mapping[str, Any], expected: Mapping[str, float]) -> str | None:
    left = dict(expected)
    for point in chart["data"]:
        if point["name"] == "Other":
            continue
        if point["name"] not in left:
            return f"{point['name']!r} is not in the portfolio"
        worth = left.pop(point["name"])
        if abs(worth - point["value"]) > CENT:
            return f"{point['name']} is {point['value']:,.2f}, expected {worth:,.2f}"
    other = sum(point["value"] for point in chart["data"] if point["name"] == "Other")
    rest = sum(left.values())
    return None if abs(other - rest) <= CENT * (len(left) + 1) else f"Other is {other:,.2f}, expected {rest:,.2f}"


def _split(root: Path, portfolio: str, dimension: str) -> dict[str, float]:
    data = root / "agents" / "data"
    instruments = {item["symbol"]: item for item in json.loads((data / "instruments.json").read_text("utf-8"))}
    chosen = json.loads((data / "portfolios.json").read_text("utf-8"))[portfolio]
    parts: dict[str, float] = defaultdict(float)
    for account in chosen["accounts"]:
        own = {"account": account["name"], "tax": account["tax"].replace("_", " ").title()}
        parts[own.get(dimension, "Cash")] += account["cash"]
        for symbol, quantity in account["positions"].items():
            if symbol in chosen.get("unpriced", ()):
                continue
            worth = quantity * instruments[symbol]["current_price"]
            if dimension in own or dimension == "holding":
                parts[own.get(dimension, symbol)] += worth
                continue
            shares = None if symbol in chosen.get("untagged", ()) else instruments[symbol][dimension]
            for name, share in (shares or {"unclassified": 100}).items():
                parts[name.replace("_", " ").title()] += worth * share / 100
    return {name: worth for name, worth in parts.items() if worth > 0}


def left_out(structured: Any, params: Mapping[str, Any]) -> Verdict:
    """Each of these symbols is in a note with its reason, and in no chart."""
    notes = structured.get("notes", []) if isinstance(structured, Mapping) else []
    drawn = {point["name"] for chart in _charts(structured) for point in chart["data"]}
    for symbol, reason in params["symbols"].items():
        if symbol in drawn:
            return False, f"{symbol} is drawn"
        if not any(note.startswith(symbol) and reason in note for note in notes):
            return False, f"no note says that {symbol} is left out because {reason}"
    return bool(drawn), f"{len(params['symbols'])} symbol(s) named as left out"


def unreadable(trace: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """Every view was an error about JSON, and nothing was stored as charts."""
    told = [call.status == "error" and "not JSON" in str(call.error) for call in trace.tools]
    stored_charts = artifacts["jobs"][0]["charts_payload"]
    return bool(told) and all(told) and not stored_charts, f"{sum(told)} of {len(told)} call(s) were errors"
