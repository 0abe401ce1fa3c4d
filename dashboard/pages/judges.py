"""How far the judges can be believed: agreement with people, drift, disagreements side by side, and a form for more labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import columns
import look
import streamlit as st

from harness import frames
from harness.calibration.filing import Filed, filed
from harness.calibration.labelling import append_label
from harness.errors import HarnessError
from harness.frames import heat, judges
from harness.rubrics import Criterion, Rubric
from harness.store import RunRow, Store
from harness.workspace import Workspace

COMMANDS = (
    "finharness judge check                      # every rubric's labels, judged by the configured judge\n"
    "finharness judge check LABELS [VERDICTS]    # verdicts that are there already\n"
    "finharness judge drift                      # the golden answers judged again"
)
TALL = 420


def main() -> None:
    """Show what is known of the judges."""
    try:
        workspace = frames.find_workspace()
        look.begin("Judges", "How far judges agree with people, whether they have changed, and where they are wrong")
        on_file = filed(workspace)
        rubrics(workspace)
        calibration([item for item in on_file if item.kind == "check"])
        drift(on_file)
        labelling(workspace)
    except HarnessError as error:
        look.trouble(error, title="No judges to show", command=COMMANDS)


def rubrics(workspace: Workspace) -> None:
    """Every rubric with its check."""
    st.subheader("Rubrics")
    rows = judges.rubric_rows(workspace)
    if rows.empty:
        st.text("There is no rubric. Write one as judges/NAME.yaml, then:")
        st.code("finharness judge check", language="bash")
        return
    look.table(
        rows,
        {
            "state": columns.text("State", about="a judge may gate by a rubric when its check on that rubric's labels passed"),
            "rubric": columns.text("Rubric"),
            "version": columns.number("Version"),
            "criteria": columns.number("Criteria"),
            "labels": columns.number("Labelled answers"),
            "judge": columns.text("Judge"),
            "kappa": columns.number("Kappa", form="%.3f"),
            "sensitivity": columns.percent("Sensitivity"),
            "specificity": columns.percent("Specificity"),
            "at": columns.text("Checked"),
            "why": columns.text("Why", width="large"),
        },
    )  # fmt: skip


def calibration(checks: Sequence[Filed]) -> None:
    """What an examination found."""
    st.subheader("Calibration")
    if not checks:
        look.missing("no judge has been examined yet", "name a judge in harness.toml, or bring verdicts", COMMANDS)
        return
    left, right = st.columns(2)
    picked = left.selectbox("Examination", range(len(checks)), format_func=lambda place: frames.plain_line(f"{checks[place].name} · {checks[place].at[:16]}"))  # fmt: skip
    sets = judges.sets_of(checks[picked])
    if not sets:
        st.text("It has no figures.")
        return
    names = [str(one.get("group") or "all") for one in sets]
    place = right.selectbox("Set", range(len(sets)), format_func=lambda number: frames.plain_line(names[number]))
    verdict(checks[picked])
    examination(sets[place])


def verdict(one: Filed) -> None:
    """Whether the judge may gate."""
    record = judges.record_of(one)
    if record is None:
        return
    words = "The judge may gate by this rubric." if record.get("passed") else "The judge may not gate by this rubric."
    (st.success if record.get("passed") else st.error)(words, icon=":material/gavel:")
    for reason in record.get("reasons", ()):
        st.text(frames.cell_lines(f"• {reason}"))


def examination(one: Mapping[str, Any]) -> None:
    """Figures, confusion, rates and disagreements of a set."""
    look.cards(judges.figures_of(one))
    for warning in judges.warnings_of(one):
        st.warning(frames.as_code(warning), icon=":material/warning:")
    left, right = st.columns(2)
    with left:
        rows = judges.confusion_of(one)
        if not rows.empty:
            st.caption("Confusion: rows are people's labels, columns the judge's verdicts")
            look.chart(rows, heat.confusion_chart(rows, across="Judge", down="People"))
    with right:
        st.caption("Each category told from the others")
        look.table(
            judges.class_rows(one),
            {
                "category": columns.text("Category"),
                "sensitivity": columns.text("Sensitivity"),
                "specificity": columns.text("Specificity"),
                "youden": columns.text("Youden's J"),
            },
        )
        rates = judges.rate_rows(one)
        if not rates.empty:
            st.caption("Rate behind the verdicts, corrected by the labels (PPI++)")
            look.table(
                rates,
                {
                    "category": columns.text("Category"),
                    "judged": columns.number("Judge says", form="%.3f"),
                    "labelled": columns.number("Labels say", form="%.3f"),
                    "ppi": columns.number("PPI++", form="%.3f"),
                    "interval": columns.text("95 % interval"),
                    "trusted": columns.number("Trust", form="%.2f", about="how far the judge's verdicts are used"),
                },
            )
            if rates["ppi"].isna().all():
                st.caption("Every answer has a label, so there is nothing to correct.")
    differing(judges.disagreements(one))


def differing(found: Sequence[judges.Disagreement]) -> None:
    """Disagreements, one at a time, side by side."""
    st.subheader(f"Disagreements: {len(found):,}")
    if not found:
        return
    labels = [frames.plain_line(f"{item.id}: people {item.label}, judge {item.verdict}") for item in found]
    picked = st.selectbox(
        "Disagreement", range(len(found)), format_func=labels.__getitem__, label_visibility="collapsed"
    )
    item = found[picked]
    left, middle, right = st.columns([3, 1, 1])
    with left:
        if not item.texts:
            st.text("The file names no text.")
        for name, text in item.texts:
            st.caption(frames.as_code(name))
            st.code(text, language=None, wrap_lines=True)
    middle.metric("People say", item.label, border=True)
    right.metric("The judge says", item.verdict, border=True)


def drift(on_file: Sequence[Filed]) -> None:
    """Whether judges have changed."""
    st.subheader("Drift")
    rows = judges.drift_rows(on_file)
    if rows.empty:
        st.text("No judge has been compared with what it said before.")
        st.code("finharness judge drift --freeze    # once: keep the verdicts of now\nfinharness judge drift             # from time to time", language="bash")  # fmt: skip
        return
    look.table(
        rows,
        {
            "state": columns.text("State"),
            "rubric": columns.text("Rubric"),
            "judge": columns.text("Judge"),
            "verdicts": columns.number("Verdicts"),
            "to_yes": columns.number("To yes"),
            "to_no": columns.number("From yes"),
            "flips": columns.percent("Flips"),
            "p": columns.text("p", about="McNemar, mid-p: how surprising such a lean to one side is"),
            "kappa": columns.number("Kappa, then and now", form="%.3f"),
            "unreadable": columns.number("Unreadable"),
            "at": columns.text("When"),
        },
    )


def labelling(workspace: Workspace) -> None:
    """Let a person label an answer of a run."""
    st.subheader("Label answers")
    st.caption("What you save is appended to the rubric's file of labels: the only thing that the dashboard writes.")
    known = judges.to_label(workspace)
    if not known:
        st.text("No rubric names a file of labels. Write `calibration: {labels: labels/NAME.jsonl}` into one.")
        return
    try:
        with frames.open_store(workspace) as store:
            rows = store.runs(50)
            if rows:
                form(workspace, store, rows, known)
                return
    except HarnessError as error:
        st.text(frames.cell_lines(f"{error.problem}.\nNext: {error.remedy.replace('`', '')}"))
        return
    st.text("No results are stored yet. Next: finharness eval")


def form(workspace: Workspace, store: Store, rows: Sequence[RunRow], known: Sequence[Rubric]) -> None:
    """Choose a rubric and an answer, and label it criterion by criterion."""
    names = {rubric.id: rubric for rubric in known}
    left, middle, right = st.columns([1, 1, 2])
    rubric = names[left.selectbox("Rubric", list(names))]
    run = {row.id: row for row in rows}[look.run_box(middle, "Run", rows, rows[0].id)]
    trials = judges.candidates(store, run, rubric)
    if not trials:
        right.text("This run has no answer to label.")
        return
    labels = [
        frames.plain_line(f"{item.job.case.id} · {item.job.variant} · trial {item.job.index + 1}") for item in trials
    ]
    picked = right.selectbox("Answer", range(len(trials)), format_func=labels.__getitem__)
    result = trials[picked]
    shown = judges.exhibits_of(store, run, result, rubric)
    texts, questions = st.columns(2)
    with texts.container(height=TALL):
        for name, text in shown.items():
            st.caption(frames.as_code(name))
            st.code(frames.cell_lines(text), language=None, wrap_lines=True)
    with questions.form(f"labels of {rubric.id}", clear_on_submit=True):
        given = {criterion.id: ask(criterion) for criterion in rubric.criteria}
        by = st.text_input("Your name or initials", max_chars=80)
        if st.form_submit_button("Add to the labels", type="primary", icon=":material/add:"):
            save(workspace, rubric, judges.Labelling(judges.row_id(run, result), shown, given, by))


def ask(criterion: Criterion) -> str | None:
    """One question."""
    st.text(frames.cell_lines(criterion.ask))
    label = frames.as_code(criterion.id)
    return st.radio(label, ["yes", "no", "n/a"], index=None, horizontal=True, label_visibility="collapsed")


def save(workspace: Workspace, rubric: Rubric, row: judges.Labelling) -> None:
    """Append the labels, or say what is missing."""
    if row.missing:
        st.warning(f"Nothing is written yet: {frames.as_code(row.missing)}", icon=":material/edit_off:")
        return
    try:
        path = append_label(workspace, rubric, row.row(rubric))
    except HarnessError as error:
        st.error(frames.as_code(f"{error.problem}: {error.remedy}", 600), icon=":material/error:")
        return
    count = judges.labelled_count(workspace, rubric)
    st.success(f"Added: {frames.as_code(path.name)} has {count:,} labelled answers now. Next: finharness judge check {rubric.id}", icon=":material/check_circle:")  # fmt: skip


main()
