"""How columns of tables look: the same figure is shown in the same way on every page."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

OPEN: Final = ":material/open_in_new:"


def text(label: str, *, width: Any = None, about: str | None = None) -> Any:
    """Words."""
    return st.column_config.TextColumn(label, width=width, help=about)


def number(label: str, *, form: str | None = None, about: str | None = None) -> Any:
    """A number."""
    return st.column_config.NumberColumn(label, format=form, help=about)


def share(label: str, *, about: str | None = None) -> Any:
    """A share as a bar."""
    return st.column_config.ProgressColumn(label, format="percent", min_value=0, max_value=1, help=about, width="small")


def percent(label: str, *, about: str | None = None) -> Any:
    """A share as a number."""
    return st.column_config.NumberColumn(label, format="percent", help=about)


def seconds(label: str, *, about: str | None = None) -> Any:
    """A duration."""
    return st.column_config.NumberColumn(label, format="%.2f s", help=about)


def money(label: str, *, about: str | None = None) -> Any:
    """US dollars."""
    return st.column_config.NumberColumn(label, format="$%.4f", help=about)


def moment(label: str) -> Any:
    """A date and a time of day."""
    return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm")


def line(label: str, *, about: str | None = None) -> Any:
    """A small line of shares, oldest first."""
    return st.column_config.LineChartColumn(label, y_min=0, y_max=1, width="small", help=about)


def trial(label: str = "Open") -> Any:
    """The way to a trial's page."""
    return st.column_config.LinkColumn(label, display_text=OPEN, width="small")


def run(label: str = "Run") -> Any:
    """The way to a run's page, under the run's id."""
    return st.column_config.LinkColumn(label, display_text=r"run=([^&]+)")


CASES: Final[dict[str, Any]] = {
    "result": text("Result"),
    "link": trial(),
    "case": text("Case"),
    "why": text("Why", width="large"),
    "trials": text("Trials"),
    "agent": text("Agent"),
    "suite": text("Suite"),
    "seconds": seconds("Time"),
    "cost_usd": money("Cost"),
}
"""Tables of cases."""
