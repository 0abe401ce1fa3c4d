"""Write the findings as Markdown, for a pull request or the manual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.text import one_line

from .tables import TARGET_ALL, TARGET_SEVERE, WORDS, groups, ordered, percent
from .values import Detection, Findings


def markdown(findings: Findings) -> str:
    """The whole report."""
    parts = ["# Mutants", _score(findings)]
    for name, rows in groups(findings).items():
        cells = [[key, str(rate.killed), str(rate.noticed), str(rate.of), percent(rate)] for key, rate in rows.items()]
        parts.append(table([name, "by an expected check", "by any", "of", "share"], cells))
    parts.append("## Each of them\n\n" + table(
        ["mutant", "agent", "seam", "severity", "what", "fate", "by"], [_row(item) for item in ordered(findings)]
    ))  # fmt: skip
    for title, found in (("Unsteady checks", findings.unsteady), ("Checks that fail without a defect", findings.failing),
                         ("Notes", findings.notes)):  # fmt: skip
        if found:
            parts.append(f"## {title}\n\n" + "\n".join(f"- {cell(item)}" for item in found))
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells, none of which can break out of it."""
    lines = [f"| {' | '.join(map(cell, head))} |", f"|{'|'.join('---' for _ in head)}|"]
    lines += [f"| {' | '.join(map(cell, row))} |" for row in rows]
    return "\n".join(lines)


def cell(text: str) -> str:
    """One cell's text."""
    return one_line(text, 400).replace("|", "\\|").replace("<", "&lt;")


def _row(item: Detection) -> list[str]:
    made = item.mutant
    by = f"{item.kills[0].check} ({item.kills[0].case})" if item.kills else item.reason
    severity = "benign" if made.is_benign else str(made.severity)
    return [made.id, made.agent, made.seam, severity, made.description, WORDS[item.fate], by]


def _score(findings: Findings) -> str:
    severe, every = findings.rate(3), findings.rate()
    benign = [item for item in findings.detections if item.mutant.is_benign]
    said = [
        f"- severity 3: {severe.killed} of {severe.of} noticed by an expected check, {percent(severe)} (target {100 * TARGET_SEVERE:.0f} %)",
        f"- all: {every.killed} of {every.of} by an expected check, {every.noticed} by any, {percent(every)} (target {100 * TARGET_ALL:.0f} %)",
    ]
    if benign:
        trials = sum(item.trials for item in benign)
        said.append(
            f"- false alarms: {len(findings.of('alarm'))} of {len(benign)} benign changes, "
            f"{sum(item.noticed for item in benign)} of {trials} trials (target 0)"
        )
    counts = {"broken": "broken", "undecided": "undecided", "idle": "equivalent candidates", "equivalent": "equivalent"}
    apart = [f"{len(findings.of(fate))} {word}" for fate, word in counts.items() if findings.of(fate)]  # type: ignore[arg-type]  # keys are fates
    if apart:
        said.append(f"- not counted: {', '.join(apart)}")
    return "\n".join(said)
