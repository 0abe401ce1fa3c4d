"""The words that classifications are made of: the literals of ed-donner/alex's schema."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

AssetClass: TypeAlias = Literal["equity", "fixed_income", "real_estate", "commodities", "cash", "alternatives"]
Region: TypeAlias = Literal[
    "north_america",
    "europe",
    "asia",
    "latin_america",
    "africa",
    "middle_east",
    "oceania",
    "global",
    "international",
]
Sector: TypeAlias = Literal[
    "technology",
    "healthcare",
    "financials",
    "consumer_discretionary",
    "consumer_staples",
    "communication",
    "industrials",
    "energy",
    "materials",
    "utilities",
    "real_estate",
    "treasury",
    "corporate",
    "mortgage",
    "government_related",
    "commodities",
    "diversified",
    "other",
]
InstrumentType: TypeAlias = Literal["etf", "mutual_fund", "stock", "bond", "bond_fund", "commodity", "reit"]

ASSET_CLASSES: Final[tuple[str, ...]] = get_args(AssetClass)
REGIONS: Final[tuple[str, ...]] = get_args(Region)
SECTORS: Final[tuple[str, ...]] = get_args(Sector)
INSTRUMENT_TYPES: Final[tuple[str, ...]] = get_args(InstrumentType)

TOLERANCE: Final = 0.05
"""How far from 100 the parts of a whole may lie, in percentage points; real fund data lie within 0.03."""


def label(key: str) -> str:
    """Write a key as people read it: `north_america` as `North America`."""
    return key.replace("_", " ").title()
