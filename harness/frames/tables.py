"""How a table is laid out: which columns have anything to show, how wide short texts are, how many rows stand without scrolling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.text import visible

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ROWS_SHOWN: Final = 15
"""Rows of a table that stand on a page without scrolling in it."""

_ROW, _EDGE = 35, 3
_CHARACTER, _AROUND = 6.7, 24
_NARROW, _WIDE = 64, 320
_MOST: Final = 0.9
"""Share of the texts that a column is always wide enough for; a few long ones do not make all of a table wide."""

_LONGER: Final = 8

_SIGN: Final = 28


def filled(rows: DataFrame, names: Sequence[str]) -> list[str]:
    """The columns of which at least one row has something; all of them where there is no row."""
    known = [name for name in names if name in rows]
    return [name for name in known if rows.empty or _says(rows[name])]


def cleaned(rows: DataFrame) -> DataFrame:
    """The same rows without characters that hide or reorder text, whoever made them."""
    names = [name for name in rows.columns if rows[name].dtype == object or str(rows[name].dtype).startswith("str")]
    return rows.assign(**{name: rows[name].map(_clean) for name in names}) if names else rows


def rounded(rows: DataFrame, columns: Mapping[str, Any]) -> DataFrame:
    """Shares to a tenth of a percent, where a column shows them in percent."""
    shares = [name for name, column in columns.items() if name in rows and _form(column) == "percent"]
    return rows.assign(**{name: rows[name].astype("float64").round(3) for name in shares}) if shares else rows


def fitted(values: Series[Any], column: Any) -> Any:
    """A column of words that is as wide as most of its texts and its heading, within bounds; other columns as they are."""
    if not isinstance(column, Mapping) or column.get("width") or _kind(column) != "text":
        return column
    lengths = values.dropna().astype(str).str.len()
    heading = _CHARACTER * len(str(column.get("label") or "")) + _SIGN * bool(column.get("help"))
    longest = min(lengths.max(), lengths.quantile(_MOST, "higher") + _LONGER) if len(lengths) else 0
    pixels = max(heading, _CHARACTER * float(longest)) + _AROUND
    return {**column, "width": int(min(_WIDE, max(_NARROW, pixels)))}


def height(rows: DataFrame) -> int:
    """Pixels for all rows of a short table, and for a part of one more of a long one."""
    return _EDGE + _ROW * (1 + len(rows)) if len(rows) <= ROWS_SHOWN else _EDGE + int(_ROW * (ROWS_SHOWN + 1.4))


def _clean(item: Any) -> Any:
    return visible(item) if isinstance(item, str) else item


def _says(values: Series[Any]) -> bool:
    return bool((values.notna() & (values.astype(str) != "") & (values.astype(str) != "–")).any())


def _form(column: Any) -> str:
    return str(_type(column).get("format") or "")


def _kind(column: Any) -> str:
    return str(_type(column).get("type") or "")


def _type(column: Any) -> Mapping[str, Any]:
    found = column.get("type_config") if isinstance(column, Mapping) else None
    return found if isinstance(found, Mapping) else {}
