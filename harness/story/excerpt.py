"""A piece of JSON around one place in it, as text with that place marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen
from harness.shape import plain
from harness.text import shorten, visible

_LINES: Final = 14
_AROUND: Final = 160
_INDEX = re.compile(r"\[(\d{1,9})\]")
_ENDS = frozenset({"", ".", "[", "@", "~"})


@frozen
class Excerpt:
    """Text before the place, the place, text after it."""

    before: str
    """What stands before."""

    hit: str
    """The place itself; empty where it is not one place, such as a total over a column."""

    after: str
    """What stands after."""


def excerpt(data: Any, path: str) -> Excerpt | None:
    """The surroundings of a place that `harness.grounding` names; None where there is no such place.

    Keys stand in such a path as they are, whatever is in them, so the way is looked for in the data.
    """
    way = [data]
    rest = path.removeprefix("$")
    while rest and rest[0] not in "@~":
        step = _into(way[-1], rest)
        if step is None:
            return None if len(way) == 1 else _whole(way[-1])
        inner, rest = step
        way.append(inner)
    if isinstance(way[-1], str) and rest.startswith("@"):
        return _in_text(way[-1], rest)
    return _in_json(way)


def _into(item: Any, rest: str) -> tuple[Any, str] | None:
    if isinstance(item, Mapping) and rest.startswith("."):
        fitting = [key for key in item if rest.startswith(f".{key}") and rest[len(str(key)) + 1 :][:1] in _ENDS]
        if fitting:
            key = max(fitting, key=lambda name: len(str(name)))
            return item[key], rest[len(str(key)) + 1 :]
    found = _INDEX.match(rest)
    if found and isinstance(item, list | tuple) and int(found[1]) < len(item):
        return item[int(found[1])], rest[found.end() :]
    return None


def _in_text(text: str, rest: str) -> Excerpt:
    digits = re.match(r"@(\d{1,9})", rest)
    at = min(int(digits[1]) if digits else 0, len(text))
    figure = re.match(r"[^\s,;]*[^\s,;.]", text[at : at + 40])
    end = at + (figure.end() if figure else 0)
    return Excerpt(visible(text[max(0, at - _AROUND) : at]), visible(text[at:end]), visible(text[end : end + _AROUND]))


def _in_json(way: list[Any]) -> Excerpt:
    """The place in its parent, in a window of lines."""
    if len(way) < 2:
        return Excerpt("", shorten(_written(way[-1]), 400), "")
    parent, hit = way[-2], way[-1]
    pairs = list(parent.items()) if isinstance(parent, Mapping) else list(enumerate(parent))
    place = next((number for number, (_, inner) in enumerate(pairs) if inner is hit), 0)
    lines = [_line(key, inner, named=isinstance(parent, Mapping)) for key, inner in pairs]
    low, high = max(0, place - _LINES // 2), place + _LINES // 2 + 1
    lead = lines[place][: len(lines[place]) - len(shorten(_written(hit), 400))]
    opening, closing = ("{", "}") if isinstance(parent, Mapping) else ("[", "]")
    before = [f"{opening} …" if low else opening, *lines[low:place]]
    after = [*lines[place + 1 : high], f"… {closing}" if high < len(lines) else closing]
    return Excerpt("\n".join([*before, lead]), shorten(_written(hit), 400), "\n" + "\n".join(after))


def _whole(item: Any) -> Excerpt:
    return Excerpt(shorten(_written(item), 600), "", "")


def _line(key: Any, inner: Any, *, named: bool) -> str:
    name = f"{shorten(visible(json.dumps(str(key), ensure_ascii=False)), 80)}: " if named else ""
    limit = 400 if not isinstance(inner, Mapping | list | tuple) else 90
    return f"  {name}{shorten(_written(inner), limit)}"


def _written(item: Any) -> str:
    return visible(json.dumps(plain(item), ensure_ascii=False, default=str))
