"""Agents in service: requests, success, durations, tokens and money, budgets, alarms, queues, telemetry, audit, users."""

from __future__ import annotations

from collections.abc import Sequence

import columns
import kept
import look
import pandas as pd
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import operations, service_charts
from harness.store import RunRow, Store
from harness.workspace import Workspace

RUNS_SHOWN = 30
NAMES_SHOWN = 15


def main() -> None:
    """Show operations; what needs no results is shown without any."""
    try:
        workspace = frames.find_workspace()
    except HarnessError as error:
        look.trouble(error, title="Operations")
        return
    look.begin(
        "Operations", "Agents in service: requests, success, durations, money, alarms, queues, telemetry, audit, users"
    )
    try:
        with frames.open_store(workspace) as store:
            rows = store.runs(RUNS_SHOWN)
            if rows:
                results(workspace, store, rows)
            else:
                look.missing("no results are stored yet", "run finharness eval first", "finharness eval")
    except HarnessError as error:
        look.missing(error.problem, error.remedy, "finharness eval")
    telemetry(workspace)
    audit(workspace)


def results(workspace: Workspace, store: Store, rows: Sequence[RunRow]) -> None:
    """What the stored results say."""
    run = look.named_run(store)
    look.offer_runs(rows, run)
    services = operations.service_rows(store, kept.totals(store, run))
    agents(services)
    left, right = st.columns(2)
    with left:
        st.subheader("Durations")
        took = operations.duration_rows(services)
        if took.empty:
            st.text("No trial has a time.")
        else:
            look.chart(took, service_charts.duration_chart(took))
    with right:
        st.subheader("Money, run by run")
        spent = operations.spend_rows([kept.totals(store, row) for row in rows])
        look.chart(spent, service_charts.spend_chart(len(spent)))
    alarms(workspace, store, run)
    queues(operations.queue_rows(store, run))


def agents(services: pd.DataFrame) -> None:
    """One row per agent and model."""
    st.subheader("Agents")
    look.table(
        services,
        {
            "agent": columns.text("Agent"),
            "model": columns.text("Model"),
            "requests": columns.number("Requests", form="localized"),
            "success": columns.share("Success", about="passed trials among those that passed or failed"),
            "failed": columns.number("Failed", form="localized"),
            "errored": columns.number("Errored", form="localized", about="outside the rate"),
            "p50_s": columns.seconds("p50"),
            "p95_s": columns.seconds("p95"),
            "input_tokens": columns.number("Tokens in", form="localized"),
            "output_tokens": columns.number("Tokens out", form="localized"),
            "cost_usd": columns.money("Cost"),
            "judge_usd": columns.money("Judges"),
            "unknown": columns.number("Cost unknown", about="trials of which a price is not known"),
        },
    )


def alarms(workspace: Workspace, store: Store, run: RunRow) -> None:
    """Alarm rules and the budget."""
    found = kept.alarmed(workspace, store, run)
    st.subheader("Alarms")
    if found.problem:
        st.text(frames.cell_lines(f"Not worked out here: {found.problem}"))
        return
    look.table(
        found.alarms,
        {
            "state": columns.text("State"),
            "alarm": columns.text("Alarm"),
            "agent": columns.text("Agent"),
            "value": columns.number("Value", form="%.4g"),
            "threshold": columns.text("Alarms when"),
            "samples": columns.number("Samples", form="localized"),
            "reason": columns.text("Why"),
            "what": columns.text("What"),
        },
    )
    st.subheader("Budget")
    if found.budget.empty:
        st.text("No budget is set. Set one for all runs in harness.toml, or for one on the command line:")
        st.code("[run]\nbudget_usd = 5.0    # or: finharness eval --budget-usd 5", language="toml", wrap_lines=True)
        return
    look.table(
        found.budget,
        {
            "state": columns.text("State"),
            "share": columns.percent("Part of the budget"),
            "usd": columns.money("Which is"),
            "spent_usd": columns.money("Spent"),
        },
    )


def queues(rows: pd.DataFrame) -> None:
    """What queues delivered, and what ended as dead letters."""
    st.subheader("Queues and dead letters")
    if rows.empty:
        st.text(
            "No agent of this run worked off a queue: none answered with its deliveries, dead letters and what is left."
        )
        return
    look.table(
        rows,
        {
            "result": columns.text("Result"),
            "link": columns.trial(),
            "case": columns.text("Case"),
            "delivered": columns.number("Deliveries"),
            "again": columns.number("Again", about="deliveries of a message that had been delivered before"),
            "crashed": columns.number("Crashed", about="deliveries whose handler died"),
            "dead": columns.number("Dead letters"),
            "left": columns.number("Left in the queue"),
            "jobs": columns.text("Jobs ended as"),
            "problems": columns.text("Problems"),
            "agent": columns.text("Agent"),
        },
    )


def telemetry(workspace: Workspace) -> None:
    """Whether traces arrived where they are sent."""
    st.subheader("Telemetry")
    names = ", ".join(workspace.telemetry.exporters)
    st.text(
        frames.cell_lines(
            f"Sent to: {names}" if names else "Traces are kept in the store only: no exporter is configured."
        )
    )
    rows = operations.spool_rows(workspace)
    if rows.empty:
        st.success("Nothing waits to be delivered.", icon=":material/check_circle:")
        return
    st.warning(f"{len(rows)} files of traces were not delivered and wait.", icon=":material/schedule_send:")
    look.table(
        rows,
        {
            "exporter": columns.text("Exporter"),
            "run": columns.text("Run"),
            "kilobytes": columns.number("Size", form="%.0f kB"),
        },
    )
    st.code("finharness export telemetry", language="bash")


def audit(workspace: Workspace) -> None:
    """Whether the audit log holds, and what it counts."""
    st.subheader("Audit log")
    found = kept.audited(workspace)
    page = found.page
    if page["state"] == "none":
        look.missing(page["words"], page["remedy"], "finharness eval\nfinharness audit verify")
        return
    words = frames.as_code(page["words"], 400)
    if page["state"] == "verified":
        st.success(f"Verified: {words}", icon=":material/verified:")
    else:
        st.error(f"Broken: {words}. {frames.as_code(page['remedy'], 400)}", icon=":material/gpp_bad:")
    left, middle, right = st.columns(3)
    for place, title, counts in (
        (left, "Invocations by agent", found.invoked),
        (middle, "Events", page["events"]),
        (right, "Requests by user", found.users),
    ):
        with place:
            counted(title, operations.count_rows(counts))
    entries(page["rows"])


def counted(title: str, rows: pd.DataFrame) -> None:
    """Counts as bars."""
    st.caption(title)
    if rows.empty:
        st.text("none")
        return
    shown = rows.head(NAMES_SHOWN)
    look.chart(shown, service_charts.count_chart(len(shown)))
    if len(rows) > NAMES_SHOWN:
        st.caption(f"and {len(rows) - NAMES_SHOWN:,} more")


def entries(rows: Sequence[dict[str, str]]) -> None:
    """The newest entries."""
    with st.expander("Newest entries", icon=":material/history:"):
        look.table(
            operations.entry_rows(rows),
            {
                "time": columns.text("Time"),
                "event": columns.text("Event"),
                "agent": columns.text("Agent"),
                "job_id": columns.text("Job"),
                "user": columns.text("User"),
                "details": columns.text("Details", width="large"),
            },
        )


main()
