"""Walk through what a trial read and give each number its row, its column and its period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

from harness.lazy import pattern
from harness.quantities import Kind, Quantity, parse, scan

from .facts import Fact, Label
from .longtext import LongText
from .words import MONTHS, periods, stem, words

_NAME = pattern(r"[A-Za-z_][\w.-]*")
_LONG = 20_000
_TEXTS = 2_000_000
"""Characters of text that are read in all: two seconds of work."""

_DEPTH = 200
_TOTAL = frozenset({"total"})
_VAGUE = frozenset(
    stem(word) for word in ("total", "current", "deferred", "other", "net", "basic", "diluted", "beginning", "balance")
)
_CELL = 200
_NIL = frozenset(f"{sign}{mark}" for sign in ("", "$", "$ ", "€", "£") for mark in "—–―-")
"""How statements print nothing."""

_YEARS_ONLY = pattern(r"\D*(?:(?:19|20)\d\d\D*)+")
_SCALES = pattern(
    r"(?:\bin|\()\s?(?:\w+ ){0,3}(thousand|million|billion)s?\b|\b(000)['’]?s\b|"
    r"(?:[$€£¥]|\b(?:USD|EUR|GBP|RMB|CNY|JPY|CHF|INR|CAD|AUD|HKD|SGD|Rs))\s?[('’‘]{0,2}\s?(thousand|million|billion|000|mn|m|bn|k)s?\b",
    re.IGNORECASE,
)
_WORTH = {"thousand": 3, "000": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9}
_SENTENCE = pattern(r"(?<=[.!?;])\s+|\n+")


class Reader:
    """Reads sources one after another; remembers what it could not read at once."""

    def __init__(self) -> None:
        self._source = ""
        self._taken = 0
        self.cut: list[str] = []
        self.texts: list[LongText] = []
        self.scales: set[Decimal] = set()

    def read(self, item: Any, source: str) -> Iterator[Fact]:
        """Every number below a value, and the totals of its columns."""
        self._source = source
        yield from self._any(item, "$", None, None, 0)

    def _any(self, item: Any, path: str, row: Label | None, column: Label | None, depth: int) -> Iterator[Fact]:
        if isinstance(item, str):
            yield from self._text(item, path, row, column)
        elif depth > _DEPTH:
            self.cut.append(path)
        elif isinstance(item, Mapping):
            yield from self._mapping(item, path, row, depth)
        elif isinstance(item, list | tuple):
            yield from self._list(item, path, row, column, depth)
        elif (number := decimal_of(item)) is not None:
            yield Fact(number, self._source, path, row=row, column=column)

    def _mapping(self, item: Mapping[Any, Any], path: str, row: Label | None, depth: int) -> Iterator[Fact]:
        """Each key names a column; beside it, it may name an entity, so a key is the row where nothing else is."""
        yield from _total(self._source, path, item.values(), row)
        outer = row if row is not None and row.path == path else None
        table = path.rsplit("[", 1)[0] + "[*]" if path.endswith("]") else path.rsplit(".", 1)[0] + ".*"
        for key, inner in item.items():
            where = f"{path}.{key}"
            if outer is not None:
                yield from self._any(inner, where, outer, _column(f"{table}.{key}", str(key)), depth + 1)
                continue
            name = str(key)
            label = Label(where, _entity(words(name), inner) | _words_of(row), periods(name) | _periods_of(row), name)
            yield from self._any(inner, where, label, _column(f"{path}.*", ""), depth + 1)

    def _list(
        self, item: Sequence[Any], path: str, row: Label | None, column: Label | None, depth: int
    ) -> Iterator[Fact]:
        if _is_grid(item):
            yield from self._grid(item, path)
            return
        yield from _columns(self._source, path, item)
        for index, inner in enumerate(item):
            where = f"{path}[{index}]"
            label = _record(inner, where, row) if isinstance(inner, Mapping) else row
            yield from self._any(inner, where, label, column, depth + 1)

    def _grid(self, rows: Sequence[Sequence[Any]], path: str) -> Iterator[Fact]:
        """A table as rows of cells: heads, then a name and figures in each row; heads and periods may come again below."""
        width = max(len(cells) for cells in rows)
        top = below = [Label(f"{path}[*][{spot}]") for spot in range(width)]
        section, since = frozenset[str](), frozenset[str]()
        heads: list[Sequence[Any]] = []
        for place, cells in enumerate(rows):
            name = next((cell for cell in cells if isinstance(cell, str) and cell.strip() and not _figure(cell)), "")
            figures = [(spot, figure) for spot, cell in enumerate(cells) if (figure := _figure(cell))]
            if not figures or _spans_only(cells, figures):
                heads.append(cells)
                continue
            if heads:
                self._note(" ".join(str(cell) for line in heads for cell in line))
                below, section, since = _headed(heads, below, top)
                top, heads = (below if below[-1].text and not top[-1].text else top), []
            named = words(name) | (section if words(name) <= _VAGUE else frozenset())
            label = Label(f"{path}[{place}]", named or _TOTAL, periods(name) or since, name[:_CELL])
            for spot, figure in figures:
                yield _fact(figure, self._source, f"{path}[{place}][{spot}]", label, below[spot])

    def _text(self, text: str, path: str, row: Label | None, column: Label | None) -> Iterator[Fact]:
        self._note(text[:_LONG])
        left, self._taken = _TEXTS - self._taken, self._taken + len(text)
        if len(text) > left:
            self.cut.append(path)
            text = text[: max(0, left)]
        if len(text) > _LONG:
            self.texts.append(LongText(text, self._source, path))
            return
        if len(text) <= _CELL and (figure := _figure(text)) is not None:
            yield _fact(figure, self._source, path, row, column)
            return
        if _NAME.fullmatch(text):
            return
        for figure, sentence in _sentences(text):
            yield _fact(
                figure,
                self._source,
                path,
                Label(f"{path}@{sentence.path}", sentence.words, sentence.periods, sentence.text),
                None,
            )

    def _note(self, text: str) -> None:
        for match in _SCALES.finditer(text) if "n" in text or "0" in text or "m" in text else ():
            self.scales.add(Decimal(10) ** _WORTH[(match[1] or match[2] or match[3]).lower()])


def _fact(figure: Quantity, source: str, path: str, row: Label | None, column: Label | None) -> Fact:
    return Fact(
        figure.value, source, path, "text", figure.kind, figure.currency or figure.unit, row, column, figure.step
    )


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[tuple[Quantity, Label], ...]:
    """Every figure of a text with the label of its sentence."""
    edges = [0, *(match.end() for match in _SENTENCE.finditer(text)), len(text) + 1]
    found, place, label = [], 0, None
    for figure in scan(text):
        while figure.start >= edges[place + 1]:
            place, label = place + 1, None
        if label is None:
            sentence = text[edges[place] : edges[place + 1]]
            label = Label(str(place), words(sentence), periods(sentence), sentence[:_CELL])
        found.append((figure, label))
    return tuple(found)


@lru_cache(maxsize=8192)
def _parsed(cell: str) -> Quantity | None:
    bare = " ".join(cell.split()).replace("( ", "(").replace(" )", ")")
    if bare in _NIL:
        return Quantity(Decimal(0), text=bare)
    if not any(character.isdigit() for character in bare) or _YEARS_ONLY.fullmatch(bare) or _NAME.fullmatch(bare):
        return None
    return parse(bare)


def _figure(cell: Any) -> Quantity | None:
    """The one figure that a cell holds."""
    if isinstance(cell, str):
        return _parsed(cell) if len(cell) <= _CELL else None
    number = decimal_of(cell)
    if number is None or (isinstance(cell, int) and 1900 <= cell <= 2099):
        return None
    return Quantity(number, text=str(cell))


def decimal_of(item: Any) -> Decimal | None:
    """A JSON number as a decimal; None for anything else."""
    kind = type(item)
    if kind is float:
        return Decimal(repr(item)) if isfinite(item) else None
    if kind is int:
        return Decimal(item)
    if kind is Decimal:
        return item if item.is_finite() else None
    if kind is bool or not isinstance(item, int | float):
        return None
    return Decimal(repr(float(item))) if isfinite(item) else None


def _is_grid(item: Sequence[Any]) -> bool:
    """Rows of cells, with at least one name among them."""
    if len(item) < 2 or not all(isinstance(row, list | tuple) and 0 < len(row) <= 200 for row in item):
        return False
    return any(isinstance(cell, str) for row in item[:20] for cell in row) and not any(
        isinstance(cell, list | tuple | Mapping) for row in item for cell in row
    )


def _spans_only(cells: Sequence[Any], figures: Sequence[tuple[int, Quantity]]) -> bool:
    """Whether a line without a name holds nothing but spans of time: heads such as `1 to 3 years`."""
    return not str(cells[0]).strip() and all(figure.kind is Kind.DURATION for _, figure in figures)


def _headed(
    lines: Sequence[Sequence[Any]], above: Sequence[Label], top: Sequence[Label]
) -> tuple[list[Label], frozenset[str], frozenset[str]]:
    """What lines without figures say of the rows below them: their columns, their section and its period."""
    alone = [line for line in lines if _is_alone(line)]
    bare = not any(label.text for label in top)
    heads = [line for line in lines if not _is_alone(line) and (bare or _is_head(line))]
    columns = _headers(heads, top) if heads else list(above)
    section = next((str(line[0]) for line in reversed(alone)), "")
    later = next((found for line in reversed(alone) if (found := periods(str(line[0])))), frozenset[str]())
    if later and len({column.periods for column in columns if column.periods}) < 2:  # they do not tell periods apart
        columns = [Label(column.path, column.words, later, column.text) for column in columns]
    return columns, words(section) - MONTHS, later


def _is_alone(line: Sequence[Any]) -> bool:
    """Whether a line has a name and nothing else."""
    return bool(str(line[0]).strip()) and not any(str(cell).strip() for cell in line[1:])


def _is_head(line: Sequence[Any]) -> bool:
    """Whether a line below the first rows is a head again: no name before it but a period or a unit, words or years in it."""
    name = str(line[0]).strip()
    rest = [text for cell in line[1:] if (text := str(cell).strip())]
    named = bool(name) and not name.startswith("(") and not periods(name)
    return not named and bool(rest) and all(any(letter.isalpha() for letter in text) or periods(text) for text in rest)


def _headers(rows: Sequence[Sequence[Any]], first: Sequence[Label]) -> list[Label]:
    """One label per column; a head stands for the blank cells to its right too. `first` are those of the table's top."""
    texts = [""] * len(first)
    for cells in rows:
        carried = ""
        for spot in range(len(first)):
            cell = str(cells[spot]).strip() if spot < len(cells) else ""
            carried = cell or (carried if spot else "")
            texts[spot] = f"{texts[spot]} {carried}".strip()
    made = []
    for label, text in zip(first, texts, strict=True):
        again = label.text and label.words != words(text)  # other columns below the same ones
        path = f"{label.path}~{len(text)}" if again else label.path
        made.append(Label(path, words(text), periods(text), text[:_CELL]))
    return made


