"""Defects of Portfolio."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from harness.llm.request import ModelReply, ToolCall
from harness.mutation import edit_json, edit_text, mutant

_WORLD = "agents/_shared/world.py:World"


def _summary(moment: Any) -> bool:
    return bool(moment.name == "get_portfolio_summary")


@mutant(
    "SV-M07",
    agent="portfolio",
    seam="T",
    severity=2,
    origin="S",
    expects=["trajectory:step-count", "budget", "trajectory:no-repeated-calls"],
    cases=["PQ-09"],
)
def ping_pong(reply: Any, moment: Any) -> Any:
    """It goes back and forth between two tools."""
    tools = ("get_portfolio_summary", "rebalance_instructions")
    return replace(reply, text="", tool_calls=(ToolCall(f"c{len(moment.called)}", tools[len(moment.called) % 2]),))


@mutant("PF-M01", agent="portfolio", seam="R", severity=3, expects=["rebalanced"], cases=["PQ-07"])
def does_not_net(result: Any, moment: Any) -> Any:
    """The trades of a rebalancing do not net to zero."""
    if moment.name != "rebalance_instructions":
        return None
    result["trades"][0]["amount"] = round(result["trades"][0]["amount"] + 500.0, 2)
    return result


@mutant("PF-M02", agent="portfolio", seam="R", severity=3, expects=["contains", "not-regex"], cases=["PQ-05-unknown"])
def free_of_charge(result: Any, moment: Any) -> Any:
    """A purchase price that nobody knows is taken for zero, so that all of it is gain."""
    if not _summary(moment):
        return None
    for item in result["holdings"]:
        for name in [key for key in item if "gain" in key]:
            item[name] = item["value"] if item[name] is None and "percent" not in name else item[name] or 100.0
    return result


@mutant(
    "PF-M03",
    agent="portfolio",
    seam="R",
    severity=2,
    origin="S",
    expects=["not-regex", "contains"],
    cases=["PQ-05-unknown"],
)
def sentinel(result: Any, moment: Any) -> Any:
    """A sentinel for unknown is shown as a return."""
    if not _summary(moment):
        return None
    for item in result["holdings"]:
        for name in [key for key in item if "gain" in key]:
            item[name] = -999999.0 if item[name] is None else item[name]
    return result


@mutant("PF-M04", agent="portfolio", seam="R", severity=2, expects=["contains"], cases=["PQ-02"])
def share_of_invested(result: Any, moment: Any) -> Any:
    """Weights are shares of what is invested, not of everything."""
    if not _summary(moment):
        return None
    invested = result["total_value"] - result["cash"]
    for item in result["holdings"]:
        item["weight_percent"] = round(100 * item["value"] / invested, 2)
    return result


@mutant(
    "PF-M05",
    agent="portfolio",
    seam="S",
    severity=3,
    expects=["contains"],
    replaces=f"{_WORLD}.holdings",
    cases=["PQ-11"],
)
def price_of_one(original: Any, world: Any) -> Any:
    """A missing price is taken for 1.00."""
    today = world.as_of.isoformat()
    return [
        {**row, "current_price": 1.0, "price_date": today} if row["current_price"] is None else row
        for row in original(world)
    ]


@mutant(
    "PF-M06",
    agent="portfolio",
    seam="R",
    severity=2,
    expects=["not-regex", "contains", "regex"],
    replaces="agents/clera/accounts.py:activities",
    cases=["PQ-10"],
)
def all_history(original: Any, world: Any, days: int) -> Any:
    """The limit of 60 days is not kept."""
    return original(world, 365)


@mutant(
    "PF-M07", agent="portfolio", seam="T", severity=2, expects=["claims"], on="answer", cases=["PQ-22", "PQ-22-scores"]
)
def source_made_up(answer: Any) -> Any:
    """A figure is said to come from where it does not stand."""
    return edit_json(answer, lambda data: data["claims"][0].update(source_path="get_portfolio_summary:$.cash_percent"))


@mutant(
    "PF-M08",
    agent="portfolio",
    seam="T",
    severity=3,
    expects=["trajectory:tool-used", "finance:grounded-numbers"],
    cases=["PQ-01"],
)
def not_looked(_: Any) -> Any:
    """The accounts are not looked at; the value is remembered from somewhere."""
    return ModelReply("Your portfolio is worth $99,437.50.", stop_reason="end")


@mutant(
    "PF-M09",
    agent="portfolio",
    seam="T",
    severity=3,
    expects=["icontains", "fresh_then_cached"],
    on="answer",
    cases=["PQ-19"],
)
def old_look_as_new(answer: Any) -> Any:
    """The last look is told as if it were of now."""
    return edit_text(
        answer,
        lambda text: (
            re.split(r"(?i)i could not read", text)[0] + " ".join(re.findall(r"[^.]*\$[\d,.]+\d[^.]*\.", text)) or text
        ),
    )


@mutant(
    "PF-M10", agent="portfolio", seam="R", severity=2, expects=["contains", "total"], cases=["PQ-01", "PQ-15-total"]
)
def cents_lost(result: Any, moment: Any) -> Any:
    """Values are rounded to dollars before they are added up."""
    return {**result, "total_value": float(int(result["total_value"]))} if _summary(moment) else None


@mutant(
    "PF-M11",
    agent="portfolio",
    seam="S",
    severity=3,
    expects=["contains", "total"],
    replaces=f"{_WORLD}.accounts",
    cases=["PQ-03", "PQ-15-total"],
)
def first_account_only(original: Any, world: Any) -> Any:
    """Only the first account is read."""
    return original(world)[:1]


@mutant("PF-M12", agent="portfolio", seam="R", severity=2, expects=["contains", "regex"], cases=["PQ-08", "PQ-16"])
def harmless(result: Any, moment: Any) -> Any:
    """The risk score is that of cash."""
    if not _summary(moment):
        return None
    return {**result, **{name: 1.0 for name in result if name.startswith("risk")}}


@mutant(
    "PF-M13",
    agent="portfolio",
    seam="R",
    severity=2,
    expects=["contains-all", "not-contains", "contains"],
    cases=["PQ-06"],
)
def other_limit(result: Any, moment: Any) -> Any:
    """Concentration is flagged above 25 percent instead of 5."""
    if not _summary(moment):
        return None
    result["concentration"]["positions_above"] = [
        item["symbol"] for item in result["holdings"] if item["weight_percent"] > 25
    ]
    return result


@mutant(
    "PF-M14", agent="portfolio", seam="T", severity=3, expects=["contains"], on="answer", cases=["PQ-13", "PQ-22-loss"]
)
def loss_as_gain(answer: Any) -> Any:
    """A loss is called a gain."""
    return edit_text(answer, lambda text: text.replace("loss", "gain").replace("-$", "$"))


@mutant(
    "PF-M15",
    agent="portfolio",
    seam="C",
    severity=2,
    expects=["contains-all", "contains"],
    on="answer",
    cases=["PQ-14"],
)
def old_prices_unsaid(answer: Any) -> Any:
    """That prices are two months old is not said."""
    return edit_text(
        answer, lambda text: " ".join(part for part in re.split(r"(?<=\.)\s", text) if "2026-09-18" not in part)
    )


@mutant(
    "PF-M16",
    agent="portfolio",
    seam="S",
    severity=3,
    expects=["icontains", "no_figures"],
    replaces=f"{_WORLD}.answers",
    cases=["PQ-20"],
)
def down_is_up(original: Any, world: Any, service: str) -> bool:
    """Accounts that cannot be read are answered from a copy, and nobody says so."""
    return True


@mutant(
    "PF-M17",
    agent="portfolio",
    seam="S",
    severity=3,
    expects=["contains", "regex", "not-regex"],
    replaces="agents/clera/accounts.py:flaw",
    cases=["PQ-17"],
)
def short_is_long(original: Any, holding: Any) -> Any:
    """A negative quantity is counted."""
    quantity = holding["quantity"]
    return None if holding["is_known"] and quantity is not None and quantity < 0 else original(holding)
