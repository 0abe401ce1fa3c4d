"""The figures that an answer states, in its text, its tables or its JSON form."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from harness.frozen import frozen
from harness.lazy import pattern
from harness.quantities import Kind, Quantity, of, parse, scan

from .reading import decimal_of
from .words import stem, words

_ENDS = pattern(r"(?<=[.!?;])\s+|\n+")
_JOINS = pattern(r"[,;]|\b(?:and|while|but|whereas)\b")
_AROUND = 240
_DEPTH = 200
_PRINTED = 12
_RATES = frozenset(
    stem(word)
    for word in (
        "percent",
        "percentage",
        "pct",
        "weight",
        "share",
        "allocation",
        "yield",
        "return",
        "growth",
        "margin",
        "rate",
        "change",
    )
)


@frozen
class Claim:
    """One figure that an answer states."""

    figure: Quantity
    """The figure as it is printed."""

    path: str | None = None
    """JSON path in a structured answer; None in a text."""

    before: str = ""
    """The words before it in its sentence."""

    context: str = ""
    """Its sentence, its row under its column's head, or its keys and its record's names."""

    near: str = ""
    """The words around it up to the figures beside it."""

    sentence: int = -1
    """Which sentence of its text it stands in, from 0; -1 outside texts."""

    formula: str = ""
    """How the answer says that it was computed."""

    @property
    def text(self) -> str:
        """The figure as it stands."""
        return self.figure.text


def claims(answer: Any, *, derivations: Any = None) -> tuple[Claim, ...]:
    """Every figure in a text, or in the numbers and texts of a JSON-like answer.

    `derivations` is a list of `{"figure": "22.2%", "formula": "(44.1 - 56.7) / 56.7"}`; by default what a JSON-like answer has
    under that key. A figure that is stated elsewhere too has the formula there as well.
    """
    if derivations is None and isinstance(answer, Mapping):
        derivations = answer.get("derivations")
    declared = tuple(_declared(derivations))
    formulas = {(claim.figure.value, claim.figure.kind): claim.formula for claim in declared}
    rest = (
        {key: inner for key, inner in answer.items() if key != "derivations"}
        if declared and isinstance(answer, Mapping)
        else answer
    )
    found = tuple(_in_text(rest, None, "") if isinstance(rest, str) else _in_json(rest, "$", "", 0))
    if not formulas:
        return found
    told = tuple(replace(claim, formula=formulas.get((claim.figure.value, claim.figure.kind), "")) for claim in found)
    return told + declared


def volume(answer: Any) -> int:
    """Characters of all texts of an answer, with one for every other value."""
    total, left = 0, [answer]
    while left:
        item = left.pop()
        if isinstance(item, Mapping):
            left.extend(item.values())
        elif isinstance(item, list | tuple):
            left.extend(item)
        total += len(item) if isinstance(item, str) else 1
    return total


def _declared(derivations: Any) -> Iterator[Claim]:
    for place, item in enumerate(derivations if isinstance(derivations, list | tuple) else ()):
        if not isinstance(item, Mapping) or not isinstance(item.get("formula"), str) or not item["formula"].strip():
            continue
        stated = item.get("figure")
        number = decimal_of(stated)
        figure = parse(stated) if isinstance(stated, str) else of(number) if number is not None else None
        if figure is not None:
            yield Claim(figure, f"$.derivations[{place}].figure", formula=item["formula"])


def _in_text(text: str, path: str | None, around: str) -> Iterator[Claim]:
    edges = [0, *(match.end() for match in _ENDS.finditer(text)), len(text) + 1]
    figures = scan(text)
    heads = _heads(text) if "|" in text else {}
    for place, figure in enumerate(figures):
        spot = bisect_right(edges, figure.start) - 1
        start, end = edges[spot], edges[spot + 1] - 1
        left = max(start, figure.start - _AROUND, figures[place - 1].end if place else 0)
        right = min(end, figure.end + _AROUND, figures[place + 1].start if place + 1 < len(figures) else end)
        low, high = max(start, figure.start - _AROUND), min(end, figure.end + _AROUND)
        before = text[max(start, figure.start - 60) : figure.start]
        if start in heads:
            cells = text[start : figure.start].count("|")
            head = heads[start][cells - 1] if 0 < cells <= len(heads[start]) else ""
            name = text[start : figure.start].split("|")[1] if cells else ""
            yield Claim(figure, path, before, f"{around} {text[low:high]} {head}", f"{name} {head}", spot)
        else:
            yield Claim(
                figure,
                path,
                before,
                f"{around} {text[low:high]}".strip(),
                _clause(text[left : figure.start], text[figure.end : right], first=left == start, last=right == end),
                spot,
            )


def _clause(before: str, after: str, *, first: bool, last: bool) -> str:
    """The words around a figure that are its own: up to the clause of the figure before it and that of the one after it."""
    own = before if first else _JOINS.split(before)[-1]
    return f"{own} {after if last else _JOINS.split(after)[0]}"


def _heads(text: str) -> dict[int, list[str]]:
    """Column heads of each Markdown table's rows, by the offset at which a row begins."""
    found: dict[int, list[str]] = {}
    head: list[str] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if not bare.startswith("|"):
            head = []
        elif not head:
            head = [cell.strip()[:80] for cell in bare.strip("|").split("|")]
        else:
            found[offset + len(line) - len(line.lstrip())] = head
            found[offset] = head
        offset += len(line)
    return found


def _in_json(item: Any, path: str, around: str, depth: int) -> Iterator[Claim]:
    if depth > _DEPTH:
        return
    if isinstance(item, str):
        yield from _in_text(item, path, around)
    elif isinstance(item, Mapping):
        names = " ".join(text for text in item.values() if isinstance(text, str) and len(text) <= 60)
        names = names or around[-_AROUND:]  # amounts by name: what they are is the key above
        for key, inner in item.items():
            name = str(key).replace("_", " ").replace("-", " ")
            yield from _in_json(
                inner, f"{path}.{key}", f"{names} {name}" if not isinstance(inner, str) else name, depth + 1
            )
    elif isinstance(item, list | tuple):
        for index, inner in enumerate(item):
            yield from _in_json(inner, f"{path}[{index}]", around, depth + 1)
    elif decimal_of(item) is not None:
        yield Claim(figure_of(item, around), path, "", around, around)


def figure_of(number: Any, names: str) -> Quantity:
    """A JSON number as if it were printed: to half its last digit, where it is not the noise of a computation.

    Where its `names` (its keys) speak of a rate it may be a percentage too.
    """
    exact = of(number)
    shown = exact.value.normalize()
    exponent = min(0, int(shown.as_tuple().exponent))
    step = Decimal(1).scaleb(exponent) if len(shown.as_tuple().digits) <= _PRINTED else exact.step
    figure = replace(exact, step=step)
    if not _RATES.isdisjoint(words(names)):
        figure = replace(figure, alternatives=(replace(figure, kind=Kind.PERCENT),))
    return figure
