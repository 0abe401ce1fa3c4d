"""One trial, in the order in which a person looks for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

import look
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import case
from harness.frames.case import CasePage
from harness.store import RunRow, Store

NAMES = ("run", "suite", "case", "agent", "trial")
COMMAND = "finharness eval        # run the cases; results appear here"


def main() -> None:
    """Show the trial that the address names, or let the reader choose one."""
    try:
        workspace = frames.find_workspace()
        with frames.open_store(workspace) as store:
            query = choose(store, {name: st.query_params.get(name, "") for name in NAMES})
            if query is not None:
                show(case.case_page(workspace, store, query))
    except HarnessError as error:
        look.trouble(error, title="No such trial", command=COMMAND)
        st.page_link("pages/overview.py", label="Overview", icon=":material/arrow_back:")


def choose(store: Store, query: Mapping[str, str]) -> Mapping[str, str] | None:
    """Offer the runs and their cases; the address says what is chosen."""
    if query["case"]:
        return query
    runs = [row.id for row in store.runs(100)]
    if not runs:
        look.nothing("no results are stored yet", "run `finharness eval`", COMMAND)
        return None
    run = store.run(query["run"] or "latest")
    look.begin("Case", "One trial of one case: the verdict, its checks, its figures, its steps.")
    left, right = st.columns([1, 2])
    picked = left.selectbox("Run", runs, index=runs.index(run.id) if run.id in runs else None)
    if picked is not None and picked != run.id:
        st.query_params.from_dict({"run": picked})
        st.rerun()
    with right:
        choose_case(store, run)
    return None


def choose_case(store: Store, run: RunRow) -> None:
    """Offer a run's cases, those that did not pass first."""
    options = case.options(store, run)
    hint = "Choose a case; those that did not pass come first"
    picked = st.selectbox(
        "Case", range(len(options)), format_func=lambda place: options[place].label, index=None, placeholder=hint
    )
    if picked is not None:
        st.query_params.from_dict(dict(options[picked].query))
        st.rerun()


def show(page: CasePage) -> None:
    """Show a trial: what came of it, why, and how to run it again."""
    look.begin(page.title)
    look.show(case.top(page))
    if len(page.trials) > 1:
        trials(page)
    look.show(case.body(page))
    troubles(page)
    everything(page)
    st.subheader("Run it again", anchor=False)
    look.show(case.again(page))


@st.fragment
def everything(page: CasePage) -> None:
    """All that is stored of the trial; sent when somebody opens it, for a browser takes longer with it than with the rest."""
    place = st.expander("Artifacts, origin and raw data", icon=":material/data_object:", on_change="rerun", key="raw")
    if not place.open:
        return
    with place:
        look.show(case.origin(page))
        st.json(case.raw_data(page), expanded=1)
        st.download_button(
            "Save as JSON", lambda: case.raw_file(page), f"{page.file_name}.json", "application/json", on_click="ignore"
        )


def trials(page: CasePage) -> None:
    """The other trials of this case, a click away."""
    statuses = page.trials
    chosen = page.found.result.job.index
    picked = st.segmented_control(
        "Trial",
        list(statuses),
        default=chosen,
        required=True,
        format_func=lambda index: f"{index + 1} {frames.STATUSES[statuses[index]].mark}",
    )
    if picked != chosen:
        st.query_params.from_dict(page.query(trial=picked))
        st.rerun()


def troubles(page: CasePage) -> None:
    """What ended the trial, and what the agent printed."""
    outcome = page.found.result.outcome
    if outcome.error is not None and outcome.error.traceback:
        with st.expander("Traceback", icon=":material/bug_report:", expanded=True):
            st.code(frames.cell_lines(outcome.error.traceback), language=None, wrap_lines=True)
    if outcome.stdout:
        with st.expander("What the agent printed", icon=":material/terminal:"):
            st.code(frames.cell_lines(outcome.stdout), language=None, wrap_lines=True)


main()
