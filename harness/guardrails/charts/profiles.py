"""The two validators that others run, kept exactly as lenient as they are, to measure what they miss.

`guide` is the validator of the enterprise guide: valid JSON, a `charts` list, a type and a data list in each, name and value in
pies, category in bars. `app` is what the original application does with the answer: the text between the outer braces must
parse and hold charts that can be filed under their keys.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .report import Finding

_NEEDED = {"pie": ("name", "value"), "bar": ("category",)}


def guide_findings(payload: object) -> list[Finding]:
    """What the guide's validator objects to: its first objection or nothing."""
    try:
        data = json.loads(_as_text(payload))
    except (ValueError, RecursionError) as error:
        return [_block("json", "$", f"invalid JSON: {error}")]
    if not isinstance(data, dict) or "charts" not in data:
        return [_block("shape", "$", "missing required key 'charts'")]
    if not isinstance(data["charts"], list):
        return [_block("shape", "$.charts", "charts must be an array")]
    for place, chart in enumerate(data["charts"]):
        objection = _guide_chart(chart, f"$.charts[{place}]")
        if objection:
            return [objection]
    return []


def _guide_chart(chart: Any, path: str) -> Finding | None:
    if not isinstance(chart, Mapping | list | str):
        return _block("shape", path, "validation error: not a container")
    for key in ("type", "data"):
        if key not in chart or not isinstance(chart, Mapping):
            return _block("shape", path, f"missing '{key}' field")
    if not isinstance(chart["data"], list):
        return _block("shape", f"{path}.data", "data must be an array")
    needed = _NEEDED.get(chart["type"], ()) if isinstance(chart["type"], str) else ()
    for place, point in enumerate(chart["data"] if needed else ()):
        if not isinstance(point, Mapping | list | str) or any(key not in point for key in needed):
            return _block("shape", f"{path}.data[{place}]", f"{chart['type']} points must have {' and '.join(needed)}")
    return None


def app_findings(payload: object) -> list[Finding]:
    """Why the application would store no charts, or crash; nothing when it would store them."""
    text = _as_text(payload)
    first, last = text.find("{"), text.rfind("}")
    if first < 0 or last <= first:
        return [_block("json", "$", "no JSON object in the answer")]
    try:
        data = json.loads(text[first : last + 1])
    except (ValueError, RecursionError) as error:
        return [_block("json", "$", f"failed to parse JSON: {error}")]
    charts = data.get("charts", [])
    if not charts:
        return [_block("shape", "$.charts", "no charts found in the parsed JSON")]
    if not isinstance(charts, list) or any(not isinstance(chart, Mapping) for chart in charts):
        return [_block("crash", "$.charts", "the application crashes: it calls get() on a chart that is no object")]
    if any(not isinstance(chart.get("key", ""), str | int | float | type(None)) for chart in charts):
        return [_block("crash", "$.charts", "the application crashes: a chart's key cannot be a dictionary key")]
    return []


def _block(rule: str, path: str, message: str) -> Finding:
    return Finding(rule, "block", path, message)


def _as_text(payload: object) -> str:
    if isinstance(payload, bytes | bytearray):
        return bytes(payload).decode("utf-8", "replace")
    return payload if isinstance(payload, str) else json.dumps(payload, default=_number)


def _number(item: Any) -> float:
    """What JSON cannot write, as a number; a signalling NaN is one like any other."""
    return math.nan if isinstance(item, Decimal) and item.is_nan() else float(item)
