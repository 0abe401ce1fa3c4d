"""What guardrails and checks are worth: ours beside those of the source documents, and planted defects that nothing noticed."""

from __future__ import annotations

import columns
import look
import streamlit as st

from harness import frames
from harness.detection.filing import Filed, filed, path_of
from harness.errors import HarnessError
from harness.frames import mutants

MUTATE = "finharness mutate               # plant every defect, and see which checks notice; some minutes"
SCORECARD = "finharness mutate --scorecard   # the guardrails of the source documents beside ours; seconds"


def main() -> None:
    """Show both, or the commands that make them."""
    try:
        workspace = frames.find_workspace()
    except HarnessError as error:
        look.trouble(error, title="Guardrails", command=f"{MUTATE}\n{SCORECARD}")
        return
    look.begin(
        "Guardrails and mutants", "Which wrong answers the guardrails stop, and which planted defects the checks notice"
    )
    st.subheader("Scorecard")
    card = filed(workspace, "scorecard")
    if card is None:
        nothing("the guardrails have not been measured yet", str(path_of(workspace, "scorecard").name), SCORECARD)
    else:
        scorecard(card)
    st.subheader("Mutants")
    found = filed(workspace, "mutate")
    if found is None:
        nothing("no defect has been planted yet", str(path_of(workspace, "mutate").name), MUTATE)
    else:
        planted(found)


def nothing(problem: str, file: str, command: str) -> None:
    """What is not there, and the command that makes it."""
    look.missing(problem, f"run the command below; it leaves {file} in reports/out", command)


def scorecard(card: Filed) -> None:
    """Ours, the guide's and the application's guardrails on the same material."""
    st.caption(
        f"Measured {card.at[:16].replace('T', ' ')} UTC, each on the same charts, texts, phrases, reports and simulations"
    )
    points, rows = mutants.card_points(card), mutants.card_rows(card)
    look.chart(points, mutants.card_chart(points["row"].nunique()))
    look.table(
        rows,
        {
            "state": columns.text("Ours does it"),
            "subject": columns.text("Subject"),
            "question": columns.text("Counted", width="large"),
            "wanted": columns.text("Wanted"),
            "guide": columns.text("Guide"),
            "app": columns.text("Application"),
            "ours": columns.text("Ours"),
            "missed": columns.text("Ours is wrong on"),
        },
    )


def planted(found: Filed) -> None:
    """Which defects were noticed, and which were not."""
    st.caption(f"The newest run of all mutants, {found.at[:16].replace('T', ' ')} UTC")
    look.cards(mutants.score_figures(found))
    if mutants.met(found):
        st.success("The targets are met.", icon=":material/check_circle:")
    else:
        st.error("The targets are not met.", icon=":material/error:")
    shares(found)
    survivors(found)


def shares(found: Filed) -> None:
    """Shares noticed by agent, severity, seam, origin and check."""
    rows = mutants.group_rows(found)
    if rows.empty:
        return
    names = list(dict.fromkeys(rows["by"]))
    by = st.segmented_control("Noticed by", names, default=names[0], key="by", bind="query-params") or names[0]
    part = rows[rows["by"] == by]
    look.chart(part, mutants.group_chart(len(part)))


def survivors(found: Filed) -> None:
    """Mutants one by one, those that need a person first."""
    every = st.toggle("Show noticed ones, too", key="every", bind="query-params")
    rows = mutants.mutant_rows(found, trouble=not every)
    if rows.empty:
        st.success("No defect survived, and no harmless change was taken for one.", icon=":material/check_circle:")
        return
    text = st.text_input("Search", placeholder="Search mutants", label_visibility="collapsed")
    look.table(
        frames.filtered(rows, {}, text, ("id", "agent", "description", "expects", "noticed_by")),
        {
            "fate": columns.text("What became of it"),
            "id": columns.text("Mutant"),
            "description": columns.text("Defect", width="large"),
            "noticed_by": columns.text("Noticed by"),
            "agent": columns.text("Agent"),
            "seam": columns.text("Seam"),
            "severity": columns.number("Severity"),
            "reason": columns.text("Why"),
            "expects": columns.text("Expected to notice"),
            "changes": columns.text("What changed"),
            "look": columns.text("Look closer"),
        },
    )


main()
