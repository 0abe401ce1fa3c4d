"""Two runs, or two arms, paired case by case: what flipped, whether that can be chance, what the gate says, what it cost."""

from __future__ import annotations

from collections.abc import Sequence

import columns
import kept
import look
import pandas as pd
import streamlit as st

from harness import frames
from harness.errors import HarnessError
from harness.frames import compare as pairing
from harness.frames import decisions, heat
from harness.frames.steps import Analysed, confusion_rows
from harness.store import RunRow, Store
from harness.summary.origins import differences
from harness.workspace import Workspace

RUNS_OFFERED = 100
TRIALS_READ = 5_000
AGAINST = {"baselines": "the blessed baselines", "run": "the other run"}


def main() -> None:
    """Show the comparison that the address names, or say what is missing."""
    try:
        workspace = frames.find_workspace()
        with frames.open_store(workspace) as store:
            rows = store.runs(RUNS_OFFERED)
            if len(rows) < 2:
                look.nothing("a comparison needs two runs", "run the cases again", "finharness eval", title="Compare")
                return
            look.begin("Compare", "Two runs paired case by case: flips, statistics, the gate's decision, cost and time")
            before, after = choose(store, rows)
            show(workspace, store, before, after)
    except HarnessError as error:
        look.trouble(error, title="Nothing to compare")


def choose(store: Store, rows: Sequence[RunRow]) -> tuple[RunRow, RunRow]:
    """The two runs that the address names, else the newest and the one before it of the same suites."""
    after = store.run(st.query_params.get("run") or "latest")
    others = pairing.comparable(rows, after) or tuple(row for row in rows if row.id != after.id)
    before = store.run(st.query_params.get("baseline") or others[0].id)
    left, right = st.columns(2)
    old = look.run_box(left, "Baseline", [*rows, before, after], before.id)
    new = look.run_box(right, "Run", [*rows, before, after], after.id)
    if (old, new) != (before.id, after.id):
        st.query_params.update({"baseline": old, "run": new})
        st.rerun()
    return before, after


def show(workspace: Workspace, store: Store, before: RunRow, after: RunRow) -> None:
    """Show everything of the two runs."""
    if before.id == after.id:
        st.info("A run is always equal to itself: choose two runs.", icon=":material/info:")
        return
    arms = st.toggle("Two arms: pair by case, whatever agent ran it", key="arms", bind="query-params")
    found = pairing.compare(store, kept.totals(store, before), kept.totals(store, after), by_case=arms)
    if found is None or not found.comparison.pairs:
        st.info("The two runs have no decided case in common. Choose runs of the same suites, or pair by case.", icon=":material/info:")  # fmt: skip
        return
    st.text(pairing.sentence(found))
    for text in differences(before.manifest, after.manifest):
        st.text(f"Not the same: {text}")
    look.cards(pairing.cards(found))
    statistics(found)
    pairs(found)
    gate(workspace, store, before, after)
    routing([(row, kept.steps(store, row, TRIALS_READ)) for row in (before, after)])


def statistics(found: pairing.Compared) -> None:
    """Pass rate, cost, time and tokens, each with how sure its difference is."""
    st.subheader("Differences")
    look.table(
        pairing.shift_rows(found),
        {
            "what": columns.text("What"),
            "before": columns.text("Baseline"),
            "after": columns.text("Run"),
            "change": columns.text("Change"),
            "p": columns.text("p, two-sided"),
            "says": columns.text("Says"),
            "cases": columns.number("Cases"),
        },
    )
    st.caption("Pass rate: exact test stratified by case, mid-p. Cost, time and tokens: ratio of the means per case, by permuting trials within cases.")  # fmt: skip


def pairs(found: pairing.Compared) -> None:
    """Every case in both runs."""
    st.subheader("Cases")
    rows = pairing.pair_rows(found)
    wanted = st.segmented_control(
        "Show", list(pairing.FLIPS.values()), selection_mode="multi", default=[], label_visibility="collapsed"
    )
    text = st.text_input("Search", placeholder="Search cases and suites", label_visibility="collapsed")
    look.table(
        frames.filtered(rows, {"flip": wanted}, text, ("case", "suite", "agent")),
        {
            "flip": columns.text("Flip"),
            "case": columns.text("Case"),
            "before": columns.text("Baseline"),
            "after": columns.text("Run"),
            "change": columns.percent("Change", about="of the pass rate, in percentage points"),
            "link_before": columns.trial("Before"),
            "link_after": columns.trial("After"),
            "cost_before": columns.money("Cost before"),
            "cost_after": columns.money("Cost after"),
            "cost_change": columns.percent("Cost change"),
            "time_before": columns.seconds("Time before"),
            "time_after": columns.seconds("Time after"),
            "time_change": columns.percent("Time change"),
            "agent": columns.text("Agent"),
            "suite": columns.text("Suite"),
        },
    )


