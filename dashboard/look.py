"""How every page looks: heading, style, empty state, figures, tables, charts; pages say what to show, this says how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import tables
from harness.render.pieces import Markup, chip, nothing_here, style
from harness.store import RunRow, Store

if TYPE_CHECKING:
    from pandas import DataFrame

CHART_CONFIG: Final[Mapping[str, Any]] = {
    # No label is moved away from what it names, and one that reaches beyond the picture has room.
    "axis": {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 220, "labelFlush": False},
    "legend": {
        "labelFontSize": 13, "titleFontSize": 13, "orient": "top", "labelLimit": 220, "columns": {"expr": "width < 260 ? 2 : 6"},
    },
    "view": {"stroke": None},
}  # fmt: skip
"""What all charts share; what a chart says itself goes before it."""

INKS: Final[Mapping[str, str]] = {"light": "#50545f", "dark": "#b9bdc9"}
"""What is written in charts, legible on either ground; Streamlit's own grey is too faint."""

NIGHT: Final[Mapping[str, str]] = {"pale_blue": "#1c3145", "pale_orange": "#3f2818", "written": "#ffffff"}
"""Colours of a chart's parameters on a dark page: there, small shares are dark."""

PADDING: Final[Mapping[str, int]] = {"left": 0, "top": 4, "right": 18, "bottom": 4}
GRID: Final = (
    "<style>[class*=st-key-grid-] { display: grid; grid-template-columns: repeat(auto-fit, minmax(var(--least), 1fr)); gap: .5rem; }"
    " [class*=st-key-grid-] > * { width: auto !important; min-width: 0 !important; }"
    " [class*=st-key-grid-cards] { --least: 8.8rem; } [class*=st-key-grid-choices] { --least: 10.4rem; }"
    " [class*=st-key-grid-cards] > *, [class*=st-key-grid-cards] > * > *, [class*=st-key-grid-cards] [data-testid=stMetric] { height: 100%; }"
    " @media (max-width: 640px) { h1 { font-size: 2rem !important; } }"
    " [data-testid=stMetricDelta], [data-testid=stMetricDelta] *, [data-testid=stMetricLabel] *"
    " { white-space: normal !important; overflow: visible !important; text-overflow: clip !important; }</style>"
)
"""Figures and choices stand in columns of one width, as many as there is room for; what is written in them is never cut off."""

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
    st.html(GRID)
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
    own = spec.get("config", {})
    config = {**own, **{name: {**shared, **own.get(name, {})} for name, shared in CHART_CONFIG.items()}}
    theme = st.context.theme.type or ""
    if theme in INKS:
        for name in ("axis", "legend"):
            config[name] = {**config[name], "labelColor": INKS[theme], "titleColor": INKS[theme]}
        config["text"] = {"color": INKS[theme]}
    if theme == "dark" and "params" in spec:
        spec = {**spec, "params": [{**one, "value": NIGHT.get(one["name"], one["value"])} for one in spec["params"]]}
    st.vega_lite_chart(tables.cleaned(rows), {"padding": PADDING, **spec, "config": config}, width="stretch", key=key)


def table(rows: DataFrame, columns: Mapping[str, Any], **settings: Any) -> Any:
    """A table with the named columns in their order; those that no row fills are left out, short texts are never cut off."""
    shown = tables.filled(rows, list(columns))
    configured = {name: tables.fitted(rows[name], columns[name]) for name in shown}
    return st.dataframe(
        tables.cleaned(tables.rounded(rows, columns)), hide_index=True, placeholder="–", column_order=shown, column_config=configured,
        **{"height": tables.height(rows), **settings},
    )  # fmt: skip


def cards(figures: Iterable[Any], *, key: str = "figures") -> None:
    """The figures that matter first: anything with `label`, `value`, `beside` and, where it needs one, a `meaning`."""
    with st.container(horizontal=True, key=f"grid-cards-{key}"):
        for figure in figures:
            st.metric(
                figure.label, figure.value, figure.beside or None, delta_color="off", delta_arrow="off",
                help=getattr(figure, "meaning", None), border=True,
            )  # fmt: skip


def choices(key: str = "choices") -> Any:
    """A place for things to choose, beside each other where there is room."""
    return st.container(horizontal=True, key=f"grid-choices-{key}")


def named_run(store: Store) -> RunRow:
    """The run that the address names, else the newest."""
    return store.run(st.query_params.get("run") or "latest")


def offer_runs(rows: Sequence[RunRow], run: RunRow) -> None:
    """Offer other runs; one that is chosen comes into the address."""
    picked = run_box(st, "Run", [*rows, run], run.id)
    if picked != run.id:
        st.query_params["run"] = picked
        st.rerun()


def run_box(place: Any, label: str, rows: Sequence[RunRow], chosen: str) -> str:
    """A list of runs, each with its commit and how many results it has."""
    labels = frames.run_labels(rows)
    picked: str = place.selectbox(label, list(labels), index=list(labels).index(chosen), format_func=labels.__getitem__)
    return picked


def missing(problem: str, remedy: str, command: str) -> None:
    """What a part of a page has nothing of, and the command that makes it."""
    show(nothing_here(problem, remedy))
    st.code(command, language="bash", wrap_lines=True)


def nothing(problem: str, remedy: str, command: str = FIRST_STEPS, *, title: str = "Nothing to show yet") -> None:
    """Say what is missing and name the command that helps."""
    frame()
    show(style())
    if title:
        st.title(title)
    missing(problem, remedy, command)


def trouble(error: HarnessError, *, title: str = "Nothing to show yet", command: str = FIRST_STEPS) -> None:
    """Show an error of ours as what it is: problem and remedy."""
    nothing(error.problem, error.remedy, command, title=title)
