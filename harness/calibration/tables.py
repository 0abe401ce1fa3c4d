"""Read a table of labels or verdicts that anybody may have written: JSON Lines, JSON, CSV or TSV, gzipped or not."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.frozen import frozen

MOST_BYTES: Final = 256 << 20
"""Largest file, unpacked, that is still read."""

_KINDS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_WANTED: Final = "give rows as .jsonl, .json, .csv or .tsv, gzipped or not"


@frozen
class Row:
    """One row of a file."""

    cells: Mapping[str, Any]
    """Its cells by column."""

    where: str
    """Its place, `file:line` or `file[index]`."""


def is_table(name: str) -> bool:
    """Whether a name is that of such a file."""
    return _suffix(Path(name)) in _KINDS


def read_table(path: Path, *, at: str | None = None) -> tuple[Row, ...]:
    """Read the rows of a file.

    Args:
        path: The file.
        at: Key of the list of rows in a JSON object; by default the only list of objects in it.

    Raises:
        UserError: for a file that cannot be read, with the place in it.
    """
    text = _text(path)
    match _suffix(path):
        case ".jsonl" | ".ndjson":
            rows = list(_lines(text, path))
        case ".json":
            rows = list(_document(text, path, at))
        case ".csv" | ".tsv":
            rows = list(_separated(text, path))
        case other:
            raise UserError(f"{other or path.name!r} is no format of tables", remedy=_WANTED, where=str(path))
    if not rows:
        raise UserError("there are no rows in it", remedy=_WANTED, where=str(path))
    return tuple(rows)


def cell(row: Row, column: str) -> Any:
    """A cell by its column, or by a dotted path into one: `scores.human`, `labels.0`; None when there is none."""
    if column in row.cells:
        return row.cells[column]
    found: Any = row.cells
    for part in column.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _text(path: Path) -> str:
    try:
        with (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"it cannot be read: {error}", remedy=_WANTED, where=str(path)) from error
    if len(content) > MOST_BYTES:
        raise UserError("it is too large", remedy=f"give a file of at most {MOST_BYTES >> 20} MiB", where=str(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"byte {error.start} is no UTF-8", remedy="save it as UTF-8", where=str(path)) from None


def _lines(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield Row(_object(_json(line, where), where), where)


def _document(text: str, path: Path, at: str | None) -> Iterator[Row]:
    found = _json(text, str(path))
    if isinstance(found, dict):
        found = _listed(found, path, at)
    if not isinstance(found, list):
        raise UserError("it is no list of rows", remedy=_WANTED, where=str(path))
    for index, item in enumerate(found):
        where = f"{path}[{index}]"
        yield Row(_object(item, where), where)


def _listed(found: dict[str, Any], path: Path, at: str | None) -> list[Any]:
    """The rows inside an object: the list it is told, the only list of objects, or objects by their id."""
    if at is not None:
        listed = found.get(at)
        if not isinstance(listed, list):
            raise UserError(f"there is no list {at!r} in it", remedy=f"it has: {', '.join(found)}", where=str(path))
        return listed
    lists = {key: item for key, item in found.items() if isinstance(item, list) and item and isinstance(item[0], dict)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if lists:
        raise UserError(
            f"several lists are in it: {', '.join(lists)}", remedy="name one with --rows NAME", where=str(path)
        )
    if found and all(isinstance(item, dict) for item in found.values()):
        return [{"id": key, **item} for key, item in found.items()]
    raise UserError("there is no list of rows in it", remedy=_WANTED, where=str(path))


def _separated(text: str, path: Path) -> Iterator[Row]:
    delimiter = "\t" if _suffix(path) == ".tsv" else _delimiter(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        head = next(reader, [])
        repeated = [name for place, name in enumerate(head) if name in head[:place]]
        if repeated:
            raise UserError(f"two columns are called {repeated[0]!r}", remedy="rename one", where=f"{path}:1")
        for cells in reader:
            if not cells:
                continue
            where = f"{path}:{reader.line_num}"
            if len(cells) != len(head):
                raise UserError(
                    f"{len(cells)} cells under {len(head)} columns", remedy="quote commas in cells", where=where
                )
            yield Row(dict(zip(head, cells, strict=True)), where)
    except csv.Error as error:
        raise UserError(f"it is no CSV: {error}", remedy=_WANTED, where=str(path)) from None


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max((",", ";", "\t", "|"), key=head.count)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"it is no JSON: {error}", remedy=_WANTED, where=where) from None


def _object(item: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise UserError(f"a row is an object, not a {type(item).__name__}", remedy=_WANTED, where=where)
    return item