@lru_cache(maxsize=4096)
def _column(path: str, name: str) -> Label:
    return Label(path, words(name), periods(name), name)


def _record(row: Mapping[Any, Any], path: str, outer: Label | None) -> Label:
    """A record is called by its short texts."""
    texts = [text for text in row.values() if isinstance(text, str) and len(text) <= 60 and not _parsed(text)]
    name = " ".join(texts)
    return Label(path, words(name) | _words_of(outer), periods(name) | _periods_of(outer), name[:_CELL])


def _entity(named: frozenset[str], inner: Any) -> frozenset[str]:
    """Words of a key that holds records or lists say what they are, not which."""
    return frozenset() if isinstance(inner, list | tuple) else named


def _words_of(row: Label | None) -> frozenset[str]:
    return row.words if row else frozenset()


def _periods_of(row: Label | None) -> frozenset[str]:
    return row.periods if row else frozenset()


def _columns(source: str, path: str, rows: Sequence[Any]) -> Iterator[Fact]:
    """Totals of a list of numbers, or of each column of a list of rows."""
    yield from _total(source, f"{path}[*]", rows, None)
    if len(rows) > 1 and all(isinstance(row, Mapping) for row in rows):
        for key in rows[0]:
            yield from _total(source, f"{path}[*].{key}", [row.get(key) for row in rows], None, str(key))


def _total(source: str, path: str, items: Iterable[Any], row: Label | None, name: str = "") -> Iterator[Fact]:
    total, count = Decimal(0), 0
    for item in items:
        number = decimal_of(item)
        if number is None:
            return
        total, count = total + number, count + 1
    if count > 1:
        yield Fact(total, source, path, "total", row=row, column=_column(path, name))
