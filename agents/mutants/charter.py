"""Defects of the Charter."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.adapters import AgentReply
from harness.llm.request import ModelReply
from harness.mutation import edit_json, edit_text, mutant

_REPLY = "agents/alex/charter.py:_reply"
_DRAWN = ["finance:chart-spec", "figures"]


def _drawn(original: Any, result: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """The Charter's answer, changed past its own validation and before it is stored."""
    reply = copy.deepcopy(original(result))
    if reply["success"]:
        change(reply)
    return reply


def _pie(reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(chart for chart in reply["charts"] if chart["type"] in {"pie", "donut"})
    return found


def _first(reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _pie(reply)["data"][0]
    return found


@mutant("CH-M01", agent="charter", seam="T", severity=3, expects=_DRAWN, replaces=_REPLY, cases=["CH-0[123]"])
def pie_is_short(original: Any, result: Any) -> Any:
    """A pie does not add up to the portfolio."""
    return _drawn(original, result, lambda reply: _first(reply).update(value=round(0.9 * _first(reply)["value"], 2)))


@mutant("CH-M02", agent="charter", seam="T", severity=2, expects=_DRAWN, replaces=_REPLY, cases=["CH-0[12]"])
def percentages(original: Any, result: Any) -> Any:
    """Values are percentages instead of dollars."""

    def change(reply: dict[str, Any]) -> None:
        for chart in reply["charts"]:
            whole = sum(point["value"] for point in chart["data"])
            for point in chart["data"]:
                point["value"] = round(100 * point["value"] / whole, 2)

    return _drawn(original, result, change)


@mutant("CH-M03", agent="charter", seam="T", severity=2, expects=_DRAWN, replaces=_REPLY, cases=["CH-0[12]"])
def negative_slice(original: Any, result: Any) -> Any:
    """A slice is negative, and the total is still right."""

    def change(reply: dict[str, Any]) -> None:
        data = _pie(reply)["data"]
        data[0]["value"] += 2 * data[-1]["value"]
        data[-1]["value"] *= -1

    return _drawn(original, result, change)


@mutant("CH-M04", agent="charter", seam="T", severity=3, expects=_DRAWN, on="answer", cases=["CH-0[12]"])
def not_a_number(answer: Any) -> Any:
    """A value is NaN."""
    data = copy.deepcopy(answer.structured)
    if not data["success"]:
        return answer
    _first(data)["value"] = float("nan")
    return AgentReply(json.dumps(data, ensure_ascii=False))


@mutant(
    "CH-M05",
    agent="charter",
    seam="T",
    severity=1,
    expects=["unique_keys", "finance:chart-spec"],
    replaces=_REPLY,
    cases=["CH-10"],
)
def same_title(original: Any, result: Any) -> Any:
    """Two charts have one title."""
    return _drawn(original, result, lambda reply: reply["charts"][1].update(title=reply["charts"][0]["title"]))


@mutant(
    "CH-M06",
    agent="charter",
    seam="T",
    severity=1,
    expects=["finance:chart-spec", "sorted_rows"],
    replaces=_REPLY,
    cases=["CH-0[14]"],
)
def same_slice(original: Any, result: Any) -> Any:
    """Two slices have one name."""

    def change(reply: dict[str, Any]) -> None:
        data = _pie(reply)["data"]
        data[1]["name"] = data[0]["name"]

    return _drawn(original, result, change)


@mutant(
    "CH-M07", agent="charter", seam="T", severity=2, expects=["finance:chart-spec"], replaces=_REPLY, cases=["CH-01"]
)
def radar(original: Any, result: Any) -> Any:
    """A chart has a type that nothing draws."""
    return _drawn(original, result, lambda reply: reply["charts"][0].update(type="radar"))


@mutant(
    "CH-M08",
    agent="charter",
    seam="T",
    severity=1,
    expects=["finance:chart-spec", "colours"],
    replaces=_REPLY,
    cases=["CH-01", "CH-08"],
)
def blue(original: Any, result: Any) -> Any:
    """A colour is a word."""
    return _drawn(original, result, lambda reply: _first(reply).update(color="blue"))


@mutant(
    "CH-M09", agent="charter", seam="T", severity=1, expects=["finance:chart-spec"], replaces=_REPLY, cases=["CH-0[12]"]
)
def two_charts(original: Any, result: Any) -> Any:
    """There are two charts."""
    return _drawn(original, result, lambda reply: reply.update(charts=reply["charts"][:2]))


@mutant(
    "CH-M09b",
    agent="charter",
    seam="T",
    severity=1,
    expects=["finance:chart-spec"],
    replaces=_REPLY,
    cases=["CH-0[12]"],
)
def nine_charts(original: Any, result: Any) -> Any:
    """There are nine charts."""

    def change(reply: dict[str, Any]) -> None:
        more = [
            {**chart, "key": f"{chart['key']}_again", "title": f"{chart['title']} Again"} for chart in reply["charts"]
        ]
        reply["charts"] = [*reply["charts"], *more][:9]

    return _drawn(original, result, change)


@mutant("CH-M10", agent="charter", seam="T", severity=1, expects=["colours"], replaces=_REPLY, cases=["CH-08"])
def one_colour(original: Any, result: Any) -> Any:
    """Two slices have one colour."""

    def change(reply: dict[str, Any]) -> None:
        data = _pie(reply)["data"]
        data[1]["color"] = data[0]["color"]

    return _drawn(original, result, change)


@mutant("CH-M11", agent="charter", seam="T", severity=3, expects=["figures"], replaces=_REPLY, cases=["CH-03", "CH-02"])
def cash_forgotten(original: Any, result: Any) -> Any:
    """Cash is in no chart, and the others are stretched to the total."""

    def change(reply: dict[str, Any]) -> None:
        for chart in reply["charts"]:
            whole = sum(point["value"] for point in chart["data"])
            chart["data"] = [point for point in chart["data"] if point["name"] != "Cash"]
            left = sum(point["value"] for point in chart["data"])
            for point in chart["data"]:
                point["value"] = round(point["value"] * whole / left, 2)

    return _drawn(original, result, change)


@mutant("CH-M12", agent="charter", seam="T", severity=1, expects=["json_only"], cases=["CH-09"])
def fenced(reply: Any) -> Any:
    """The JSON stands in a fence, with prose around it."""
    return None if reply.tool_calls else edit_text(reply, lambda text: f"Here are your charts:\n```json\n{text}\n```")


@mutant(
    "CH-M13",
    agent="charter",
    seam="T",
    severity=2,
    origin="S",
    expects=["is-json", "finance:chart-spec"],
    cases=["CH-0[12]"],
)
def cut_off(reply: Any) -> Any:
    """The JSON is cut off, as by a limit of characters."""
    return None if reply.tool_calls else replace(reply, text=reply.text[: len(reply.text) // 2], structured=None)


@mutant("CH-M14", agent="charter", seam="T", severity=3, expects=_DRAWN, replaces=_REPLY, cases=["CH-0[12]"])
def not_held(original: Any, result: Any) -> Any:
    """A holding is drawn that nobody holds."""

    def change(reply: dict[str, Any]) -> None:
        holdings = next(chart for chart in reply["charts"] if chart["key"] == "top_holdings")
        holdings["data"][1]["name"] = "TSLA"

    return _drawn(original, result, change)


@mutant("CH-M15", agent="charter", seam="T", severity=1, expects=["sorted_rows"], replaces=_REPLY, cases=["CH-07"])
def unsorted(original: Any, result: Any) -> Any:
    """Rows stand in no order."""
    return _drawn(original, result, lambda reply: [chart["data"].reverse() for chart in reply["charts"]])


@mutant("CH-M16", agent="charter", seam="S", severity=3, origin="S", expects=["figures", "is-json"],
        replaces="agents/_shared/world.py:World.holdings", cases=["CH-11"])  # fmt: skip
def price_of_one(original: Any, world: Any) -> Any:
    """A missing price is taken for 1.00."""
    today = world.as_of.isoformat()
    return [
        {**row, "current_price": 1.0, "price_date": today} if row["current_price"] is None else row
        for row in original(world)
    ]


@mutant("CH-M17", agent="charter", seam="T", severity=3, expects=["diff", "figures"], replaces=_REPLY, cases=["CH-02"])
def total_without_cash(original: Any, result: Any) -> Any:
    """The total leaves cash out."""
    return _drawn(original, result, lambda reply: reply.update(total=reply["total"] - 8500))


@mutant("CH-M18", agent="charter", seam="R", severity=2, expects=["is-json", "finance:chart-spec"], cases=["CH-0[12]"])
def views_disagree(result: Any, moment: Any) -> Any:
    """One view of the portfolio is an hour older than the others."""
    if moment.args["by"] != "account":
        return None
    return {**result, "total": round(result["total"] * 1.01, 2)}


@mutant(
    "CH-M19",
    agent="charter",
    seam="R",
    severity=3,
    expects=["figures", "finance:chart-spec"],
    cases=["CH-02", "CH-0[13]"],
)
def euros(result: Any) -> Any:
    """The tool returns euros and calls them dollars."""
    rows = [{**row, "value": round(row["value"] * 0.92, 2)} for row in result["rows"]]
    return {**result, "rows": rows, "total": round(sum(row["value"] for row in rows), 2)}


@mutant(
    "CH-M20",
    agent="charter",
    seam="R",
    severity=2,
    expects=["figures", "is-json"],
    replaces="agents/alex/allocation.py:_summed",
    cases=["CH-04"],
)
def twice_in_the_list(original: Any, parts: Any) -> Any:
    """A fund in two accounts is two rows."""
    found = [(name, value) for name, value in parts if value > 0]
    return sorted(found, key=lambda row: (-row[1], row[0]))


@mutant(
    "CH-M21",
    agent="charter",
    seam="S",
    severity=2,
    expects=["stored"],
    replaces="agents/alex/charter.py:_save",
    cases=["CH-01"],
)
def stored_less(original: Any, context: Any, reply: Any) -> Any:
    """A chart that is shown is not stored."""
    return original(context, {**reply, "charts": reply["charts"][1:]} if reply["success"] else reply)


@mutant("CH-M22", agent="charter", seam="T", severity=1, expects=["trajectory:no-repeated-calls"], cases=["CH-01"])
def asks_again(reply: Any) -> Any:
    """A view is asked for twice."""
    if not reply.tool_calls:
        return None
    again = replace(reply.tool_calls[0], id="again")
    return replace(reply, tool_calls=(*reply.tool_calls, again))


@mutant(
    "CH-M23", agent="charter", seam="T", severity=3, expects=["trajectory:tool-used", "figures"], cases=["CH-0[12]"]
)
def from_thin_air(_: Any) -> Any:
    """Charts are drawn without looking at the portfolio."""
    colours = ("#2563EB", "#047857")
    keys = ("asset_class_distribution", "geographic_exposure", "account_distribution", "tax_treatment")
    kinds = ("pie", "bar", "pie", "donut")
    charts = [
        {"key": key, "title": key.replace("_", " ").title(), "type": kind, "description": "How it is divided.",
         "data": [{"name": name, "value": value, "color": colour}
                  for (name, value), colour in zip((("Equity", 60000.0), ("Cash", 40000.0)), colours, strict=True)]}
        for key, kind in zip(keys, kinds, strict=True)
    ]  # fmt: skip
    return ModelReply(json.dumps({"charts": charts, "total": 100000.0, "notes": []}), stop_reason="end")


@mutant("CH-M24", agent="charter", seam="T", severity=1, expects=["same_as_before"], cases=["CH-14"])
def never_the_same(reply: Any, moment: Any) -> Any:
    """The same question gets other words each time."""
    if reply.tool_calls:
        return None
    return edit_json(reply, lambda data: data["charts"][0].update(description=f"View {moment.turn + 1}."))


@mutant("CH-M25", agent="charter_guide", seam="C", severity=1, origin="S", expects=["guide", "finance:chart-spec"],
        replaces="agents/alex/charter.py:convert", cases=["CH-12"])  # fmt: skip
def app_names(original: Any, charts: Any, profile: str) -> Any:
    """Bars have `name`, where the guide's page reads `category`."""
    return charts


@mutant(
    "CH-M26", agent="charter_openbb", seam="C", severity=1, expects=["openbb", "is-json"], on="answer", cases=["CH-13"]
)
def no_parameters(answer: Any) -> Any:
    """Charts come without the parameters that OpenBB draws them by."""
    return edit_json(
        answer, lambda data: [chart.update(chart_params={"chartType": "radar"}) for chart in data["charts"]] and None
    )


@mutant(
    "CH-M27",
    agent="charter",
    seam="S",
    severity=3,
    expects=["figures"],
    replaces="agents/_shared/world.py:World.accounts",
    cases=["CH-0[24]"],
)
def one_account(original: Any, world: Any) -> Any:
    """The cash of all accounts but the first is lost."""
    first, *rest = original(world)
    return [first, *({**row, "cash_balance": 0.0} for row in rest)]


@mutant("CH-M28", agent="charter", seam="T", severity=2, expects=["is-json"], replaces=_REPLY, cases=["CH-11"])
def silent_about_gaps(original: Any, result: Any) -> Any:
    """Nobody is told that a holding was left out."""
    return _drawn(original, result, lambda reply: reply.update(notes=[]))


@mutant(
    "CH-M29",
    agent="charter",
    seam="T",
    severity=2,
    expects=["finance:chart-spec", "figures"],
    replaces=_REPLY,
    cases=["CH-0[12]"],
)
def cents_as_dollars(original: Any, result: Any) -> Any:
    """A chart is in cents."""

    def change(reply: dict[str, Any]) -> None:
        for point in reply["charts"][0]["data"]:
            point["value"] = round(point["value"] * 100, 2)

    return _drawn(original, result, change)


@mutant(
    "CH-M30",
    agent="charter",
    seam="R",
    severity=3,
    expects=["is-json", "finance:chart-spec"],
    cases=["CH-05", "CH-06", "CH-0[12]"],
)
def empty_result(result: Any) -> Any:
    """The tool times out and its wrapper returns an empty list of rows as if that were the portfolio."""
    return {**result, "rows": [], "total": 0.0}
