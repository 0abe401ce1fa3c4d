"""The enterprise guide's guardrails, rule for rule: charts, input, length, symbols, output quality."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

INVALID: Final = "[INVALID INPUT DETECTED]"
TRUNCATED: Final = "\n\n[Response truncated due to length]"
MAX_LENGTH: Final = 50_000

_PATTERNS: Final = (
    "ignore previous instructions",
    "disregard all prior",
    "forget everything",
    "new instructions:",
    "system:",
    "assistant:",
)
_SYMBOL: Final = re.compile(r"^[A-Z]{1,5}$")


class ChartVerdict(NamedTuple):
    """What the guide's validator returns."""

    valid: bool
    """Whether the charts would be shown."""

    error: str
    """Why not."""

    data: Any
    """What was read."""


def validate_charts(text: str) -> ChartVerdict:
    """Check that charts are JSON with a type and a list of points; pies need name and value, bars a category."""
    try:
        data = json.loads(text)
        if "charts" not in data:
            return ChartVerdict(False, "Missing required keys. Expected: ['charts']", {})
        if not isinstance(data["charts"], list):
            return ChartVerdict(False, "Charts must be an array", {})
        for place, chart in enumerate(data["charts"]):
            if error := _chart_error(place, chart):
                return ChartVerdict(False, error, {})
    except json.JSONDecodeError as error:
        return ChartVerdict(False, f"Invalid JSON: {error}", {})
    except Exception as error:  # noqa: BLE001 - the guide catches whatever its own rules run into
        return ChartVerdict(False, f"Validation error: {error}", {})
    return ChartVerdict(True, "", data)


def _chart_error(place: int, chart: Any) -> str:
    for key in ("type", "data"):
        if key not in chart:
            return f"Chart {place} missing '{key}' field"
    if not isinstance(chart["data"], list):
        return f"Chart {place} data must be an array"
    if chart["type"] == "pie" and any("name" not in point or "value" not in point for point in chart["data"]):
        return "Pie chart data points must have 'name' and 'value'"
    if chart["type"] == "bar" and any("category" not in point for point in chart["data"]):
        return "Bar chart data points must have 'category'"
    return ""


def sanitize(text: str) -> str:
    """Replace a text that has one of six phrases in it."""
    lower = text.lower()
    return INVALID if any(pattern in lower for pattern in _PATTERNS) else text


def truncate(text: str, max_length: int = MAX_LENGTH) -> str:
    """Cut a long text, whatever it is."""
    return text if len(text) <= max_length else text[:max_length] + TRUNCATED


def valid_symbol(symbol: str) -> bool:
    """Accept one to five capitals."""
    return _SYMBOL.match(symbol) is not None


def output_quality(text: str) -> float:
    """Score a text: 0.5, and a quarter each for length and for the word `recommend`."""
    return 0.5 + 0.25 * (len(text) > 1000) + 0.25 * ("recommend" in text.lower())
