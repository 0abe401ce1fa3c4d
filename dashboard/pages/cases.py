"""Suites as they stand in their files, with how their cases did and who changed them; a copy can be edited and checked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import columns
import kept
import look
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import suites
from harness.summary.stored import RunTotals
from harness.workspace import Workspace

RUNS_READ = 20
VIEWS = ("Cases", "YAML", "Edit", "History")
TALL = 620
COMMANDS = (
    "finharness init        # a workspace with example suites\nfinharness validate    # every mistake of every suite"
)


def main() -> None:
    """Show the suite that the address names."""
    try:
        workspace = frames.find_workspace()
        known = suites.names(workspace)
    except HarnessError as error:
        look.trouble(error, title="No cases to show", command=COMMANDS)
        return
    look.begin(
        "Cases",
        f"{len(known)} {'suite' if len(known) == 1 else 'suites'} of {workspace.root.name}, as they stand in their files; nothing here is written back",
    )
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    name = left.selectbox("Suite", list(known), key="suite", bind="query-params")
    view = right.segmented_control("View", VIEWS, default=VIEWS[0], key="view", bind="query-params")
    opened = suites.open_suite(workspace, known[name])
    if opened.mistakes:
        mistakes(opened.mistakes)
    match view:
        case "YAML":
            st.code(opened.text, language="yaml", line_numbers=True)
        case "Edit":
            edit(workspace, opened)
        case "History":
            history(workspace, opened)
        case _:
            cases(opened, totals(workspace))


def totals(workspace: Workspace) -> Sequence[RunTotals]:
    """The newest runs; none where nothing is stored."""
    try:
        with frames.open_store(workspace) as store:
            return [kept.totals(store, row) for row in store.runs(RUNS_READ)]
    except HarnessError:
        return ()


def cases(opened: suites.Opened, runs: Sequence[RunTotals]) -> None:
    """The cases of a suite, and the text of one."""
    if opened.suite is None:
        st.text("Its cases can be listed when the mistakes above are mended.")
        return
    if opened.suite.description:
        st.text(frames.cell_lines(opened.suite.description))
    rows = suites.suite_cases(opened.suite, runs)
    text = st.text_input("Search", placeholder="Search cases, descriptions, tags", label_visibility="collapsed")
    look.table(
        frames.filtered(rows, {}, text, ("case", "description", "agent", "tags", "result")),
        {
            "result": columns.text("Newest result"),
            "link": columns.trial(),
            "case": columns.text("Case"),
            "description": columns.text("What it asks", width="large"),
            "last": columns.text("Trials"),
            "rates": columns.line("So far", about="pass rate in the last runs, oldest first"),
            "checks": columns.number("Checks"),
            "repeat": columns.number("Repeat"),
            "severity": columns.text("Severity"),
            "must_pass": st.column_config.CheckboxColumn("Must pass"),
            "agent": columns.text("Agent"),
            "tags": columns.text("Tags"),
            "line": columns.number("Line"),
        },
    )
    ids = [case.id for case in opened.suite.cases]
    if not ids:
        return
    chosen = st.query_params.get("of")
    index = ids.index(chosen) if chosen in ids else None
    picked = st.selectbox("Case", ids, index=index, format_func=frames.plain_line, placeholder="Show a case as it stands in the file")  # fmt: skip
    if picked is not None:
        st.query_params["of"] = picked
        st.code(suites.snippet(opened, picked), language="yaml", wrap_lines=True)


def edit(workspace: Workspace, opened: suites.Opened) -> None:
    """Edit a copy, see its mistakes at once, and take it away."""
    st.caption(
        "A copy: what you change is checked when you leave the field or press Ctrl+Enter, and is lost unless you download it."
    )
    text = st.text_area("YAML", opened.text, height=TALL, key=f"copy of {opened.file}", label_visibility="collapsed")
    suite, wrong = suites.checked_copy(workspace, opened.file, text)
    if suite is None:
        mistakes(wrong)
    else:
        same = " It is the same as the file." if text == opened.text else ""
        st.success(f"Valid: {len(suite.cases):,} cases.{same}", icon=":material/check_circle:")
    st.download_button(
        "Download the copy",
        text,
        file_name=PurePath(opened.file).name,
        mime="application/yaml",
        icon=":material/download:",
    )
    st.text(frames.cell_lines(f"To use it, put it in the place of {opened.file}, then:"))
    st.code(f"finharness validate {opened.file}\nfinharness eval {opened.file}", language="bash")


def mistakes(found: Sequence[Mapping[str, str]]) -> None:
    """Every mistake with its place."""
    st.error(f"{len(found)} mistake{'s' if len(found) != 1 else ''}", icon=":material/error:")
    look.table(
        suites.mistake_rows(found),
        {
            "place": columns.text("Place"),
            "problem": columns.text("Problem", width="large"),
            "remedy": columns.text("What to do", width="large"),
        },
    )


def history(workspace: Workspace, opened: suites.Opened) -> None:
    """Who changed the file, and when."""
    rows = suites.commits(workspace, opened.file)
    if rows.empty:
        st.text("Git knows no commit that changed this file.")
        st.code(f"git add {opened.file} && git commit", language="bash")
        return
    look.table(
        rows,
        {
            "commit": columns.text("Commit"),
            "when": columns.text("When"),
            "who": columns.text("Who"),
            "what": columns.text("What", width="large"),
        },
    )
    st.code(f"git log -p -- {opened.file}", language="bash")


main()
