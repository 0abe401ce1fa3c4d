"""How agents went about it: efficiency, redundancy, loops, missed parallelism, routing, and the worst trials."""

from __future__ import annotations

import columns
import kept
import look
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import heat, step_charts
from harness.frames import steps as analysis
from harness.frames.steps import Analysed
from harness.store import RunRow

RUNS_OFFERED = 100
EVERYTHING = "All"
COMMAND = (
    "finharness eval        # every trial's steps are analysed; reference plans in cases give efficiency and routing"
)


def main() -> None:
    """Show the steps of the run that the address names."""
    try:
        with frames.open_store(frames.find_workspace()) as store:
            rows = store.runs(RUNS_OFFERED)
            if not rows:
                look.nothing("no results are stored yet", "run finharness eval first", COMMAND, title="Steps")
                return
            run = look.named_run(store)
            look.begin(
                "Steps", "What agents did on the way: efficiency, redundant calls, loops, missed parallelism, routing"
            )
            look.offer_runs(rows, run)
            found = kept.steps(store, run, analysis.MOST_READ)
            if not found.rows:
                look.missing("no trial of this run has an analysis of its steps", "run the cases again", COMMAND)
                return
            show(found, run)
    except HarnessError as error:
        look.trouble(error, title="No steps to show", command=COMMAND)


def show(every: Analysed, run: RunRow) -> None:
    """Everything of a run, or of the suite and the agent that were chosen."""
    left, right = st.columns(2)
    suite = left.selectbox(
        "Suite",
        [EVERYTHING, *analysis.suites_of(every)],
        key="suite",
        bind="query-params",
        format_func=frames.plain_line,
    )
    agent = right.selectbox(
        "Agent",
        [EVERYTHING, *analysis.agents_of(every)],
        key="agent",
        bind="query-params",
        format_func=frames.plain_line,
    )
    found = every.of(None if suite == EVERYTHING else {suite}, None if agent == EVERYTHING else agent)
    if not found.rows:
        st.info("No trial fits. Choose another suite or agent.", icon=":material/filter_alt_off:")
        return
    if found.one_in > 1:
        st.caption(f"Of this large run every {found.one_in}th trial is read: {len(every.rows):,} trials.")
    look.cards(analysis.cards(found))
    agents(found)
    pictures(found)
    routes(found)
    offenders(found, run)


def agents(found: Analysed) -> None:
    """One row per agent."""
    st.subheader("Agents")
    look.table(
        analysis.agent_steps(found),
        {
            "agent": columns.text("Agent"),
            "trials": columns.number("Trials", form="localized"),
            "efficiency": columns.share("Efficiency", about="steps of the reference plan to steps taken, 0 where the case failed"),
            "recall": columns.share("Plan done", about="share of the reference plan's steps that were taken"),
            "calls": columns.number("Calls", form="%.1f", about="tool calls of a trial, mean"),
            "redundant": columns.percent("Redundant", about="share of calls that repeat another with nothing new in between"),
            "failing": columns.percent("Failing", about="share of calls that ended in an error"),
            "unrecovered": columns.number("Unrecovered", about="failed calls that no later one made good"),
            "loops": columns.number("Loops", about="trials that went in circles"),
            "serial_s": columns.seconds("Missed parallelism", about="mean time that calls could have shared"),
            "wasted_tokens": columns.number("Tokens wasted", form="localized"),
            "wasted_usd": columns.money("Money wasted"),
            "routed": columns.number("Routed", about="trials with an expected agent"),
            "misrouted": columns.number("Misrouted", about="of these, those that reached another one first"),
            "ping_pong": columns.number("Ping-pong", about="trials that went back and forth with nothing new"),
        },
    )  # fmt: skip


def pictures(found: Analysed) -> None:
    """How efficiency is spread, and what calls were good for nothing."""
    left, right = st.columns(2)
    bins, useless = analysis.efficiency_bins(found), analysis.waste_rows(found)
    with left:
        st.subheader("Efficiency")
        if bins.empty:
            st.text("No case has a reference plan. Add `reference: {steps: …}` to cases.")
        else:
            look.chart(bins, step_charts.efficiency_chart(bins["agent"].nunique()))
    with right:
        st.subheader("Calls without use")
        if useless.empty:
            st.text("No call was redundant or failed.")
        else:
            look.chart(useless, step_charts.waste_chart(useless["agent"].nunique()))


def routes(found: Analysed) -> None:
    """Which agents requests reached first."""
    confusion = found.confusion
    st.subheader("Routing")
    if not confusion.total:
        st.text("No case says which agent it is for. Add `reference: {route: [agent]}` to cases.")
        return
    rows = analysis.confusion_rows(confusion)
    left, right = st.columns([2, 1])
    with left:
        look.chart(rows, heat.confusion_chart(rows, across="Reached first", down="Expected"))
    right.metric(
        "Right agent first",
        frames.rate_text(confusion.accuracy),
        f"{confusion.right:,} of {confusion.total:,} requests",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )


def offenders(found: Analysed, run: RunRow) -> None:
    """The worst trials, by what the reader asks for."""
    st.subheader("Worst offenders")
    names = list(analysis.OFFENCES)
    by = st.segmented_control("Worst by", names, default=names[0], key="by", bind="query-params") or names[0]
    rows = analysis.offender_rows(found, run, by)
    if rows.empty:
        st.success("No trial has this fault.", icon=":material/check_circle:")
        return
    told = {
        "efficiency": columns.percent("Efficiency"),
        "redundant": columns.number("Redundant"),
        "loops": columns.number("Loops"),
        "unrecovered": columns.number("Unrecovered"),
        "serial_s": columns.seconds("Missed parallelism"),
        "wasted_tokens": columns.number("Tokens wasted", form="localized"),
        "routing": columns.text("Routing"),
    }
    first = analysis.TOLD_BY[by]
    look.table(
        rows,
        {
            "result": columns.text("Result"),
            "link": columns.trial(),
            "case": columns.text("Case"),
            "trial": columns.number("Trial"),
            first: told[first],
            "missing": columns.text("Steps missing"),
            "extra": columns.text("Steps too many"),
            **told,
            "agent": columns.text("Agent"),
            "suite": columns.text("Suite"),
        },
    )


main()
