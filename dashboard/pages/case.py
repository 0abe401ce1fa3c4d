"""One trial, in the order in which a person looks for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from harness import frames
from harness.errors import HarnessError
from harness.frames import Found
from harness.model import Result, Verdict
from harness.store import RunRow, Store
from harness.workspace import Workspace

PIXELS_A_LINE, MOST_PIXELS = 24, 420
NAMES = ("run", "suite", "case", "agent", "trial")


def main() -> None:
    """Show the trial that the address names, or let the reader choose one."""
    try:
        workspace = frames.find_workspace()
        with frames.open_store(workspace) as store:
            query = choose(store, {name: st.query_params.get(name, "") for name in NAMES})
            if query is not None:
                show(workspace, frames.find_trial(store, query))
    except HarnessError as error:
        st.title("No such trial")
        st.text(
            frames.cell_lines(f"{error.problem[:1].upper()}{error.problem[1:]}.\nNext: {error.remedy.replace('`', '')}")
        )
        st.page_link("pages/overview.py", label="Overview", icon=":material/arrow_back:")


def choose(store: Store, query: Mapping[str, str]) -> Mapping[str, str] | None:
    """Offer the runs and their cases; the address says what is chosen."""
    runs = [row.id for row in store.runs(100)]
    if not runs:
        st.title("Nothing to show yet")
        st.text("No results are stored yet.")
        st.code("finharness eval", language="bash")
        return None
    run = store.run(query["run"] or "latest")
    if query["case"]:
        return {**query, "run": run.id}
    st.title("Case")
    left, right = st.columns([1, 2])
    picked = left.selectbox("Run", runs, index=runs.index(run.id) if run.id in runs else None)
    if picked is not None and picked != run.id:
        st.query_params.from_dict({"run": picked})
        st.rerun()
    choose_case(store, run, right)
    return None


def choose_case(store: Store, run: RunRow, place: DeltaGenerator) -> None:
    """Offer a run's cases, those that did not pass first."""
    cases = frames.case_rows(store, run)
    rows = cases.to_dict("records")
    labels = [f"{row['result']}  {row['case']}  ({row['agent']}, {row['suite']})" for row in rows]
    hint = "Choose a case; those that did not pass come first"
    picked = place.selectbox("Case", range(len(rows)), format_func=labels.__getitem__, index=None, placeholder=hint)
    if picked is not None:
        row = rows[picked]
        st.query_params.from_dict({"run": run.id, "suite": row["suite"], "case": row["case_id"], "agent": row["agent"]})
        st.rerun()
    st.dataframe(
        cases,
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
    )


def show(workspace: Workspace, found: Found) -> None:
    """Show a trial: the verdict, the checks, the steps, what was said, what is left."""
    result = found.result
    heading(found)
    cards(result)
    if len(found.siblings) > 1:
        trials(found)
    checks(result)
    steps(result)
    talk(result)
    left_behind(result)
    with st.expander("Run, versions and raw data", icon=":material/data_object:"):
        facts(found)
        st.json(frames.json_safe(result), expanded=1)
    st.subheader("Run it again")
    st.code(frames.rerun_command(workspace, found.run.manifest, result.job), language="bash")


def heading(found: Found) -> None:
    """The case, and the verdict in one line."""
    result, case = found.result, found.result.job.case
    status = frames.STATUSES[result.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(frames.as_title(case.id), width="content")
        st.badge(f"{status.mark} {status.word}", color=status.colour)  # type: ignore[arg-type]  # from our own table
        st.space("stretch")
        if st.button("Other cases", icon=":material/list:", type="tertiary"):
            st.query_params.from_dict({"run": found.run.id})
            st.rerun()
    if case.description:
        st.text(frames.cell_lines(case.description))
    with st.container(border=True):
        st.text(frames.verdict_sentence(result))
        passed = sum(item.status == "passed" for item in found.siblings)
        st.caption(
            f"{frames.MEANINGS[result.status].capitalize()}. {passed} of {len(found.siblings)} trials of this case passed."
        )


def cards(result: Result) -> None:
    """The trial's figures."""
    trace = result.outcome.trace
    tokens = trace.usage.total
    figures = (
        ("Score", "–" if result.score is None else f"{result.score:.2f}", "of 1"),
        ("Time", frames.seconds(trace.duration_s), f"first text after {frames.seconds(trace.ttft_s)}"),
        ("Steps", str(len(trace.steps)), f"{len(trace.tools)} tool calls"),
        ("Tokens", "unknown" if tokens is None else f"{tokens:,}", f"{len(trace.models)} model calls"),
        ("Cost", frames.money(trace.cost_usd), f"judges {frames.money(result.judge_cost_usd)}"),
    )
    for column, (label, value, beside) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, value, beside, delta_color="off", delta_arrow="off", border=True)


