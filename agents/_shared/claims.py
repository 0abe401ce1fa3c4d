"""Figures and sources of an answer, each with the place in a tool's result that it was read from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from .tools import AgentTool

_FIGURE: Final = re.compile(
    r"(?P<sign>-?)(?:\$(?P<usd>\d[\d,]*(?:\.\d+)?)|(?P<percent>(?<![\d.,])\d[\d,]*(?:\.\d+)?) ?%)"
)
_CITED: Final = re.compile(r"\((S\d{3}), \d{4}-\d\d-\d\d")


class Evidence:
    """What the tools returned while one answer was made, to say afterwards where its figures come from."""

    def __init__(self) -> None:
        self._leaves: list[tuple[str, float]] = []
        self._notes: set[str] = set()

    def listening(self, tool: AgentTool[Any]) -> AgentTool[Any]:
        """The same tool, with its results kept."""

        async def call(arguments: Any) -> Any:
            result = await tool.run(arguments)
            self._leaves += _leaves(result, f"{tool.name}:$")
            notes = result.get("notes", ()) if isinstance(result, Mapping) else ()
            self._notes |= {note["id"] for note in notes}
            return result

        return replace(tool, function=call, is_outer=True)

    def sidecar(self, text: str) -> dict[str, Any]:
        """`{claims[{text, value, unit, source_path}], citations[]}` of an answer.

        A dollar amount or percentage that no tool returned has no claim: whoever compares finds it by its absence.
        """
        found = {match[0]: claim for match in _FIGURE.finditer(text) if (claim := self._claim(match)) is not None}
        cited = dict.fromkeys(name for name in _CITED.findall(text) if name in self._notes)
        return {"claims": list(found.values()), "citations": list(cited)}

    def _claim(self, match: re.Match[str]) -> dict[str, Any] | None:
        unit = "USD" if match["usd"] else "percent"
        shown = Decimal(match["sign"] + (match["usd"] or match["percent"]).replace(",", ""))
        fitting = [(path, value) for path, value in self._leaves if _rounds_to(value, shown)]
        fitting.sort(key=lambda leaf: ("percent" in leaf[0]) != (unit == "percent"))
        if not fitting:
            return None
        path, value = fitting[0]
        return {"text": match[0], "value": value, "unit": unit, "source_path": path}


def _rounds_to(value: float, shown: Decimal) -> bool:
    """Whether a value, written with as many digits as are shown, is what is shown."""
    exponent = shown.as_tuple().exponent
    assert isinstance(exponent, int)  # only NaN and infinity have another
    return abs(Decimal(str(value)) - shown) <= Decimal(5).scaleb(exponent - 1)


def _leaves(item: Any, path: str) -> Iterator[tuple[str, float]]:
    """Every number of a result with its JSON path."""
    if isinstance(item, Mapping):
        for name, inner in item.items():
            yield from _leaves(inner, f"{path}.{name}")
    elif isinstance(item, list):
        for place, inner in enumerate(item):
            yield from _leaves(inner, f"{path}[{place}]")
    elif isinstance(item, int | float) and not isinstance(item, bool):
        yield path, float(item)
