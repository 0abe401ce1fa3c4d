r"""A small JSON path: `$.trades[0]['limit price']`, `$.charts[*].data[-1].value`.

    $            the whole document; may be left out
    .name        a key of letters, digits, `_` and `-`
    ['any key']  a key in quotes, `\'` and `\\` for a quote and a backslash
    [0]  [-1]    an item of a list, counted from its start or end
    [*]  .*      every item or every value

Filters, slices and `..` are left out on purpose: a check should name one place that a reader can find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from harness.lazy import pattern

from .frozen import frozen

_LIMIT = 1000
_TOKEN = pattern(
    r"""\.?\[\s*(?:(?P<index>-?\d{1,9})|(?P<star>\*)|'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")\s*\]"""
    r"""|\.(?P<every>\*)|\.(?P<name>[\w-]+)""",
    re.DOTALL,
)
_PLAIN_NAME = pattern(r"[\w-]+")


class _Every:
    def __repr__(self) -> str:
        return "*"


EVERY: Final = _Every()
"""The part that stands for every item."""


class PathError(ValueError):
    """A path that cannot be read."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@frozen
class Found:
    """A value that a path leads to."""

    path: str
    """Exact path, without `*`."""

    value: Any
    """What is there."""


@frozen
class JsonPath:
    """A parsed path."""

    parts: tuple[str | int | _Every, ...]
    """Keys, indexes and `EVERY`."""

    @property
    def single(self) -> bool:
        """Whether it names one place at most."""
        return EVERY not in self.parts

    def find(self, document: Any) -> tuple[Found, ...]:
        """Every value that the path leads to; none when a key or index is missing."""
        return tuple(Found(written(place), item) for place, item in _walk(document, self.parts, ()))

    def covers(self, place: Sequence[str | int]) -> bool:
        """Whether a place is named by the path or lies below it; a negative index covers nothing."""
        return len(place) >= len(self.parts) and all(
            part is EVERY or part == here for part, here in zip(self.parts, place, strict=False)
        )

    def __str__(self) -> str:
        return written(self.parts)


@lru_cache(maxsize=512)
def parse(text: str) -> JsonPath:
    """Read a path.

    Raises:
        PathError: with what is wrong, where, and how to write it.
    """
    if len(text) > _LIMIT:
        raise PathError(f"the path is longer than {_LIMIT} characters", "name one place")
    rest = text.strip()
    rest = rest[1:] if rest.startswith("$") else rest if rest[:1] in {"", ".", "["} else f".{rest}"
    if not rest and text.strip() != "$":
        raise PathError("the path is empty", "write $ for the whole document")
    parts: list[str | int | _Every] = []
    at = 0
    while at < len(rest):
        match = _TOKEN.match(rest, at)
        if match is None:
            raise PathError(f"{rest[at : at + 20]!r} is no part of a JSON path", _remedy(rest[at:]))
        parts.append(_part(match))
        at = match.end()
    return JsonPath(tuple(parts))


def written(parts: Sequence[str | int | _Every]) -> str:
    """Write parts as a path that `parse` reads back."""
    return "$" + "".join(map(_written, parts))


def _part(match: re.Match[str]) -> str | int | _Every:
    if match["index"] is not None:
        return int(match["index"])
    if match["star"] or match["every"]:
        return EVERY
    if match["name"] is not None:
        return match["name"]
    return re.sub(r"\\(.)", r"\1", match["single"] if match["single"] is not None else match["double"], flags=re.DOTALL)


def _written(part: str | int | _Every) -> str:
    if isinstance(part, str):
        if _PLAIN_NAME.fullmatch(part):
            return f".{part}"
        escaped = part.replace("\\", "\\\\").replace("'", "\\'")
        return f"['{escaped}']"
    return f"[{part}]"


def _remedy(rest: str) -> str:
    if rest.startswith(".."):
        return "`..` is not supported: write every key on the way, or [*] for every item"
    if rest.startswith("[?"):
        return "filters are not supported: use [*] or an index"
    return "write $.key[0]['other key'][*]"


def _walk(
    item: Any, parts: Sequence[str | int | _Every], place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for depth, part in enumerate(parts):
        if part is EVERY:
            for key, inner in _children(item):
                yield from _walk(inner, parts[depth + 1 :], (*place, key))
            return
        if isinstance(part, str):
            if not isinstance(item, Mapping) or part not in item:
                return
            item, place = item[part], (*place, part)
        elif isinstance(part, int):
            if not _is_list(item) or not -len(item) <= part < len(item):
                return
            item, place = item[part], (*place, part % len(item))
    yield place, item


def _children(item: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(item, Mapping):
        yield from item.items()
    elif _is_list(item):
        yield from enumerate(item)


def _is_list(item: Any) -> bool:
    return isinstance(item, Sequence) and not isinstance(item, str | bytes)
