"""The Reporter's answer: markdown, and beside it every figure with the place it was read from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from . import prose

SECTIONS: Final = (
    "Executive Summary",
    "Portfolio Overview",
    "Risk",
    "Market Context",
    "Recommendations",
    "Assumptions and Limits",
)
SHORTEST: Final = 2000
LONGEST: Final = 12_000
_PLACE: Final = re.compile(r"(?P<tool>[a-z_]+):\$(?P<path>(?:\.[A-Za-z_]\w*|\[\d+\])*)")
_STEP: Final = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
_CITED: Final = re.compile(r"\[(S\d{3})\b")


class Claim(BaseModel):
    """One figure of the text and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(description="The figure as it stands in the markdown.")
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Literal["USD", "percent", "number"]
    source_path: str = Field(description="Tool and JSON path, such as portfolio_metrics:$.total.")


class Recommendation(BaseModel):
    """The four lines of one recommendation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recommendation: Annotated[str, Field(min_length=10)]
    reasoning: Annotated[str, Field(min_length=10)]
    impact: Annotated[str, Field(min_length=5)]
    priority: Literal["High", "Medium", "Low"]


class Report(BaseModel):
    """A report and its sidecar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    markdown: Annotated[str, Field(min_length=200, max_length=LONGEST)]
    claims: list[Claim]
    recommendations: list[Recommendation]
    citations: list[str]


def problem(report: Report, results: Mapping[str, Sequence[Any]], *, empty: bool) -> str | None:
    """Why a report cannot be handed out, or None.

    Args:
        report: The report.
        results: What each tool returned, by name, in order.
        empty: Whether the portfolio is empty; such a report may be short and recommend nothing.
    """
    if found := prose.problem(report.markdown, SECTIONS):
        return found
    if not empty and len(report.markdown) < SHORTEST:
        return f"the markdown has {len(report.markdown)} characters; at least {SHORTEST} are expected"
    if not empty and not 5 <= len(report.recommendations) <= 7:
        return f"there are {len(report.recommendations)} recommendations; 5 to 7 are expected"
    if report.markdown.count("**Recommendation:**") != len(report.recommendations):
        return "the markdown and `recommendations` differ in number"
    return _unsupported(report, results)


def _unsupported(report: Report, results: Mapping[str, Sequence[Any]]) -> str | None:
    known = {note["id"] for one in results.get("market_insights", ()) for note in one.get("snippets", ())}
    for cited in {*report.citations, *_CITED.findall(report.markdown)}:
        if cited not in known:
            return f"the note {cited} was never read"
    for claim in report.claims:
        if claim.text not in report.markdown:
            return f"the claim {claim.text!r} does not stand in the markdown"
        if not any(found == claim.value for found in _at(claim.source_path, results)):
            return f"the claim {claim.text!r} is not what {claim.source_path} says"
    return None


def _at(place: str, results: Mapping[str, Sequence[Any]]) -> list[Any]:
    """What the tool's results hold at a place."""
    match = _PLACE.fullmatch(place)
    found = []
    for result in results.get(match["tool"], ()) if match else ():
        item: Any = result
        for name, index in _STEP.findall(match["path"] if match else ""):
            item = _inner(item, name or int(index))
        found.append(item)
    return found


def _inner(item: Any, key: str | int) -> Any:
    if isinstance(key, str):
        return item.get(key) if isinstance(item, Mapping) else None
    return item[key] if isinstance(item, list) and key < len(item) else None
