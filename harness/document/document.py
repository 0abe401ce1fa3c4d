"""A YAML file as plain data that still knows where everything stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from harness.frozen import frozen
from harness.model import Where

Mark: TypeAlias = Any
"""PyYAML's own mark, with `line` and `column` counted from 0; kept as it comes because making ours costs time."""

Spots: TypeAlias = Mapping[int, Any]


@frozen
class Document:
    """Plain data with the place of every key and value."""

    name: str
    """File name for messages, relative to the workspace root."""

    data: Any
    """Mappings, lists, text, numbers, truth values and None; None for an empty file."""

    spots: Spots
    """Identity of a mapping to {key: (mark of the key, mark of the value)}; of a list to its items' marks."""

    starts: Mapping[int, Mark]
    """Identity of a mapping or list to the mark of its beginning."""

    def where(self, box: object) -> Where:
        """Place where a mapping or list of this document begins."""
        return self._at(self.starts.get(id(box)))

    def place(self, path: Sequence[str | int], *, at_key: bool = False, start: object = None) -> Where:
        """Place of what a path leads to, or of the nearest thing around it.

        Args:
            path: Keys and indexes.
            at_key: Whether the last key itself is meant, rather than its value.
            start: Mapping or list that the path begins at; by default the whole document.
        """
        box: Any = self.data if start is None else start
        mark = self.starts.get(id(box))
        for index, part in enumerate(path):
            spot = self._spot(box, part)
            if spot is None:
                break
            key, content = spot
            mark = key if at_key and index == len(path) - 1 else content
            box = box[part]
        return self._at(mark)

    def _spot(self, box: Any, part: str | int) -> tuple[Mark, Mark] | None:
        marks = self.spots.get(id(box))
        if isinstance(box, dict):
            return None if marks is None else marks.get(part)
        if isinstance(box, list) and marks is not None and isinstance(part, int) and part < len(marks):
            return marks[part], marks[part]
        return None

    def _at(self, mark: Mark | None) -> Where:
        return (
            Where(file=self.name) if mark is None else Where(file=self.name, line=mark.line + 1, column=mark.column + 1)
        )
