"""The newest run of each suite: rates, faults, money, time, what fails, and how it went before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.store import RunRow, Store
from harness.summary import Summary
from harness.workspace import Workspace

RUNS_SHOWN = 30


def main() -> None:
    """Show the overview, or what to do where there is nothing to show."""
    try:
        workspace = frames.find_workspace()
        with frames.open_store(workspace) as store:
            rows = store.runs(RUNS_SHOWN)
            if rows:
                show(workspace, store, rows)
                return
    except HarnessError as error:
        nothing(error.problem, error.remedy)
    else:
        nothing("no results are stored yet", "run `finharness eval` first")


def nothing(problem: str, remedy: str) -> None:
    """Say what is missing and which command helps."""
    st.title("Nothing to show yet")
    st.text(frames.cell_lines(f"{problem[:1].upper()}{problem[1:]}.\nNext: {remedy.replace('`', '')}"))
    st.code(
        "finharness init        # a workspace with an agent and cases, if you have none\nfinharness eval        # run the cases; results appear here",
        language="bash",
    )
    st.caption("Reload this page when the run has begun.")


def show(workspace: Workspace, store: Store, rows: Sequence[RunRow]) -> None:
    """Show everything."""
    suites = pd.concat([suite_rows(store, row) for row in rows], ignore_index=True)
    newest = frames.latest(suites)
    st.title("Overview")
    st.caption(f"Newest run of each suite · {len(rows)} runs · workspace {frames.as_title(workspace.root.name)}")
    if newest.empty:
        nothing("the stored runs have no trials", "run `finharness eval`")
        return
    chosen = choose(newest)
    by_run = {str(run): part["suite"].tolist() for run, part in chosen.groupby("run")}
    summary = total(store, by_run)
    if summary is not None:
        cards(summary)
    suite_table(chosen)
    failing_table(store, by_run)
    trend(suites[suites["suite"].isin(chosen["suite"])])
    run_table(rows)


def choose(newest: pd.DataFrame) -> pd.DataFrame:
    """Let the reader pick one suite."""
    everything = "All suites"
    picked = (
        st.selectbox("Suite", [everything, *newest["suite"]], key="suite", bind="query-params")
        if len(newest) > 1
        else everything
    )
    return newest if picked == everything else newest[newest["suite"] == picked]


def cards(summary: Summary) -> None:
    """The figures that matter first."""
    counts, rate, spend, latency = summary.counts, summary.rate, summary.spend, summary.latency
    interval = "nothing decided" if rate.low is None else f"95 %: {frames.interval_text(rate.low, rate.high)}"
    unknown = spend.cost_unknown + spend.judge_unknown
    figures = (
        ("Pass rate", frames.rate_text(rate.value), interval, "Passed trials among those that passed or failed, and the 95 % interval; the trials of one case count together."),
        ("Failed", str(counts.failed), f"of {counts.planned} trials", frames.MEANINGS["failed"]),
        ("Errored", str(counts.errored), f"of {counts.planned} trials", frames.MEANINGS["errored"]),
        ("Undecided", str(counts.undecided), f"not judged: {summary.not_judged}" if summary.not_judged else f"of {counts.planned} trials", frames.MEANINGS["undecided"]),
        ("Cost", frames.money(spend.cost_usd + spend.judge_usd), f"unknown for {unknown} trials" if unknown else "agents and judges", "Known costs of models; unknown ones are not counted as zero."),
        ("Typical time", frames.seconds(latency.p50_s), f"95 % within {frames.seconds(latency.p95_s)}", "Median wall time of completed trials."),
    )  # fmt: skip
    for column, (label, value, beside, meaning) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, value, beside, delta_color="off", delta_arrow="off", help=meaning, border=True)
    if counts.missing:
        st.warning(
            f"{counts.missing} planned trials have no result yet. If the run was interrupted, finish it with finharness eval --resume.",
            icon=":material/warning:",
        )


def suite_table(newest: pd.DataFrame) -> None:
    """One row per suite."""
    st.subheader("Suites")
    st.dataframe(
        newest,
        hide_index=True,
        placeholder="–",
        column_order=["result", "suite", "rate", "interval", "passed", "failed", "errored", "undecided", "missing", "cost_usd", "p50_s", "p95_s", "run", "started"],
        column_config={
            "result": st.column_config.TextColumn("Result"),
            "suite": st.column_config.TextColumn("Suite"),
            "rate": st.column_config.ProgressColumn("Pass rate", format="percent", min_value=0, max_value=1),
            "interval": st.column_config.TextColumn("95 % interval"),
            "passed": "Passed",
            "failed": "Failed",
            "errored": "Errored",
            "undecided": "Undecided",
            "missing": "Missing",
            "cost_usd": st.column_config.NumberColumn("Cost", format="$%.4f"),
            "p50_s": st.column_config.NumberColumn("p50", format="%.2f s"),
            "p95_s": st.column_config.NumberColumn("p95", format="%.2f s"),
            "run": "Run",
            "started": st.column_config.DatetimeColumn("Started", format="YYYY-MM-DD HH:mm"),
        },
    )  # fmt: skip


def failing_table(store: Store, by_run: Mapping[str, list[str]]) -> None:
    """Every case that did not pass, with why and the way to it."""
    cases = pd.concat([case_rows(store, store.run(run), suites) for run, suites in by_run.items()], ignore_index=True)
    open_cases = cases[cases["result"] != frames.shown("passed")]
    st.subheader("Cases that did not pass")
    if open_cases.empty:
        st.success(f"All {len(cases)} cases passed.", icon=":material/check_circle:")
        return
    st.dataframe(
        open_cases,
        hide_index=True,
        placeholder="–",
        column_order=["result", "link", "case", "why", "trials", "agent", "suite", "seconds", "cost_usd"],
        column_config={
            "result": st.column_config.TextColumn("Result"),
            "link": st.column_config.LinkColumn("Open", display_text=":material/open_in_new:", width="small"),
            "case": st.column_config.TextColumn("Case", width="medium"),
            "why": st.column_config.TextColumn("Why", width="large"),
            "trials": "Trials",
            "agent": "Agent",
            "suite": "Suite",
            "seconds": st.column_config.NumberColumn("Time", format="%.2f s"),
            "cost_usd": st.column_config.NumberColumn("Cost", format="$%.4f"),
        },
    )  # fmt: skip


def trend(suites: pd.DataFrame) -> None:
    """How the pass rates went."""
    known = suites.dropna(subset=["rate", "started"])
    if known["run"].nunique() < 2:
        return
    st.subheader("Trend")
    st.vega_lite_chart(known, frames.trend_chart(), width="stretch")


def run_table(rows: Sequence[RunRow]) -> None:
    """All runs, newest first."""
    with st.expander("Runs"):
        st.dataframe(
            frames.run_rows(rows),
            hide_index=True,
            placeholder="–",
            column_config={
                "run": "Run",
                "started": st.column_config.DatetimeColumn("Started", format="YYYY-MM-DD HH:mm"),
                "status": "Status",
                "suites": "Suites",
                "planned": "Planned",
                "done": "Done",
                "source": "From",
                "commit": "Commit",
            },
        )


def state(row: RunRow) -> tuple[str, int, str, str]:
    """What changes when a run's results do: the key under which its tables are kept."""
    return row.id, row.done, row.status, row.ended_at or ""


