"""The offline policy of the Charter: asks for six views of the portfolio, then draws those that have something to show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from harness.llm.request import ModelReply, ModelRequest, ToolCall

from .phrasing import Voice


class View(NamedTuple):
    """One chart that may be drawn."""

    by: str
    """Dimension to ask the tool for."""

    key: str
    """Key of the chart."""

    type: str
    """Its form."""

    titles: tuple[str, ...]
    """Ways to name it; all mean the same."""

    descriptions: tuple[str, ...]
    """Ways to describe it."""


VIEWS: Final = (
    View("asset_class", "asset_class_distribution", "pie",
         ("Asset Class Distribution", "Allocation by Asset Class", "Asset Mix", "How the Portfolio Is Split"),
         ("How {total} is divided among asset classes.", "Asset classes of the whole portfolio ({total}).")),
    View("region", "geographic_exposure", "bar",
         ("Geographic Exposure", "Allocation by Region", "Where the Money Is Invested", "Regional Split"),
         ("Where {total} is invested; cash is shown apart.", "Regions of the whole portfolio ({total}).")),
    View("sector", "sector_breakdown", "donut",
         ("Sector Breakdown", "Allocation by Sector", "Sectors", "Sector Mix"),
         ("Sectors behind {total}; the smallest are in Other.", "Largest sectors of the portfolio ({total}).")),
    View("account", "account_distribution", "pie",
         ("Account Distribution", "Value by Account", "Accounts", "Where the Money Is Held"),
         ("How {total} is spread over accounts, cash included.", "Value of each account, in all {total}.")),
    View("holding", "top_holdings", "horizontalBar",
         ("Top Holdings", "Largest Holdings", "Holdings by Value", "Biggest Positions"),
         ("The largest holdings of {total}, added up over all accounts.", "Holdings by value, in all {total}.")),
    View("tax", "tax_treatment", "donut",
         ("Tax Treatment", "Value by Tax Treatment", "Tax Split", "How the Money Is Taxed"),
         ("How {total} is divided by tax treatment of the accounts.", "Tax treatment of the whole portfolio ({total}).")),
)  # fmt: skip

_PALETTE: Final = (
    "#2563EB",
    "#047857",
    "#B45309",
    "#BE123C",
    "#6D28D9",
    "#0E7490",
    "#4D7C0F",
    "#9D174D",
    "#7C2D12",
    "#1E3A8A",
)
_GREY: Final = "#6B7280"
_OTHER: Final = "Other"
_MOST_SLICES: Final = 8
_MOST_BARS: Final = 11
_MOST_CHARTS: Final = 6


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Call the tool once for each view, then answer from its rows alone; a pure function of what a model sees."""
    views = _results(request)
    if not views:
        calls = [ToolCall(f"call_{view.by}", "allocation", {"by": view.by}) for view in VIEWS]
        return ModelReply("", tool_calls=tuple(calls), stop_reason="tool_use")
    answer = _answer(views, Voice(seed, noise, "charter"))
    return ModelReply(json.dumps(answer, ensure_ascii=False), stop_reason="end")


def _results(request: ModelRequest) -> dict[str, dict[str, Any]]:
    """What the tool said, by dimension; failed calls are left out."""
    asked = {call.id: str(call.args.get("by")) for message in request.messages for call in message.tool_calls}
    found: dict[str, dict[str, Any]] = {}
    for message in request.messages:
        if message.role == "tool":
            data = _read(message.text) if not message.is_error else None
            found[asked.get(str(message.tool_call_id), "")] = data if isinstance(data, dict) else {}
    return found


def _answer(views: Mapping[str, Mapping[str, Any]], voice: Voice) -> dict[str, Any]:
    charts = [chart for view in VIEWS if (chart := _chart(view, views.get(view.by, {}), voice)) is not None]
    totals = {view["total"] for view in views.values() if "total" in view}
    total = max(totals, default=0.0)
    notes = _notes(views)
    error = _problem(views, charts, totals)
    if error:
        return {"charts": [], "total": total, "notes": notes, "error": error}
    return {"charts": voice.order(charts)[:_MOST_CHARTS], "total": total, "notes": notes}


def _problem(views: Mapping[str, Mapping[str, Any]], charts: Sequence[Any], totals: set[float]) -> str | None:
    """Why no chart can honestly be made."""
    if not totals:
        return "The portfolio's figures could not be read."
    if len(totals) > 1:
        return "The views of the portfolio disagree about its total."
    if not any(view.get("rows") for view in views.values()):
        return "The portfolio is empty: there is no cash and no position with a price."
    return None if charts else "Every view of this portfolio has a single row, which no chart can show."


def _chart(view: View, data: Mapping[str, Any], voice: Voice) -> dict[str, Any] | None:
    rows = [(str(row["name"]), float(row["value"])) for row in data.get("rows", ())]
    if len(rows) < 2:
        return None
    most = _MOST_SLICES if view.type in {"pie", "donut"} else _MOST_BARS
    turn = voice.pick(range(len(_PALETTE)))
    colors = _PALETTE[turn:] + _PALETTE[:turn]
    points = [
        {"name": name, "value": value, "color": _GREY if name == _OTHER else colors[index]}
        for index, (name, value) in enumerate(_shortened(rows, most))
    ]
    return {
        "key": view.key,
        "title": voice.pick(view.titles),
        "type": view.type,
        "description": voice.pick(view.descriptions).format(total=f"${data['total']:,.2f}"),
        "data": points,
    }


def _shortened(rows: Sequence[tuple[str, float]], most: int) -> list[tuple[str, float]]:
    """At most so many rows, the largest first; `Other` takes the rest and stands last."""
    named = sorted((row for row in rows if row[0] != _OTHER), key=lambda row: (-row[1], row[0]))
    left = [value for name, value in rows if name == _OTHER]
    if len(named) + bool(left) > most:
        left += [value for _, value in named[most - 1 :]]
        named = named[: most - 1]
    return [*named, (_OTHER, round(sum(left), 2))] if left else named


def _notes(views: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a reader must know besides the charts."""
    first: Mapping[str, Any] = next((view for view in views.values() if "rows" in view), {})
    notes = [f"{item['symbol']} is left out: {item['reason']}." for item in first.get("excluded", ())]
    stale = first.get("stale", ())
    if stale:
        symbols = ", ".join(item["symbol"] for item in stale)
        oldest = min(item["price_date"] for item in stale)
        notes.append(f"Prices of {symbols} are not current; the oldest is from {oldest}."[:300])
    if any(row["name"] == "Unclassified" for row in views.get("asset_class", {}).get("rows", ())):
        notes.append("Some holdings are not classified yet and are shown as Unclassified.")
    missing = [view.by.replace("_", " ") for view in VIEWS if not views.get(view.by)]
    if missing:
        notes.append(f"No figures could be read for: {', '.join(missing)}.")
    return notes


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
