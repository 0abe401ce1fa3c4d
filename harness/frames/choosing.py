"""What pages offer to choose from, and what is left of a table when something was chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.store import RunRow
from harness.text import one_line

if TYPE_CHECKING:
    from pandas import DataFrame


def run_labels(rows: Sequence[RunRow]) -> dict[str, str]:
    """What each run is called in a list: its id, its commit and how many results it has."""
    return {
        row.id: one_line(
            " · ".join(
                part
                for part in (
                    row.id,
                    (row.manifest.git_commit or "")[:7],
                    f"{row.done:,} results",
                    "" if row.status == "complete" else row.status,
                )
                if part
            ),
            120,
        )
        for row in rows
    }


def plain_line(text: str, limit: int = 120) -> str:
    """Text as one line of a list of choices, which shows it as it is."""
    return one_line(text, limit)


def filtered(
    rows: DataFrame, wanted: Mapping[str, Collection[str] | None], text: str = "", among: Sequence[str] = ()
) -> DataFrame:
    """Rows whose columns have one of the wanted values, and that have a text somewhere; nothing wanted is no filter."""
    for column, values in wanted.items():
        if values:
            rows = rows[rows[column].isin(list(values))]
    if text:
        small = text.casefold()
        kept = (
            rows[list(among)].astype(str).apply(lambda column: column.str.casefold().str.contains(small, regex=False))
        )
        rows = rows[kept.any(axis=1)]
    return rows
