"""Cut an answer at its figures, so that each can be marked: texts and JSON alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from harness.frozen import frozen
from harness.text import visible

Span: TypeAlias = tuple[str | None, int, int]
"""JSON path (None in a text), start and end in the text there; both 0 for a number that is itself the figure."""

MOST_TEXT: Final = 60_000
"""Most characters of an answer that are shown."""

_ELLIPSIS: Final = "\n… (the rest is left out here)"


@frozen
class Piece:
    """A part of an answer."""

    text: str
    """What stands there, hostile characters escaped."""

    figure: int | None = None
    """Number of the figure that it is, from 1; None between figures."""


def text_pieces(text: str, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """Cut a text at its figures."""
    own = [(start, end, number) for number, (path, start, end) in enumerate(spans, start=1) if path is None and end]
    return tuple(_cut(text, own))


def json_pieces(data: Any, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """Write JSON with indents and cut it at its figures."""
    by_path: dict[str, list[tuple[int, int, int]]] = {}
    for number, (path, start, end) in enumerate(spans, start=1):
        by_path.setdefault(path or "$", []).append((start, end, number))
    made: list[Piece] = []
    length = 0
    for piece in _written(data, "$", by_path, 0):
        length += len(piece.text)
        if length > MOST_TEXT:
            made.append(Piece(_ELLIPSIS))
            break
        made.append(piece)
    return tuple(_merged(made))


def _cut(text: str, own: Sequence[tuple[int, int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end, number in sorted(own):
        if start < at or end > MOST_TEXT:  # figures may be told twice, one inside the other
            continue
        if start > at:
            yield Piece(visible(text[at:start]))
        yield Piece(visible(text[start:end]), number)
        at = end
    if at < len(text):
        rest = text[at : max(at, MOST_TEXT)]
        yield Piece(visible(rest) + (_ELLIPSIS if at + len(rest) < len(text) else ""))


def _written(item: Any, path: str, by_path: Mapping[str, list[tuple[int, int, int]]], depth: int) -> Iterator[Piece]:
    pad, inner = "  " * depth, "  " * (depth + 1)
    if isinstance(item, Mapping) and item and depth < 60:
        yield Piece("{\n")
        for place, (key, value) in enumerate(item.items()):
            comma = "," if place + 1 < len(item) else ""
            yield Piece(f"{inner}{visible(json.dumps(str(key), ensure_ascii=False))}: ")
            yield from _written(value, f"{path}.{key}", by_path, depth + 1)
            yield Piece(f"{comma}\n")
        yield Piece(f"{pad}}}")
    elif isinstance(item, list | tuple) and item and depth < 60:
        yield Piece("[\n")
        for place, value in enumerate(item):
            yield Piece(inner)
            yield from _written(value, f"{path}[{place}]", by_path, depth + 1)
            yield Piece(",\n" if place + 1 < len(item) else "\n")
        yield Piece(f"{pad}]")
    else:
        yield from _leaf(item, by_path.get(path, ()))


def _leaf(item: Any, own: Sequence[tuple[int, int, int]]) -> Iterator[Piece]:
    if isinstance(item, str) and own:
        yield Piece('"')
        yield from _cut(item, [spot for spot in own if spot[1]])
        yield Piece('"')
        return
    text = visible(json.dumps(item, ensure_ascii=False, default=str))
    yield Piece(text, own[0][2] if own else None)


def _merged(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbours between figures as one piece."""
    waiting: list[str] = []
    for piece in pieces:
        if piece.figure is None:
            waiting.append(piece.text)
            continue
        if waiting:
            yield Piece("".join(waiting))
            waiting = []
        yield piece
    if waiting:
        yield Piece("".join(waiting))
