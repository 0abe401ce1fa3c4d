"""Measure the Tagger against published allocations of real funds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Measure: TypeAlias = tuple[float, str]

SECTORS = (
    "technology", "healthcare", "financials", "consumer_discretionary", "consumer_staples", "communication", "industrials",
    "energy", "materials", "utilities", "real_estate",
)  # fmt: skip


def kind_of(stocks: float, bonds: float) -> str:
    """`stocks` or `bonds` for at least 90 percent of either, otherwise `neither`."""
    return "stocks" if stocks >= 90 else "bonds" if bonds >= 90 else "neither"


def predicted_kind(classification: Mapping[str, Any]) -> str:
    """The same three kinds for a classification; property shares are stocks in the published data."""
    shares = classification["asset_class"]
    return kind_of(shares.get("equity", 0) + shares.get("real_estate", 0), shares.get("fixed_income", 0))


def kind(structured: Any, expected: Mapping[str, Any]) -> Measure:
    """Whether the fund is of the published kind: stocks, bonds or neither."""
    row = classification(structured)
    if row is None:
        return 0.0, "not classified"
    found, wanted = predicted_kind(row), kind_of(expected["stocks"], expected["bonds"])
    return float(found == wanted), f"classified as {found}, published as {wanted}"


def share(structured: Any, expected: Mapping[str, Any]) -> Measure:
    """Agreement of the stock and bond percentages: 1 less the mean difference, as a share."""
    row = classification(structured)
    if row is None:
        return 0.0, "not classified"
    shares = row["asset_class"]
    stocks = shares.get("equity", 0) + shares.get("real_estate", 0)
    distance = (abs(stocks - expected["stocks"]) + abs(shares.get("fixed_income", 0) - expected["bonds"])) / 200
    return round(1 - distance, 4), f"stock and bond shares differ by {distance * 100:.1f} points on average"


def sectors(structured: Any, expected: Mapping[str, Any]) -> Measure:
    """Overlap of the sector weights, from 0 to 1; only for funds that are mostly stocks."""
    row = classification(structured)
    if row is None:
        return 0.0, "not classified"
    distance = sector_distance(row, expected["sectors"])
    return round(max(0.0, 1 - distance / 200), 4), f"sector weights differ by {distance:.1f} points in all"


def sector_distance(row: Mapping[str, Any], published: Mapping[str, float]) -> float:
    """Sum of the absolute differences over the eleven sectors, in points (0 to 200)."""
    return float(sum(abs(row["sectors"].get(name, 0) - published.get(name, 0)) for name in SECTORS))


def classification(structured: Any) -> Mapping[str, Any] | None:
    """The one classification of a reply; None where there is none, or where the Tagger was too unsure to store it."""
    found = structured.get("classifications") if isinstance(structured, Mapping) else None
    row = found[0] if isinstance(found, list) and len(found) == 1 else None
    return row if isinstance(row, Mapping) and row.get("confidence", 0) > 0.3 else None
