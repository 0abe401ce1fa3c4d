"""Scores for risk and diversification from 1 to 10, with the parts they are made of; 0 for cash alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

POINTS: Final = {
    "cash": 1,
    "fixed_income": 3,
    "real_estate": 7,
    "commodities": 7,
    "equity": 8,
    "alternatives": 10,
    "unclassified": 8,
}
"""Risk of each asset class; what nobody has classified counts as equity."""


def scores(classes: Sequence[Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    """Score a portfolio by its asset classes (`name`, `percent`) and the weights of its holdings in percent."""
    parts = [
        {"asset_class": item["name"], "percent": item["percent"], "points": POINTS[item["name"]]} for item in classes
    ]
    if not weights:
        return {"risk_score": 0, "diversification_score": 0, "risk_parts": parts}
    risk = sum(part["percent"] * part["points"] for part in parts) / 100
    # Ten equal holdings and more get 9 points or more, a single one gets 1.
    spread = 10 * (1 - sum((weight / 100) ** 2 for weight in weights))
    return {
        "risk_score": _bounded(risk),
        "diversification_score": _bounded(spread) if len(weights) > 1 else 1.0,
        "risk_parts": parts,
    }


def _bounded(score: float) -> float:
    return round(min(10.0, max(1.0, score)), 1)