def suite_rows(store: Store, row: RunRow) -> pd.DataFrame:
    """Rows of a run, kept for as long as it does not change."""
    return _suite_rows(store, row, str(store.path), state(row))


@st.cache_data(max_entries=200, show_spinner=False)
def _suite_rows(_store: Store, _row: RunRow, path: str, key: tuple[str, int, str, str]) -> pd.DataFrame:  # noqa: ARG001 - the key
    return frames.suite_rows(_store, _row)


def case_rows(store: Store, row: RunRow, suites: Sequence[str]) -> pd.DataFrame:
    """Cases of a run, kept likewise."""
    return _case_rows(store, row, str(store.path), state(row), tuple(suites))


@st.cache_data(max_entries=50, show_spinner=False)
def _case_rows(
    _store: Store,
    _row: RunRow,
    path: str,  # noqa: ARG001 - the key
    key: tuple[str, int, str, str],  # noqa: ARG001 - the key
    suites: tuple[str, ...],
) -> pd.DataFrame:
    return frames.case_rows(_store, _row, suites)


def total(store: Store, by_run: Mapping[str, Sequence[str]]) -> Summary | None:
    """The figures of several suites together, kept likewise."""
    states = tuple(state(store.run(run)) for run in by_run)
    return _total(store, str(store.path), states, {run: tuple(suites) for run, suites in by_run.items()})


@st.cache_data(max_entries=50, show_spinner=False)
def _total(
    _store: Store,
    path: str,  # noqa: ARG001 - the key
    states: tuple[tuple[str, int, str, str], ...],  # noqa: ARG001 - the key
    by_run: dict[str, tuple[str, ...]],
) -> Summary | None:
    return frames.total(_store, by_run)


main()