def trials(found: Found) -> None:
    """The other trials of the case."""
    labels = {item.job.index: f"{item.job.index + 1}: {frames.shown(item.status)}" for item in found.siblings}
    shown = found.result.job.index
    picked = st.segmented_control("Trials of this case", list(labels), format_func=labels.__getitem__, default=shown)
    if picked is not None and picked != shown:
        chosen = next(item for item in found.siblings if item.job.index == picked)
        st.query_params.from_dict(frames.address(found.run.id, chosen.job))
        st.rerun()


def checks(result: Result) -> None:
    """Every check, then both sides of those that did not hold."""
    st.subheader("Checks")
    if not result.verdicts:
        st.text("No check was reached.")
        return
    st.dataframe(
        frames.check_rows(result),
        hide_index=True,
        placeholder="–",
        column_order=["result", "check", "reason", "expected", "actual", "where", "severity", "score", "turn", "place"],
        column_config={
            "result": st.column_config.TextColumn("Result"),
            "check": st.column_config.TextColumn("Check"),
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "expected": "Expected",
            "actual": "Actual",
            "where": st.column_config.TextColumn("Where", help="step and path that the conclusion comes from"),
            "severity": st.column_config.TextColumn("Severity", width="small"),
            "score": st.column_config.NumberColumn("Score", format="%.2f"),
            "turn": st.column_config.TextColumn("Turn", width="small"),
            "place": st.column_config.TextColumn("In the suite"),
        },
    )  # fmt: skip
    for verdict in result.verdicts:
        if verdict.passed is False and (verdict.expected is not None or verdict.actual is not None):
            both_sides(verdict)


def both_sides(verdict: Verdict) -> None:
    """What should have been beside what was."""
    with st.container(border=True):
        st.text(frames.cell_lines(f"✗ {verdict.check}: {verdict.reason}"))
        sides = [("Expected", verdict.expected), ("Actual", verdict.actual)]
        known = [(title, content) for title, content in sides if content is not None]
        for column, (title, content) in zip(st.columns(len(known)), known, strict=True):
            column.caption(title)
            column.code(frames.cell_lines(content), language=None, wrap_lines=True)


def steps(result: Result) -> None:
    """What the agent did, over time and in detail."""
    st.subheader("Steps")
    rows = frames.step_rows(result)
    if rows.empty:
        st.text("The agent took no step.")
        return
    st.vega_lite_chart(rows, frames.step_chart(len(rows)), width="stretch")
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_order=["number", "result", "kind", "name", "agent", "input", "output", "seconds", "tokens", "cost_usd"],
        column_config={
            "number": st.column_config.NumberColumn("#", width="small"),
            "result": st.column_config.TextColumn("Ended", width="small"),
            "kind": st.column_config.TextColumn("Kind", width="small"),
            "name": "Name",
            "agent": "Agent",
            "input": "Input",
            "output": st.column_config.TextColumn("Output", width="large"),
            "seconds": st.column_config.NumberColumn("Time", format="%.3f s"),
            "tokens": "Tokens",
            "cost_usd": st.column_config.NumberColumn("Cost", format="$%.4f"),
        },
    )


def talk(result: Result) -> None:
    """The conversation, as plain text."""
    st.subheader("Conversation")
    for said in frames.conversation(result):
        with st.chat_message(said.who, avatar=":material/person:" if said.who == "user" else ":material/smart_toy:"):
            if said.json:
                st.code(
                    said.text, language="json", height=min(MOST_PIXELS, PIXELS_A_LINE * (said.text.count("\n") + 3))
                )
            else:
                st.text(said.text or "(nothing)")
    error = result.outcome.error
    if error is not None and error.traceback:
        with st.expander("Traceback", icon=":material/bug_report:"):
            st.code(frames.cell_lines(error.traceback), language=None)
    if result.outcome.stdout:
        with st.expander("What the agent printed", icon=":material/terminal:"):
            st.code(frames.cell_lines(result.outcome.stdout), language=None)


def left_behind(result: Result) -> None:
    """Artifacts, each on its own."""
    items = frames.artifact_rows(result)
    if not items:
        return
    st.subheader("Artifacts")
    for name, content in items:
        with st.expander(frames.as_title(name, 60)):
            if isinstance(content, dict | list):
                st.json(frames.json_safe(content), expanded=2)
            else:
                st.code(frames.cell_lines(content), language=None, wrap_lines=True)


def facts(found: Found) -> None:
    """Where it comes from."""
    manifest, job = found.run.manifest, found.result.job
    rows = {
        "run": manifest.id,
        "suite": job.case.suite,
        "case defined at": str(job.case.where or "–"),
        "agent variant": job.variant,
        "model": manifest.models.get(job.variant, "–"),
        "seed": str(job.seed),
        "outcome": f"{found.result.outcome.status}, {found.result.outcome.attempts} attempt(s)",
        "started": found.result.started_at,
        "commit": f"{manifest.git_commit or '–'}{' with changes' if manifest.git_dirty else ''}",
        "tags": ", ".join(f"{key}={value}" if value else key for key, value in job.case.tags.items()) or "–",
    }
    width = max(map(len, rows))
    lines = (f"{name:<{width}}  {value}" for name, value in rows.items())
    st.code(frames.cell_lines("\n".join(lines)), language=None)


main()
