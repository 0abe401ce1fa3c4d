"""Checks on the Tagger that need more than one place of its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]


def reasons_first(trace: Any) -> Verdict:
    """The model wrote its reasons before anything else, and did write some."""
    texts = [str(step.result or "") for step in trace.models]
    if not texts:
        return False, "no model was asked"
    for text in texts:
        match = re.match(r'\s*\{\s*"rationale"\s*:\s*"(?P<said>[^"]*)', text)
        if match is None or not match["said"].strip():
            return False, f"the answer begins with {text[:40]!r}"
    return True, f"{len(texts)} answer(s) begin with the rationale"


def reasons_logged(structured: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """For each classification there is one log entry with its own reasons, symbol and time."""
    symbols = [row.get("symbol") for row in _classifications(structured)]
    entries = artifacts.get("audit") or []
    if not symbols or [entry.get("symbol") for entry in entries] != symbols:
        return False, f"logged {[entry.get('symbol') for entry in entries]}, classified {symbols}"
    for entry in entries:
        if entry.get("event") != "CLASSIFICATION_RATIONALE" or not entry.get("timestamp"):
            return False, f"the entry of {entry.get('symbol')} is no CLASSIFICATION_RATIONALE event with a time"
        if problem := _foreign(entry, symbols):
            return False, problem
    return True, f"{len(entries)} rationale(s) are logged"


def reasons_withheld(structured: Any, artifacts: Mapping[str, Any]) -> Verdict:
    """The reply to the planner holds classifications, but neither the rationale nor its text."""
    if not list(_classifications(structured)):
        return False, "the reply holds no classification"
    text = json.dumps(structured, ensure_ascii=False)
    if '"rationale"' in text:
        return False, "the reply has a key 'rationale'"
    for entry in artifacts.get("audit") or []:
        if entry["rationale"] in text:
            return False, f"the reply quotes the rationale of {entry['symbol']}"
    return True, "the reply holds no rationale"


def prices_from_the_market(structured: Any, trace: Any, params: Mapping[str, Any]) -> Verdict:
    """Prices are the market's (`params.prices`, null for unknown ones), and the model wrote none."""
    found = {row.get("symbol"): row.get("current_price") for row in _classifications(structured)}
    if found != params["prices"]:
        return False, f"prices are {found}, expected {params['prices']}"
    if any(re.search(r'"[a-z_]*price"\s*:', str(step.result or "")) for step in trace.models):
        return False, "the model wrote a price"
    return True, "no price was invented"


def _classifications(structured: Any) -> Iterator[Mapping[str, Any]]:
    found = structured.get("classifications") if isinstance(structured, Mapping) else None
    yield from (row for row in found if isinstance(row, Mapping)) if isinstance(found, list) else ()


def _foreign(entry: Mapping[str, Any], symbols: Sequence[Any]) -> str | None:
    """What is wrong with a rationale: empty, or about another instrument of the batch."""
    said = str(entry.get("rationale") or "")
    if not said.strip():
        return f"the rationale of {entry['symbol']} is empty"
    for other in symbols:
        if other != entry["symbol"] and re.search(rf"(?<![A-Z.]){re.escape(str(other))}(?![A-Z.])", said):
            return f"the rationale of {entry['symbol']} speaks of {other}"
    return None
