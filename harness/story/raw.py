"""A trial as JSON with secrets and personal data taken out, bounded so that a page can show it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from harness.model import Result
from harness.shape import plain
from harness.telemetry.redact import Redactor, RuleError
from harness.text import shorten, visible

_TEXT: Final = 4_000
_ITEMS: Final = 200
_DEEPEST: Final = 40


def raw(result: Result, *, environ: Mapping[str, str] | None = None) -> Any:
    """Everything that the store holds of a trial; long texts and lists are cut and say so."""
    redactor = Redactor(os.environ if environ is None else environ)
    try:
        return _clean(plain(result), redactor, 0)
    except RuleError as error:
        return {"problem": f"not shown: {error}"}


def raw_text(result: Result, *, environ: Mapping[str, str] | None = None) -> str:
    """The whole trial as redacted JSON text, for a file."""
    redactor = Redactor(os.environ if environ is None else environ)
    text = json.dumps(plain(result), ensure_ascii=True, indent=1, default=str)
    try:
        return redactor.text(text)
    except RuleError as error:
        return json.dumps({"problem": f"not written: {error}"})


def _clean(item: Any, redactor: Redactor, depth: int) -> Any:
    if isinstance(item, str):
        return shorten(visible(redactor.text(item)), _TEXT)
    if depth > _DEEPEST:
        return "… (deeper than a page can show)"
    if isinstance(item, Mapping):
        pairs = list(item.items())
        kept = {
            visible(redactor.text(str(key)))[:200]: _clean(inner, redactor, depth + 1) for key, inner in pairs[:_ITEMS]
        }
        return kept if len(pairs) <= _ITEMS else {**kept, "…": f"and {len(pairs) - _ITEMS} more"}
    if isinstance(item, list | tuple):
        kept_items = [_clean(inner, redactor, depth + 1) for inner in item[:_ITEMS]]
        return kept_items if len(item) <= _ITEMS else [*kept_items, f"… and {len(item) - _ITEMS} more"]
    if isinstance(item, float) and (item != item or abs(item) == float("inf")):  # noqa: PLR0124 - only NaN differs
        return str(item)
    return item
