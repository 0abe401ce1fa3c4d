"""A small table of figures as plain HTML: nothing to sort, and there at once."""

from __future__ import annotations

from collections.abc import Sequence

from harness.frozen import frozen

from .element import Markup, element


@frozen
class Column:
    """A column of a table."""

    label: str
    """What stands above it."""

    number: bool = True
    """Whether it holds figures, which stand at its right end."""

    about: str | None = None
    """What it says to who points at its label."""


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Markup:
    """A table with one row for each of `rows`, and a cell for each of `columns`."""
    head = (element("th", one.label, class_=_style(one), title=one.about, scope="col") for one in columns)
    lines = (
        element("tr", *(element("td", cell, class_=_style(one)) for one, cell in zip(columns, row, strict=True)))
        for row in rows
    )
    table = element("table", element("thead", element("tr", *head)), element("tbody", *lines))
    return element("div", table, class_="fh fh-scroll fh-grid")


def _style(column: Column) -> str | None:
    return "fh-number" if column.number else None
