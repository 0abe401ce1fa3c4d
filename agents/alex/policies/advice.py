"""Recommendations from what the tools said: rules of thumb in the place of a model's judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .phrasing import Voice

Advice = dict[str, str]

_UNPRICED: Final = "no price is known"
_MOST: Final = 7
_LARGE: Final = 25.0
_DUSTY: Final = 10.0
_ALWAYS: Final = (
    ("Review the allocation every six months and after large market moves.",
     "Weights drift as prices move, and a fixed date keeps the decision calm.",
     "Keeps the risk where it was agreed to be.", "Medium"),
    ("Direct new savings to whatever lies furthest below its target.",
     "Rebalancing with new money needs no sale and causes no tax.",
     "Closes gaps at no cost.", "Medium"),
    ("Keep the spending of the next months in cash, apart from the invested money.",
     "A reserve avoids having to sell after a fall.",
     "Lowers the chance of a forced sale.", "Medium"),
    ("Compare the yearly costs of the funds with cheaper ones of the same kind.",
     "Costs are the one part of the result that is known beforehand.",
     "Small every year, and it adds up.", "Low"),
    ("Hold what pays the most taxable income in the accounts with tax advantages.",
     "Interest is taxed where it arises; the kind of account decides how.",
     "More of the return stays with you.", "Low"),
)  # fmt: skip


def recommendations(
    held: Mapping[str, Any], gap: Mapping[str, Any], risk: Mapping[str, Any] | None, voice: Voice
) -> list[Advice]:
    """Five to seven, the urgent ones first."""
    found = [*_about_prices(held), *_about_gaps(gap, held), *_about_size(held, risk)]
    fillers = [_advice(*one) for one in voice.order(_ALWAYS)]
    return [*found, *fillers][: max(5, min(_MOST, len(found) + 2))]


def _about_prices(held: Mapping[str, Any]) -> Iterator[Advice]:
    unpriced = [item["symbol"] for item in held["excluded"] if item["reason"] == _UNPRICED]
    if unpriced:
        names = ", ".join(unpriced)
        yield _advice(
            f"Find a price for {names} before acting on this report.",
            "No price is known, so the holding is in none of the figures.",
            "Makes the total complete.",
            "High",
        )
    wrong = [item for item in held["excluded"] if item["reason"] != _UNPRICED]
    if wrong:
        yield _advice(
            f"Have the record of {', '.join(item['symbol'] for item in wrong)} corrected before acting on this report.",
            f"In none of the figures: {'; '.join(item['symbol'] + ', because ' + item['reason'] for item in wrong)}.",
            "Makes the total complete.",
            "High",
        )
    if held["stale"]:
        names = ", ".join(item["symbol"] for item in held["stale"])
        oldest = min(item["price_date"] for item in held["stale"])
        yield _advice(
            f"Refresh the prices of {names} before trading.",
            f"The oldest of them is from {oldest}.",
            "Values and gaps in this report may be off until then.",
            "High",
        )


def _about_gaps(gap: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[Advice]:
    if not gap["has_targets"]:
        yield _advice(
            "Agree on target shares for each asset class.",
            "No targets are on file, so nobody can say what is too much or too little.",
            "Makes every later decision measurable.",
            "High",
        )
    large = [row for row in gap["rows"] if row["gap_dollars"] >= 0.01 * held["total"]]
    for row in large[:3]:
        name, amount = row["name"].lower(), f"${row['gap_dollars']:,.2f}"
        verb = f"Add {amount} to {name}." if row["lies"] == "below" else f"Reduce {name} by {amount}."
        yield _advice(
            verb,
            f"It stands at {row['actual_percent']:.2f} % with a target of {row['target_percent']:g} %.",
            "Brings the mix to what was agreed.",
            "High" if row["gap_dollars"] >= 0.05 * held["total"] else "Medium",
        )


def _about_size(held: Mapping[str, Any], risk: Mapping[str, Any] | None) -> Iterator[Advice]:
    top = held["top_holdings"][0] if held["top_holdings"] else None
    if top and top["weight"] > _LARGE:
        measured = f" The portfolio's volatility is {risk['volatility_percent']:.2f} % a year." if risk else ""
        yield _advice(
            f"Spread the concentration in {top['symbol']} over more holdings.",
            f"It alone makes up {top['weight']:.2f} % of the portfolio.{measured}",
            "One piece of bad news would weigh less.",
            "High" if top["weight"] > 2 * _LARGE else "Medium",
        )
    if held["cash_weight"] > _DUSTY:
        yield _advice(
            "Decide how much of the cash is a reserve and what may be invested.",
            f"Cash is {held['cash_weight']:.2f} % of the portfolio; beyond a reserve it is a drag on the return.",
            "Less money loses its purchasing power.",
            "Medium",
        )


def _advice(recommendation: str, reasoning: str, impact: str, priority: str) -> Advice:
    return {"recommendation": recommendation, "reasoning": reasoning, "impact": impact, "priority": priority}
