"""Text and JSON as SQLite cells: compact, exact, and compressed where it pays."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_COMPRESS_FROM = 300
_FASTEST = 1
_LONG = 16_000
_SMALLER = 4
_LARGEST_INTEGER = 2**63 - 1

Cell = str | bytes | int | float | None


def _other(item: object) -> Any:
    """Write the read-only forms of JSON data that the encoder does not know."""
    if isinstance(item, Mapping):
        return dict(item)
    if isinstance(item, Sequence | set | frozenset):
        return list(item)
    raise TypeError(f"a {type(item).__name__} has no JSON form")


def _tokens(item: object) -> Any:
    if isinstance(item, float) and item - item != 0.0:
        return "NaN" if item != item else "Infinity" if item > 0 else "-Infinity"  # noqa: PLR0124 - only NaN differs
    if isinstance(item, Mapping):
        return {str(key): _tokens(content) for key, content in item.items()}
    if isinstance(item, list | tuple | set | frozenset):
        return [_tokens(content) for content in item]
    return item if item is None or isinstance(item, str | int | float) else str(item)


# ASCII only, so that lone surrogates survive as escapes; the default encoder would be built anew at each call.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_other).encode


def pack(item: object) -> str | bytes:
    """Write JSON data as one cell: text when small, compressed bytes when not.

    Raises:
        ValueError: for NaN, infinities and cycles.
        TypeError: for anything that is not JSON data.
    """
    text = _encode(item)
    if len(text) < _COMPRESS_FROM:
        return text
    return zlib.compress(text.encode("ascii"), _FASTEST if len(text) < _LONG else _SMALLER)


def pack_anything(item: object) -> str | bytes:
    """Write data that may hold what JSON has no form for, rather than lose the trial that it belongs to.

    NaN and infinities become the texts `NaN`, `Infinity` and `-Infinity`, other objects what `str` says of them.

    Raises:
        RecursionError: for cycles.
    """
    try:
        return pack(item)
    except (TypeError, ValueError):
        return pack(_tokens(item))


def unpack(cell: str | bytes) -> Any:
    """Read what `pack` wrote."""
    return json.loads(cell if isinstance(cell, str) else zlib.decompress(cell))


def text_cell(text: str) -> str | bytes:
    """Write text as a cell; text with lone surrogates has no UTF-8 form, so it goes in as bytes."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def cell_text(cell: str | bytes) -> str:
    """Read what `text_cell` wrote."""
    return cell if isinstance(cell, str) else cell.decode("utf-8", "surrogatepass")


def number_cell(number: float | None, name: str) -> float | None:
    """Write a number as a cell; SQLite would turn NaN into an unknown.

    Raises:
        ValueError: for NaN and infinities.
    """
    if number is None:
        return None
    exact = float(number)
    if exact - exact != 0.0:
        raise ValueError(f"{name} is {exact}, which is no number")
    return exact


def count_cell(count: int | None) -> int | None:
    """Write a count as a cell; SQLite ends at 64 bits, and the trace keeps the exact figure."""
    return None if count is None else min(count, _LARGEST_INTEGER)
