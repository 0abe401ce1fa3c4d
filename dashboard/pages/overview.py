"""The newest run of each suite at a glance: rates, faults, alerts, the gate, money, time, what fails, and how it went before."""

from __future__ import annotations

from collections.abc import Sequence

import columns
import kept
import look
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from harness import frames
from harness.errors import HarnessError
from harness.frames import alerts, trend
from harness.frames.card import Card
from harness.frames.decisions import Judged, decision_rows
from harness.frames.glance import Glance, summarise_glances
from harness.frames.run import RunFacts
from harness.frames.run_tables import case_page
from harness.frames.runs import flaky_groups, flaky_rows, groups_of, latest_parts, open_groups
from harness.frames.steps import Analysed, routing_of
from harness.store import RunRow, Store
from harness.summary import Summary
from harness.workspace import Workspace

RUNS_SHOWN = 30
CASES_SHOWN = 100
TRIALS_SAMPLED = 1_000


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
        look.trouble(error)
    else:
        look.nothing("no results are stored yet", "run finharness eval first")


def show(workspace: Workspace, store: Store, rows: Sequence[RunRow]) -> None:
    """Show everything: the figures first, what takes longest last."""
    runs = [kept.glance(store, row) for row in rows]
    newest = latest_parts(runs)
    if not newest:
        look.nothing("the stored runs have no trials", "run finharness eval")
        return
    look.begin("Overview", f"Newest run of each suite · last {len(rows)} runs · workspace {workspace.root.name}")
    parts = choose(newest)
    summary = summarise_glances(parts)
    if summary is None:
        return
    banner = st.empty()
    cards(summary)
    names = frozenset(name for part in parts for name in part.parts)
    suites = pd.concat([frames.suite_rows(store, part.run, part) for part in parts], ignore_index=True)
    suite_table(trend.with_trend(suites.sort_values("suite"), runs))
    gate = st.container()
    known = [kept.run_facts(store, part.run) for part in parts]
    groups = [groups_of(facts, part.parts) for facts, part in zip(known, parts, strict=True)]
    failing_table(store, known, groups)
    left, right = st.columns(2)
    with left:
        flaky_table(known, groups)
    with right:
        alert_table(summary, [kept.steps(store, part.run, TRIALS_SAMPLED).of(names) for part in parts], banner)
    trend_line(runs, names)
    run_table(rows)
    with gate:
        gate_table([(kept.decided(workspace, store, part.run), frozenset(part.parts)) for part in parts])


def choose(newest: Sequence[Glance]) -> Sequence[Glance]:
    """Let the reader pick one suite."""
    everything = "All suites"
    names = sorted({name for part in newest for name in part.parts})
    picked = (
        st.selectbox("Suite", [everything, *names], key="suite", bind="query-params") if len(names) > 1 else everything
    )
    return newest if picked == everything else [part for item in newest if (part := item.of({picked})).parts]


def cards(summary: Summary) -> None:
    """The figures that matter first."""
    counts, rate, spend, latency = summary.counts, summary.rate, summary.spend, summary.latency
    every = summary.repeats[-1] if summary.repeats else None
    interval = "nothing decided" if rate.low is None else frames.interval_text(rate.low, rate.high)
    unknown = spend.cost_unknown + spend.judge_unknown
    figures = (
        Card("Pass rate", frames.rate_text(rate.value), interval, "Passed trials among those that passed or failed, and the 95 % interval; the trials of one case count together."),
        Card("Every trial passes" if every is None else f"pass^{every.k}", frames.rate_text(every.every if every else None), "no case was decided" if every is None else f"any of {every.k}: {frames.rate_text(every.some)}", "Chance that all of k trials of a case pass, averaged over cases; k is what every case has."),
        Card("Failed", f"{counts.failed:,}", f"of {counts.planned:,} trials", frames.MEANINGS["failed"]),
        Card("Errored", f"{counts.errored:,}", f"of {counts.planned:,} trials", frames.MEANINGS["errored"]),
        Card("Undecided", f"{counts.undecided:,}", f"not judged: {summary.not_judged:,}" if summary.not_judged else f"of {counts.planned:,} trials", frames.MEANINGS["undecided"]),
        Card("Cost", frames.money(spend.cost_usd + spend.judge_usd), f"unknown for {unknown:,} trials" if unknown else "agents and judges", "Known costs of models; unknown ones are not counted as zero."),
        Card("Typical time", frames.seconds(latency.p50_s), f"95 % within {frames.seconds(latency.p95_s)}", "Median wall time of completed trials."),
    )  # fmt: skip
    look.cards(figures)
    if counts.missing:
        st.warning(
            f"{counts.missing:,} planned trials have no result yet. If the run was interrupted, finish it with finharness eval --resume.",
            icon=":material/warning:",
        )


def suite_table(newest: pd.DataFrame) -> None:
    """One row per suite."""
    st.subheader("Suites")
    look.table(
        newest.assign(open=[frames.run_link(run) for run in newest["run"]]),
        {
            "result": columns.text("Result"),
            "suite": columns.text("Suite"),
            "rate": columns.share("Pass rate"),
            "interval": columns.text("95 % interval"),
            "every": columns.text("pass^k", about="chance that all of k trials of a case pass"),
            "trend": columns.line("Trend", about="pass rates so far, oldest first"),
            "failed": columns.number("Failed", form="localized"),
            "errored": columns.number("Errored", form="localized"),
            "undecided": columns.number("Undecided", form="localized"),
            "missing": columns.number("Missing", form="localized"),
            "cost_usd": columns.money("Cost"),
            "p50_s": columns.seconds("p50"),
            "p95_s": columns.seconds("p95"),
            "open": columns.run(),
            "started": columns.moment("Started"),
        },
    )  # fmt: skip


