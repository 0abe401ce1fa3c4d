"""Input that breaks parsers: mixed locales, marks that hide or reorder text, numbers inside names, data of any shape."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

FIGURES = st.sampled_from(
    ["1,234.56", "1.234,56", "1'234.56", "1,23,456.78", "(3,400)", "-5%", "−5", "%", "12.5%", "35bps", "35", "$4.2bn", "€1.2M", "US$5", "5–10%", "10-K", "401(k)", "S&P500", "60/40", "1e308", "1e-400", "9999999999999999999999999", "0.000000000000001", "١٢٣٤", "１２３", "½", "3¾", "Q3", "FY25", "2024", "2024-01-31", "ISIN:US0378331005", "A1B2C3", "x2", "v1.2.3", "#7", "1/2/3", "NaN", "Infinity", "-inf", "nan%", "$", "$-", ".5", "5.", ",5", "5,", "--", "+-3", "((5))", "1,2,3", "1.2.3", "10^9", "10×10^3", "three", "million", "half", "a", "billion"]
)  # fmt: skip
MARKS = st.sampled_from(
    [
        "\u200b",
        "\u200f",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\u00ad",
        "\u00a0",
        "\u202f",
        "\x00",
        "\r\n",
        "\n",
        "\t",
        "|",
        "`",
        "```",
        "**",
        "\ud800",
        "🇺🇸",
    ]
)
WORDS = st.sampled_from(
    [
        "VTI",
        "total",
        "of",
        "fell",
        "by",
        "between",
        "and",
        "in",
        "2024",
        "from",
        "to",
        "your",
        "worth",
        "share",
        "average",
        "per",
        "percent",
        "million",
        "-",
        ".",
        ";",
        ":",
        "(",
        ")",
        "/",
        "each",
    ]
)
TEXT = st.lists(FIGURES | MARKS | WORDS | st.text(max_size=6) | st.just(" "), max_size=24).map("".join)
SPACED = st.lists(FIGURES | MARKS | WORDS, max_size=24).map(" ".join)
NUMBERS = st.integers() | st.floats() | st.booleans() | st.none() | st.decimals()
KEYS = st.sampled_from(
    [
        "name",
        "value",
        "type",
        "data",
        "charts",
        "key",
        "title",
        "series",
        "dataKey",
        "unit",
        "whole",
        "children",
        "x",
        "y",
        "total",
        "weight",
        "mark",
        "encoding",
        "field",
    ]
) | st.text(max_size=4)
DATA: st.SearchStrategy[Any] = st.recursive(
    NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5) | st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=25,
)
GRIDS = st.lists(
    st.lists(FIGURES | WORDS | st.just("") | st.text(max_size=5) | NUMBERS, min_size=1, max_size=5),
    min_size=1,
    max_size=6,
)


def nested(depth: int, leaf: Any = 812.55, *, key: str | None = "in") -> Any:
    """Data nested so deep: objects under `key`, or lists where there is none."""
    for _ in range(depth):
        leaf = [leaf] if key is None else {key: leaf}
    return leaf
