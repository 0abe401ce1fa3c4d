"""Turn an answer into JSON data, strictly, and say what stood around or inside it that should not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from harness.text import one_line

from .report import Finding

_DEEPEST = 60
_FENCE_OPENS = re.compile(r"```[\w-]{0,20}")


def read_payload(payload: object, max_bytes: int) -> tuple[Any, list[Finding]]:
    """The data of a payload, None when it has none, and what was wrong with the text."""
    data, found = _read(payload, max_bytes)
    if data is not None and deeper(data):
        return None, [*found, Finding("size", "block", "$", f"the payload is nested more than {_DEEPEST} deep")]
    return data, found


def _read(payload: object, max_bytes: int) -> tuple[Any, list[Finding]]:
    if isinstance(payload, bytes | bytearray):
        payload = bytes(payload).decode("utf-8", "replace")
    if not isinstance(payload, str):
        return (payload, []) if isinstance(payload, Mapping | list | tuple) else (None, [_not_json(payload)])
    if len(payload) > max_bytes:
        return None, [
            Finding("size", "block", "$", f"the payload has {len(payload)} characters, more than {max_bytes}")
        ]
    text, around = _unwrap(payload)
    repeated: list[str] = []
    try:
        data = json.loads(text, parse_float=_decimal, parse_constant=float, object_pairs_hook=_keeper(repeated))
    except (ValueError, RecursionError, ArithmeticError) as error:
        return None, [
            *around,
            Finding("json", "block", "$", f"the answer is not valid JSON: {error}", one_line(text, 80)),
        ]
    doubled = [
        Finding("duplicate-json-key", "block", "$", f"the JSON key {key!r} stands twice in one object")
        for key in repeated
    ]
    return data, [*around, *doubled]


def deeper(item: Any, limit: int = _DEEPEST) -> bool:
    """Whether data are nested deeper than allowed; looks no deeper than that."""
    level = [item] if isinstance(item, Mapping | list | tuple) else []
    for _ in range(limit):
        parts = (outer.values() if isinstance(outer, Mapping) else outer for outer in level)
        level = [inner for part in parts for inner in part if isinstance(inner, Mapping | list | tuple)]
        if not level:
            return False
    return True


def _not_json(payload: object) -> Finding:
    return Finding("json", "block", "$", f"expected JSON text or an object with charts, got {type(payload).__name__}")


def _decimal(text: str) -> Decimal:
    return Decimal(text)


def _unwrap(text: str) -> tuple[str, list[Finding]]:
    """Take a code fence or prose off the JSON, and report it."""
    bare = text.strip().removeprefix("\ufeff")
    opened = _FENCE_OPENS.match(bare)
    if opened and bare.endswith("```") and len(bare) >= opened.end() + 3:
        return bare[opened.end() : -3], [
            Finding("code-fence", "block", "$", "a code fence stands around the JSON; answer with the JSON alone")
        ]
    first, last = _brackets(bare)
    if first < 0 or last <= first or (first == 0 and last == len(bare) - 1):
        return bare, []
    if first == 0 and not _whole(bare[: last + 1]):
        return bare, []  # cut off: the text after the last bracket is the rest of the JSON itself
    outside = one_line(bare[:first] + bare[last + 1 :], 80)
    return bare[first : last + 1], [
        Finding("prose-around", "block", "$", "text stands around the JSON; answer with the JSON alone", outside)
    ]


def _brackets(text: str) -> tuple[int, int]:
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not starts:
        return -1, -1
    first = min(starts)
    return first, text.rfind("}" if text[first] == "{" else "]")


def _whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _keeper(repeated: list[str]) -> Any:
    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        kept = dict(pairs)
        if len(kept) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return kept

    return keep
