"""One run: its cases with filters, and where scores, failures, money and time went."""

from __future__ import annotations

from collections.abc import Sequence

import columns
import kept
import look
import pandas as pd
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import run_charts, run_figures, run_tables
from harness.frames.run import Filter, RunFacts, chosen
from harness.frames.run import kept as known_only
from harness.store import RunRow, Store
from harness.workspace import Workspace

RUNS_OFFERED = 200
FILTERS = {
    "status": "Status",
    "agent": "Agent",
    "suite": "Suite",
    "tag": "Tag",
    "check": "Check that did not pass",
    "severity": "Severity",
}


def main() -> None:
    """Show the run that the address names, else the newest."""
    try:
        workspace = frames.find_workspace()
        with frames.open_store(workspace) as store:
            rows = store.runs(RUNS_OFFERED)
            if not rows:
                look.nothing("no results are stored yet", "run finharness eval first")
                return
            run = choose(store, rows)
        show(workspace, run)
    except HarnessError as error:
        look.trouble(error, title="No such run")


def choose(store: Store, rows: Sequence[RunRow]) -> RunRow:
    """The run of the address, with the others to choose from."""
    wanted = st.query_params.get("run") or rows[0].id
    run = next((row for row in rows if row.id == wanted), None) or store.run(wanted)
    look.begin("Run", described(run))
    left, _ = st.columns([1, 2])
    offered = list(dict.fromkeys([*(row.id for row in rows), run.id]))
    if st.query_params.get("run") != run.id:
        st.query_params["run"] = run.id
    picked = left.selectbox(
        "Run", offered, index=offered.index(run.id), key=f"run-{run.id}", label_visibility="collapsed"
    )
    if picked != run.id:
        st.query_params.from_dict({"run": picked})
        st.rerun()
    return run


def described(run: RunRow) -> str:
    """Where the run comes from, in a line."""
    manifest = run.manifest
    commit = (
        f", commit {manifest.git_commit[:10]}{' with changes' if manifest.git_dirty else ''}"
        if manifest.git_commit
        else ""
    )
    return frames.cell_lines(f"{run.id} · {manifest.source}, {run.status}, started {manifest.started_at}{commit}")


@st.fragment
def show(workspace: Workspace, run: RunRow) -> None:
    """Show the run; what is chosen here is worked out without the rest of the page."""
    try:
        with frames.open_store(workspace) as store:
            show_known(store, kept.run_facts(store, run))
    except HarnessError as error:
        look.trouble(error)


def show_known(store: Store, known: RunFacts) -> None:
    """Show filters, figures, cases, charts."""
    if known.trials.empty:
        look.nothing("the run has no trials", "run finharness eval")
        return
    trials = chosen(known, filters(known), store)
    if trials.empty:
        st.info("No trial fits these filters.", icon=":material/filter_alt_off:")
        st.button("Clear the filters", on_click=clear)
        return
    groups = run_tables.grouped(trials)
    look.cards(run_tables.figures(trials, groups))
    cases(store, known, groups)
    charts(known, trials)


def filters(known: RunFacts) -> Filter:
    """What the reader wants to see; it stands in the address, too."""
    said = st.text_input("Search", key="q", bind="query-params", placeholder="Case, description, agent, or reason of a check that did not pass", icon=":material/search:", label_visibility="collapsed")  # fmt: skip
    picked: dict[str, tuple[str, ...]] = {}
    with look.choices():
        for name, label in FILTERS.items():
            options = known.values(name)
            found = st.multiselect(label, options, key=name, bind="query-params", placeholder="any")
            picked[name] = known_only(found, options)
    return Filter(text=said.strip(), **picked)


def clear() -> None:
    """Ask for everything again."""
    for name in (*FILTERS, "q"):
        st.session_state[name] = "" if name == "q" else []


def cases(store: Store, known: RunFacts, groups: pd.DataFrame) -> None:
    """The cases, a page at a time; each row has a link to its trial.

    A selected row could not open it: leaving the page clears the address, and Streamlit refuses that while filters are bound to it.
    """
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.subheader(run_tables.counted(known, groups), anchor=False)
    sort = right.selectbox(
        "Order", list(run_tables.SORTS), key="sort", bind="query-params", label_visibility="collapsed"
    )
    pages = run_tables.pages_of(groups)
    page = st.session_state.get("page", 1) if pages > 1 else 1
    rows = run_tables.case_page(store, known, groups, sort=sort, page=min(page, pages))
    look.table(
        rows,
        {**columns.CASES, "score": columns.number("Score", form="%.2f"), "tags": columns.text("Tags")},
        alt="Cases of the run, with how they ended and why",
    )
    if pages > 1:
        st.pagination(pages, key="page")


def charts(known: RunFacts, trials: pd.DataFrame) -> None:
    """Where scores, failures, money and time went."""
    left, right = st.columns(2)
    with left:
        st.subheader("Checks that did not pass", anchor=False)
        counts = run_figures.check_counts(known, trials)
        if counts.empty:
            st.text("Every check held.")
        else:
            look.show(run_charts.check_chart(counts))
    with right:
        st.subheader("Scores", anchor=False)
        look.show(run_charts.score_chart(run_figures.score_bins(trials)))
    st.subheader("Money and tokens", anchor=False)
    look.show(run_charts.spend_table(run_figures.spend_rows(known, trials)))
    times(trials)


def times(trials: pd.DataFrame) -> None:
    """How long trials took, and how many ran at once."""
    st.subheader("Latency", anchor=False)
    rows = run_figures.latency_rows(trials)
    if rows.empty:
        st.text("No completed trial has a time.")
        return
    left, right = st.columns(2)
    with left:
        look.show(run_charts.latency_chart(rows))
    with right:
        look.show(run_charts.latency_table(rows))
    st.subheader("Trials under way", anchor=False)
    look.show(run_charts.timeline_chart(run_figures.timeline(trials)))


main()