def gate(workspace: Workspace, store: Store, before: RunRow, after: RunRow) -> None:
    """The gate's decision, with the figures that it rests on."""
    st.subheader("Gate")
    names = list(AGAINST)
    against = st.segmented_control("Judged by", names, format_func=AGAINST.__getitem__, default=names[0]) or names[0]
    found = kept.decided(workspace, store, after, before if against == "run" else None)
    if not found.decisions:
        st.text(frames.cell_lines(f"Not judged: {found.problem or 'no suite has a baseline'}.\nNext: {found.remedy or 'finharness bless'}"))  # fmt: skip
        return
    look.table(
        decisions.decision_rows(found.decisions),
        {
            "decision": columns.text("Decision"),
            "suite": columns.text("Suite"),
            "why": columns.text("Why", width="large"),
            "baseline_rate": columns.text("Baseline"),
            "rate": columns.text("Run"),
            "drop": columns.percent("Drop"),
            "drop_limit": columns.percent("At most", about="largest drop that the trials do not exclude, at 95 %"),
            "p": columns.text("p", about="one-sided: how surprising so many losses were, had nothing changed"),
            "detectable": columns.percent("Could see", about="smallest drop that such a run finds in 4 of 5 attempts"),
            "compared": columns.number("Cases"),
            "baseline": columns.text("Baseline run"),
        },
    )
    for value, meaning in decisions.MEANINGS.items():
        if any(item.value == value for item in found.decisions):
            st.caption(f"{decisions.MARKS[value]}: {meaning}.")
    changes(decisions.change_rows(found.decisions))
    with st.expander("What each decision rests on", icon=":material/functions:"):
        look.table(
            decisions.metric_rows(found.decisions),
            {
                "decision": columns.text("Decision"),
                "suite": columns.text("Suite"),
                "metric": columns.text("Metric"),
                "loss": columns.number("Loss", form="%.4f", about="points of the pass rate lost, or share by which the rest grew"),
                "limit": columns.number("At most", form="%.4f"),
                "margin": columns.number("Margin", form="%.4f", about="loss that is tolerated"),
                "min_effect": columns.number("Smallest effect", form="%.4f", about="smallest loss that is called one"),
                "p": columns.text("p"),
                "p_adjusted": columns.text("p, adjusted", about="over everything that was gated at once"),
                "cases": columns.number("Cases"),
            },
        )  # fmt: skip
        for item in found.decisions:
            told = decisions.notes_of(item)
            st.code(
                "\n".join([item.suite, *(f"  {title}: {words}" for title, words in told)]),
                language=None,
                wrap_lines=True,
            )


def changes(rows: pd.DataFrame) -> None:
    """Cases that a decision speaks of."""
    if rows.empty:
        return
    look.table(
        rows,
        {
            "kind": columns.text("Gate says"),
            "suite": columns.text("Suite"),
            "case": columns.text("Case"),
            "agent": columns.text("Agent"),
            "before": columns.text("Baseline"),
            "after": columns.text("Run"),
            "p": columns.text("p"),
            "reason": columns.text("Why", width="large"),
            "place": columns.text("Where"),
        },
    )


def routing(found: Sequence[tuple[RunRow, Analysed]]) -> None:
    """Which agent requests reached first, in both runs."""
    told = [(row, steps.confusion) for row, steps in found if steps.confusion.total]
    if not told:
        return
    st.subheader("Routing")
    for place, (row, confusion) in zip(st.columns(len(told)), told, strict=True):
        with place:
            rows = confusion_rows(confusion)
            st.text(f"{row.id}: {confusion.right} of {confusion.total} requests reached the right agent first")
            look.chart(rows, heat.confusion_chart(rows, across="Reached first", down="Expected"))


main()
