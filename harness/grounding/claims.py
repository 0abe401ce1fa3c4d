"""The figures that an answer states, in its text or in its JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.quantities import Quantity, of, scan

from .facts import decimal_of

_BEFORE = 60


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure that an answer states."""

    figure: Quantity
    """The figure as it is printed."""

    path: str | None = None
    """JSON path in a structured answer; None in a text."""

    before: str = ""
    """The words before it in its sentence."""

    @property
    def text(self) -> str:
        """The figure as it stands."""
        return self.figure.text


def claims(answer: Any) -> tuple[Claim, ...]:
    """Every figure in a text, or in the numbers and texts of a JSON-like answer."""
    return tuple(_in_text(answer, None) if isinstance(answer, str) else _in_json(answer, "$"))


def _in_text(text: str, path: str | None) -> Iterator[Claim]:
    for figure in scan(text):
        start = max(0, figure.start - _BEFORE)
        before = text[start : figure.start]
        for end in (". ", "\n", "; "):
            before = before.rsplit(end, 1)[-1]
        yield Claim(figure, path, before)


def _in_json(item: Any, path: str) -> Iterator[Claim]:
    if isinstance(item, str):
        yield from _in_text(item, path)
    elif isinstance(item, Mapping):
        for key, inner in item.items():
            yield from _in_json(inner, f"{path}.{key}")
    elif isinstance(item, list | tuple):
        for index, inner in enumerate(item):
            yield from _in_json(inner, f"{path}[{index}]")
    elif decimal_of(item) is not None:
        yield Claim(of(item), path)
