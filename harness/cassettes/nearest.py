"""Say in a person's words how two requests differ: the model, the prompt, the tools, a message, a setting."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.model.value import canonical
from harness.text import one_line

_SHOWN = 48
_COMPARED = 4000
_NAMES = {"system": "the prompt", "output_schema": "the answer's schema"}


def nearest_of(request: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The recorded request that resembles another one most; the first of equals."""
    return max(recorded, key=lambda item: _likeness(item, request), default=None)


def differences(channel: str, recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[str]:
    """What is different in `asked`, one line each, what explains most first."""
    names = sorted({*recorded, *asked}, key=lambda name: (_ORDER.get(name, 50), name))
    for name in names:
        before, now = recorded.get(name), asked.get(name)
        if before == now:
            continue
        if channel in ("model", "judge") and name == "tools":
            yield from _tools(before or (), now or ())
        elif name == "messages" and isinstance(before, list | tuple) and isinstance(now, list | tuple):
            yield from _messages(before, now)
        else:
            yield from _values(_NAMES.get(name, name), before, now)


_ORDER = {"model": 0, "name": 0, "system": 1, "tools": 2, "output_schema": 3, "messages": 4}


def _likeness(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> float:
    """0 for nothing in common, 1 for each member that is equal, and the share of equal text of those that are not."""
    score = 0.0
    for name in {*recorded, *asked}:
        before, now = recorded.get(name), asked.get(name)
        score += 1.0 if before == now else _overlap(before, now)
    return float(score) / max(1, len({*recorded, *asked}))


def _overlap(before: Any, now: Any) -> float:
    if isinstance(before, list) and isinstance(now, list) and before and now:
        same = sum(left == right for left, right in zip(before, now, strict=False))
        share: float = same / max(len(before), len(now))
        return 0.5 * share + 0.5 * _text_likeness(before[-1], now[-1])
    return _text_likeness(before, now)


def _text_likeness(before: Any, now: Any) -> float:
    left, right = (item if isinstance(item, str) else canonical(item) for item in (before, now))
    return float(difflib.SequenceMatcher(None, left[-_COMPARED:], right[-_COMPARED:], autojunk=False).quick_ratio())


def _tools(before: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
    old = {str(tool.get("name")): tool for tool in before if isinstance(tool, Mapping)}
    new = {str(tool.get("name")): tool for tool in now if isinstance(tool, Mapping)}
    for name in sorted(new.keys() - old.keys()):
        yield f"the tool {name} is new"
    for name in sorted(old.keys() - new.keys()):
        yield f"the tool {name} is gone"
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            parts = [part for part in ("description", "parameters") if old[name].get(part) != new[name].get(part)]
            yield f"the tool {name} has another {' and '.join(parts) or 'definition'}"
    if list(old) != list(new) and old == new:
        yield "the tools come in another order"


def _messages(before: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
    for place, (old, new) in enumerate(zip(before, now, strict=False), 1):
        if old != new:
            role = new.get("role", "") if isinstance(new, Mapping) else ""
            yield from _values(f"message {place}{f' ({role})' if role else ''}", old, new)
    if len(before) != len(now):
        yield f"{len(now)} messages instead of {len(before)}"


def _values(name: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, str) and isinstance(now, str):
        yield f"{name}: {_text(before, now)}"
    elif isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted({*map(str, before), *map(str, now)}):
            if before.get(key) != now.get(key):
                yield from _values(f"{name}.{key}", before.get(key), now.get(key))
    elif isinstance(before, list | tuple) and isinstance(now, list | tuple) and len(before) == len(now):
        for place, (old, new) in enumerate(zip(before, now, strict=True)):
            if old != new:
                yield from _values(f"{name}[{place}]", old, new)
    else:
        yield f"{name}: {_shown(before)} was recorded, now {_shown(now)}"


def _text(before: str, now: str) -> str:
    """The first place where two texts differ, by line."""
    old, new = before.splitlines(), now.splitlines()
    for number, (left, right) in enumerate(zip(old, new, strict=False), 1):
        if left != right:
            place = f"line {number}: " if max(len(old), len(new)) > 1 else ""
            return f"{place}{_around(left, right)} was recorded, now {_around(right, left)}"
    if len(old) != len(new):
        longer, word = (new, "is new") if len(new) > len(old) else (old, "is gone")
        return f"line {min(len(old), len(new)) + 1} {word}: {_shown(longer[min(len(old), len(new))])}"
    return "white space at the end of lines differs"


def _around(text: str, other: str) -> str:
    """The part of a line where it begins to differ from another."""
    same = next((place for place, pair in enumerate(zip(text, other, strict=False)) if pair[0] != pair[1]),
                min(len(text), len(other)))  # fmt: skip
    start = max(0, same - _SHOWN // 3)
    return repr(one_line(("…" if start else "") + text[start : start + _SHOWN], _SHOWN + 1))


def _shown(item: Any) -> str:
    return "nothing" if item is None else one_line(item if isinstance(item, str) else canonical(item), _SHOWN)
