"""Ids, times, attributes and texts as exporters write them, made one form of."""

from __future__ import annotations

import ast
import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

MOST_TEXT: Final = 200_000
"""Longest text of one attribute that is kept, in characters."""

_HEX: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{8,64})")
_ROOTS: Final = frozenset(
    {
        "agent", "ai", "aws", "crew", "document", "embedding", "gcp", "gen_ai", "graph", "input", "langfuse", "llm", "message",
        "mlflow", "openinference", "output", "retrieval", "session", "smolagents", "tag", "tool", "traceloop", "user",
    }
)  # fmt: skip
"""First parts of names whose nested form is the same as the dotted one."""

_MOST_NESTED: Final = 24
_MOST_LITERAL: Final = 20_000


def id_of(found: Any) -> str:
    """An id: hexadecimal in small letters where it is that in any usual form, and else as written."""
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return ""
    if isinstance(found, int):
        return f"{found:x}" if found > 0 else ""
    text = found.strip()
    plain = _HEX.fullmatch(text)
    if plain:
        return plain[1].lower() if set(plain[1]) != {"0"} else ""
    if len(text) in (12, 24) and text.endswith("="):  # protobuf's own JSON form: bytes in base64
        try:
            return base64.b64decode(text, validate=True).hex()
        except (ValueError, binascii.Error):
            return text[:200]
    return text[:200]


def seconds_of(found: Any) -> float | None:
    """A time as Unix seconds, whether it is written in nano-, micro- or milliseconds, seconds or ISO 8601."""
    if isinstance(found, str):
        text = found.strip()
        if not re.fullmatch(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE]\+?\d{1,2})?", text):
            return _iso(text)
        found = float(text)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < 1e30:
        return None
    for scale in (1e9, 1e6, 1e3):
        if found >= 1e8 * scale:
            return float(found) / scale
    return float(found)


def _iso(text: str) -> float | None:
    try:
        when = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.replace(" UTC", "+00:00")))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def attributes_of(found: Any) -> dict[str, Any]:
    """Attributes under their dotted names, from OTLP's list of pairs, a flat mapping or a nested one."""
    if isinstance(found, str):
        found = json_of(found)
    if isinstance(found, list):
        pairs = ((item.get("key"), value_of(item.get("value"))) for item in found if isinstance(item, Mapping))
        found = {key: item for key, item in pairs if isinstance(key, str)}
    if not isinstance(found, Mapping):
        return {}
    flat: dict[str, Any] = {}
    for key, item in found.items():
        name = str(key)
        if name.partition(".")[0] in _ROOTS and isinstance(item, Mapping | list):
            _flatten(name, item, flat, 0)
        if not isinstance(item, Mapping) or name not in _ROOTS:
            flat[name] = _kept(item)
    return flat


def _flatten(name: str, item: Any, into: dict[str, Any], depth: int) -> None:
    """Write nested mappings, and lists of mappings, under dotted names."""
    if depth > _MOST_NESTED:
        return
    if isinstance(item, Mapping) and item:
        if depth:
            into.setdefault(name, item)
        for key, inner in item.items():
            _flatten(f"{name}.{key}", inner, into, depth + 1)
    elif isinstance(item, list) and item and all(isinstance(inner, Mapping) for inner in item):
        into.setdefault(name, item)
        for number, inner in enumerate(item[:2000]):
            _flatten(f"{name}.{number}", inner, into, depth + 1)
    else:
        into[name] = _kept(item)


def value_of(found: Any, depth: int = 0) -> Any:
    """An OTLP value, `{"intValue": "3"}`, as plain data."""
    if not isinstance(found, Mapping) or depth > _MOST_NESTED:
        return found
    if len(found) != 1:
        return dict(found)
    ((kind, item),) = found.items()
    match str(kind).replace("_", "").lower():
        case "intvalue":
            return _int(item)
        case "stringvalue" | "boolvalue" | "doublevalue":
            return _kept(item)
        case "bytesvalue":
            return str(item)[:MOST_TEXT]
        case "arrayvalue":
            values = item.get("values") if isinstance(item, Mapping) else None
            return [value_of(one, depth + 1) for one in values or () if one is not None]
        case "kvlistvalue":
            values = item.get("values") if isinstance(item, Mapping) else None
            pairs = [one for one in values or () if isinstance(one, Mapping)]
            return {str(one.get("key")): value_of(one.get("value"), depth + 1) for one in pairs}
    return dict(found)


def _int(item: Any) -> Any:
    try:
        return int(item)
    except (TypeError, ValueError):
        return item


def _kept(item: Any) -> Any:
    if isinstance(item, str) and len(item) > MOST_TEXT:
        return f"{item[:MOST_TEXT]}… [cut: {len(item)} characters]"
    return item


def json_of(found: Any) -> Any:
    """The data that a text holds as JSON, also when it was written twice; anything else as it is."""
    for _ in range(3):
        if not isinstance(found, str) or not found.strip() or found.strip()[0] not in '[{"':
            return found
        try:
            found = json.loads(found, parse_constant=str)
        except (ValueError, RecursionError):
            return found
    return found


def loose(found: Any) -> Any:
    """As `json_of`, and what Python shows of a mapping or list is read, too."""
    read = json_of(found)
    if isinstance(read, str) and read[:1] in "{[" and read[-1:] in "}]" and len(read) < _MOST_LITERAL:
        try:
            return ast.literal_eval(read)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return read
    return read


def whole(found: Any) -> int | None:
    """A count: a whole number that is not negative, or the digits of one."""
    if isinstance(found, str) and found.strip().isascii() and found.strip().isdigit() and len(found) < 16:
        found = int(found)
    if isinstance(found, float) and found.is_integer() and found < 1e15:
        found = int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def amount(found: Any) -> float | None:
    """An amount of money: a finite number that is not negative, or one written as text."""
    if isinstance(found, str):
        try:
            found = float(found)
        except ValueError:
            return None
    usable = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e12
    return float(found) if usable else None