def gate_table(found: Sequence[tuple[Judged, frozenset[str]]]) -> None:
    """What the gate says of the newest run of each suite."""
    decisions = [item for one, suites in found for item in one.decisions if item.suite in suites]
    st.subheader("Gate")
    if not decisions:
        problem = next((one for one, _ in found if one.problem), None)
        st.text(
            frames.cell_lines(f"Not judged: {problem.problem}.\nNext: {problem.remedy}")
            if problem
            else "No suite has a baseline. Next: finharness bless"
        )
        return
    look.table(
        decision_rows(decisions),
        {
            "decision": columns.text("Decision"),
            "suite": columns.text("Suite"),
            "why": columns.text("Why", width="large"),
            "baseline_rate": columns.text("Baseline"),
            "rate": columns.text("Now"),
            "drop_limit": columns.percent("Drop at most", about="largest drop of the pass rate that the trials do not exclude (95 %)"),
            "p": columns.text("p", about="how surprising so many losses were, had nothing changed"),
            "compared": columns.number("Cases", form="localized"),
            "baseline": columns.text("Baseline run"),
        },
    )  # fmt: skip
    st.page_link("pages/compare.py", label="Compare the runs case by case", icon=":material/compare_arrows:")


def failing_table(store: Store, known: Sequence[RunFacts], every: Sequence[pd.DataFrame]) -> None:
    """Cases that did not pass, with why and the way to them."""
    st.subheader("Cases that did not pass")
    groups = [open_groups(found) for found in every]
    count = sum(map(len, groups))
    if not count:
        st.success("All cases passed.", icon=":material/check_circle:")
        return
    shown = [case_page(store, facts, rows, size=CASES_SHOWN) for facts, rows in zip(known, groups, strict=True)]
    look.table(pd.concat(shown, ignore_index=True).head(CASES_SHOWN), columns.CASES)
    if count > CASES_SHOWN:
        st.caption(f"The first {CASES_SHOWN} of {count:,}; the page of each run has all.")


def flaky_table(known: Sequence[RunFacts], every: Sequence[pd.DataFrame]) -> None:
    """Cases that passed and failed in the same run."""
    st.subheader("Flaky cases")
    groups = [flaky_groups(found) for found in every]
    count = sum(map(len, groups))
    if not count:
        st.text("No case both passed and failed. Ask for more trials of each case with finharness eval --repeat 5.")
        return
    rows = [flaky_rows(facts, found.head(CASES_SHOWN)) for facts, found in zip(known, groups, strict=True)]
    look.table(
        pd.concat(rows, ignore_index=True).head(CASES_SHOWN),
        {
            "link": columns.trial(),
            "case": columns.text("Case"),
            "rate": columns.share("Passes"),
            "passed": columns.number("Passed"),
            "failed": columns.number("Failed"),
            "agent": columns.text("Agent"),
            "suite": columns.text("Suite"),
        },
    )
    if count > CASES_SHOWN:
        st.caption(f"The first {CASES_SHOWN} of {count:,}.")


def alert_table(summary: Summary, found: Sequence[Analysed], banner: DeltaGenerator) -> None:
    """Agents' success and routing beside what they should be."""
    rows = alerts.alert_rows(summary, routing_of(found))
    st.subheader("Alerts")
    look.table(
        rows,
        {
            "state": columns.text("State"),
            "what": columns.text("What"),
            "value": columns.text("Now"),
            "interval": columns.text("95 % interval"),
            "floor": columns.text("At least"),
            "trials": columns.number("Trials", form="localized"),
        },
    )
    low = alerts.below(rows)
    if low:
        named = ", ".join(frames.as_code(what) for what in low[:6])
        more = f" and {len(low) - 6} more" if len(low) > 6 else ""
        banner.error(
            f"{len(low)} of {len(rows)} figures are below what is asked for: {named}{more}",
            icon=":material/notification_important:",
        )


def trend_line(runs: Sequence[Glance], suites: frozenset[str]) -> None:
    """How the pass rate went."""
    rows = trend.trend_rows(runs, suites)
    if len(rows) < 2:
        return
    st.subheader("Trend")
    look.show(trend.trend_chart(rows))
    st.caption("Each point is a run, with its 95 % interval, the commit that it ran (* with changes) and the end of its id. Runs of other suites are not comparable.")  # fmt: skip


@st.fragment
def run_table(rows: Sequence[RunRow]) -> None:
    """All runs, newest first; sent when somebody opens the list."""
    place = st.expander("Runs", on_change="rerun", key="runs")
    if not place.open:
        return
    with place:
        found = frames.run_rows(rows)
        look.table(
            found.assign(open=[frames.run_link(run) for run in found["run"]]),
            {
                "open": columns.run(),
                "started": columns.moment("Started"),
                "status": columns.text("Status"),
                "planned": columns.number("Planned", form="localized"),
                "done": columns.number("Done", form="localized"),
                "source": columns.text("From"),
                "commit": columns.text("Commit"),
                "suites": columns.text("Suites"),
            },
        )


main()
