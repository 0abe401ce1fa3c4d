"""Tool calls in the one form in which they are compared, and what is known of a tool from its name."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from harness.model import Step, canonical

Args: TypeAlias = Mapping[str, Any]

_READS = frozenset({
    "calculate", "compute", "describe", "fetch", "find", "get", "list", "look", "lookup", "query", "read", "search", "show",
    "think", "transfer", "view",
})  # fmt: skip
_WRITES = frozenset({
    "add", "approve", "book", "buy", "cancel", "change", "close", "confirm", "create", "delete", "deposit", "execute",
    "finalise", "finalize", "insert", "modify", "move", "order", "pay", "place", "post", "publish", "put", "remove", "replace",
    "schedule", "sell", "send", "set", "store", "submit", "trade", "update", "withdraw", "write",
})  # fmt: skip
_DEEPEST = 200
_LONGEST_DOCUMENT = 100_000
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def canonical_call(name: str, args: Args, ignore: Collection[str] = ()) -> str:
    """A call as text: equal texts are the same call. Whole numbers are written alike, whether 5 or 5.0."""
    kept = {key: item for key, item in args.items() if key not in ignore} if ignore else args
    return canonical([name, _normal(kept, _DEEPEST)])


def canonical_result(step: Step) -> str:
    """What a call gave back as text; all failures of a call are alike, because none of them tells anything new."""
    return canonical(_normal(step.result, _DEEPEST)) if step.status == "ok" else step.status


def named(name: str, patterns: Collection[str]) -> bool:
    """Whether a name is one of these; `*` and `?` stand for any characters."""
    return name in patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def looks_only(name: str) -> bool:
    """Whether a tool's name says that it reads, searches, computes or hands over, and so changes nothing."""
    words = _words(name)
    return bool(words) and words[0] in _READS


def changes_state(name: str, writes: Sequence[str] = ()) -> bool:
    """Whether a tool changes something: by the list given, or else by a verb such as `place` or `update` in its name."""
    if writes:
        return named(name, writes)
    return not looks_only(name) and not _WRITES.isdisjoint(_words(name))


def may_write(name: str, writes: Sequence[str] = ()) -> bool:
    """Whether a tool has to be taken for one that changes something: all but those whose name says that they only look."""
    return named(name, writes) if writes else not looks_only(name)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _normal(item: Any, depth: int) -> Any:
    """The same data with whole numbers written alike, NaN and infinities as text, and what is too deep left out."""
    if isinstance(item, float):
        if not math.isfinite(item):
            return str(item)
        return int(item) if item.is_integer() and abs(item) < 2**53 else item
    if isinstance(item, str):
        return _document(item, depth) if item[:1] in ("{", "[") and item[-1:] in ("}", "]") else item
    if isinstance(item, int) or item is None:
        return item
    if depth == 0:
        return "…"
    if isinstance(item, Mapping):
        return {str(key): _normal(inner, depth - 1) for key, inner in item.items()}
    if isinstance(item, list | tuple):
        return [_normal(inner, depth - 1) for inner in item]
    return str(item)


def _document(text: str, depth: int) -> Any:
    """JSON in a text, as some tools take it: white space and the order of keys in it do not count."""
    if len(text) > _LONGEST_DOCUMENT or depth < _DEEPEST - 20:
        return text
    try:
        return {"(JSON)": _normal(json.loads(text), depth - 1)}
    except (ValueError, RecursionError):
        return text
