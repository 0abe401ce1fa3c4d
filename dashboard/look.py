"""How every page looks: heading, style, empty state, charts; pages say what to show, this says how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.render.pieces import Markup, chip, nothing_here, style

if TYPE_CHECKING:
    from pandas import DataFrame

CHART_CONFIG: Final[Mapping[str, Any]] = {
    "font": "system-ui, sans-serif",
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "labelLimit": 220},
    "view": {"stroke": None},
}
"""What all charts share; what a chart says itself goes before it."""

HERE: Final = Path(__file__).parent
FRAMED: Final = "framed"
"""Says in a session's state that its pages stand inside app.py's frame."""

FIRST_STEPS: Final = (
    "finharness init        # a workspace with an agent and cases, if you have none\n"
    "finharness eval        # run the cases; results appear here"
)


def query() -> dict[str, list[str]]:
    """The address's query, names that stand in it several times included."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def frame() -> None:
    """Go by way of app.py where the very first address that a server is asked for is a page's own: Streamlit would run it alone."""
    if FRAMED not in st.session_state:
        name = (st.context.url or "").rstrip("/").rpartition("/")[2]
        st.switch_page(str(HERE / "app.py"), query_params={**query(), "page": [name]})


def begin(title: str, about: str = "") -> None:
    """Start a page: the style that all share, its heading, and a line on what it is of."""
    frame()
    show(style())
    st.title(frames.as_title(title))
    if about:
        st.text(about)


def show(markup: Markup) -> None:
    """Show a piece made by `harness.render.pieces`; plain text never gets here unescaped, because it is no `Markup`."""
    if not isinstance(markup, Markup):
        raise TypeError(f"only pieces of markup are shown as HTML, not {type(markup).__name__}")
    st.html(str(markup))


def status(name: str) -> None:
    """A status as a chip: mark, word and colour."""
    show(chip(name))


def chart(rows: DataFrame, spec: Mapping[str, Any], *, key: str | None = None) -> None:
    """A Vega-Lite chart, as wide as its place; data goes in separately and is never part of an expression."""
    config = {**CHART_CONFIG, **spec.get("config", {})}
    st.vega_lite_chart(rows, {**spec, "config": config}, width="stretch", key=key)


def nothing(problem: str, remedy: str, command: str = FIRST_STEPS, *, title: str = "Nothing to show yet") -> None:
    """Say what is missing and name the command that helps."""
    frame()
    show(style())
    st.title(title)
    show(nothing_here(problem, remedy))
    st.code(command, language="bash")


def trouble(error: HarnessError, *, title: str = "Nothing to show yet", command: str = FIRST_STEPS) -> None:
    """Show an error of ours as what it is: problem and remedy."""
    nothing(error.problem, error.remedy, command, title=title)
