"""Harmless changes that no check may take for a defect."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.llm.request import ToolCall
from harness.mutation import benign, edit_json, edit_text

_COLOURS = (
    "#1D4ED8",
    "#0F766E",
    "#B91C1C",
    "#7E22CE",
    "#A16207",
    "#0369A1",
    "#4D7C0F",
    "#BE185D",
    "#334155",
    "#C2410C",
    "#15803D",
)


def _report(reply: Any, change: Callable[[str], str]) -> Any:
    """A report with its markdown changed as the model wrote it."""
    if reply.tool_calls:
        return None

    def edit(data: Any) -> None:
        data["markdown"] = change(data["markdown"])

    return edit_json(reply, lambda data: edit(data) if "markdown" in data else None)


@benign("B01", agent="reporter", seam="T", model="offline-noisy", cases=["RP-01", "RP-02", "RP-09"])
def paraphrased(reply: Any) -> Any:
    """The report is in other words."""
    words = (
        ("The largest part is", "Most of it is"),
        (
            "It softens falls, and in good years it is a drag on the return.",
            "It cushions falls and, in good years, is a drag.",
        ),
        ("Values are quantities times", "Each value is a quantity times"),
    )

    def said(text: str) -> str:
        for old, new in words:
            text = text.replace(old, new)
        return text

    return _report(reply, said)


@benign("B02", agent="reporter", seam="T", cases=["RP-01", "RP-05", "RP-11"])
def sections_moved(reply: Any, moment: Any) -> Any:
    """Sections stand in another order."""

    def moved(text: str) -> str:
        head, *parts = re.split(r"(?=^## )", text, flags=re.MULTILINE)
        first, *rest = [part.rstrip("\n") for part in parts]
        moment.random.shuffle(rest)
        return head + "\n\n".join([first, *rest]) + "\n"

    return _report(reply, moved)


@benign("B03", agent="reporter", seam="T", cases=["RP-01", "RP-12"])
def rounded_total(reply: Any, moment: Any) -> Any:
    """The total is repeated as a round figure."""
    words = moment.random.choice(("about $99 thousand", "roughly $99.4 thousand", "about $99,400", "around $99k"))
    return _report(
        reply,
        lambda text: text.replace(
            "## Portfolio Overview\n\n", f"## Portfolio Overview\n\nIn round figures, {words}. ", 1
        ),
    )


@benign("B04", agent="reporter", seam="T", cases=["RP-01", "RP-12"])
def whole_percent(reply: Any) -> Any:
    """A percentage is given without decimals."""
    return _report(reply, lambda text: text.replace("71.95 %.", "about 72 %.", 1))


@benign("B05", agent="charter", seam="T", cases=["CH-01", "CH-02", "CH-08"])
def drawn_otherwise(reply: Any, moment: Any) -> Any:
    """Charts stand in another order, in other colours, with a donut for a pie."""
    if reply.tool_calls:
        return None

    def edit(data: Any) -> None:
        moment.random.shuffle(data["charts"])
        for chart in data["charts"]:
            chart["type"] = "donut" if chart["type"] == "pie" else chart["type"]
            colours = moment.random.sample(_COLOURS, len(chart["data"]))
            for point, colour in zip(chart["data"], colours, strict=True):
                point["color"] = colour

    return edit_json(reply, edit)


@benign("B06", agent="portfolio", seam="T", cases=["PQ-02", "PQ-03", "PQ-04"])
def one_more_look(reply: Any, moment: Any) -> Any:
    """One more look at the accounts is taken, within the budget."""
    if not reply.tool_calls or moment.called:
        return None
    look = ToolCall("look", "get_account_activities", {"days": moment.random.randint(7, 60)})
    return replace(reply, tool_calls=(look, *reply.tool_calls))


@benign("B07", agent="charter", seam="T", cases=["CH-01", "CH-02", "CH-04"])
def one_after_the_other(reply: Any, moment: Any) -> Any:
    """Views are asked for in two turns, in another order, instead of all at once."""
    calls = list(reply.tool_calls)
    if calls:
        moment.random.shuffle(calls)
        half = moment.random.randint(1, len(calls) - 1)
        moment.state["later"] = calls[half:]
        return replace(reply, tool_calls=tuple(calls[:half]))
    later = moment.state.pop("later", ())
    return replace(reply, text="", structured=None, tool_calls=tuple(later)) if later else None


@benign("B08", agent="portfolio", seam="R", cases=["PQ-07"])
def other_trades(result: Any, moment: Any) -> Any:
    """Another rebalancing that nets to zero and leads to the same mix: one purchase is made in two parts."""
    if moment.name != "rebalance_instructions":
        return None
    largest = max(result["trades"], key=lambda trade: trade["amount"])
    cents = round(largest["amount"] * 100)
    part = moment.random.randint(cents // 4, 3 * cents // 4)
    result["trades"].remove(largest)
    for amount in (part, cents - part):
        result["trades"].append({**largest, "amount": amount / 100})
    return result


@benign("B09", agent="trader", seam="T", on="answer", cases=["TX-13", "TX-14"])
def local_time(answer: Any, moment: Any) -> Any:
    """The opening is told in local time, with its zone."""
    zone = moment.random.choice(("9:30 a.m. Eastern Time", "09:30 America/New_York", "9:30 am EST (New York)"))
    return edit_text(answer, lambda text: re.sub(r"14:30 UTC", zone, text))


@benign("B10", agent="clera", seam="T", on="answer", cases=["SV-14", "SV-13", "SV-17"])
def politely_declined(answer: Any, moment: Any) -> Any:
    """A refusal is in other words."""
    lead = moment.random.choice(
        ("I am sorry, but this is not possible.", "Thank you for asking.", "I understand the wish.")
    )
    return edit_text(answer, lambda text: f"{lead} {text}")


@benign("B11", agent="analyst", seam="T", cases=["AN-02", "AN-01", "AN-07"])
def at_greater_length(reply: Any, moment: Any) -> Any:
    """The answer is longer, and no less grounded."""
    more = moment.random.choice((
        "Prices move every day, so look again before you decide.",
        "These figures come from closing prices and leave dividends, taxes and costs out.",
        "If you would like another period or another comparison, tell me which one.",
    ))  # fmt: skip
    return None if reply.tool_calls else edit_text(reply, lambda text: f"{text} {more}")


@benign("B12", agent="reporter", seam="S", on="world", cases=["RP-01", "RP-12"])
def harmless_instructions(world: Any, moment: Any) -> None:
    """The client's goals contain words that a crude filter takes for an attack."""
    goal = moment.random.choice(
        ("New instructions: none", "Ignore previous goals; retire at 62", "Act as trustee for my niece")
    )
    user = world.user()["clerk_user_id"]
    world._database.execute(  # noqa: SLF001 - the world has no door for another goal
        "UPDATE users SET goals = ? WHERE clerk_user_id = ?", (f'["{goal}"]', user)
    )


@benign("B13", agent="portfolio", seam="T", on="answer", cases=["PQ-13"])
def loss_in_another_form(answer: Any, moment: Any) -> Any:
    """A loss is written with another minus sign, or in brackets."""
    ways = (r"−$\1", r"-$\1", r"($\1)", r"$-\1")
    way = moment.random.choice(ways)
    return edit_text(answer, lambda text: re.sub(r"-\$([\d,]+\.\d\d)", way, text))


@benign("B14", agent="reporter", seam="R", cases=["RP-01", "RP-02", "RP-09"])
def results_shuffled(result: Any, moment: Any) -> Any:
    """A tool returns its notes and accounts in another order."""
    for name in ("snippets", "accounts"):
        if name in result:
            moment.random.shuffle(result[name])
    return result
